"""How long one warm query takes, and where the time goes: python -m benchmarks.retrieval QUESTIONS.jsonl."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import quantiles
from typing import Any

from benchmarks.questions import Bench, arguments, read_questions
from bot.index.encoders import open_encoder
from bot.index.words import words
from bot.retrieval.dense import DenseSearch
from bot.retrieval.merge import merged
from bot.retrieval.search import Searcher
from bot.retrieval.spelling import Speller

PARTS = ("embedding", "words", "spelling", "BM25", "vector search", "fusion", "merging two readings")
_BEYOND = "search without embedding"


def main() -> None:
    """Time every part of every question once, in one run, after a warm-up."""
    options = arguments(__doc__).parse_args()
    bench = Bench.open(index_dir=options.index, corpus_dir=options.corpus)
    queries = [item.turns[-1] for item in read_questions(options.questions)]
    for query in queries[:20]:
        measure(bench, query)
    times = [measure(bench, query) for query in queries]
    print(
        f"{len(queries)} queries, {len(bench.searcher.index.chunks)} chunks, {len(bench.searcher.index.rows)} vectors\n"
    )
    print("| part | p50 ms | p99 ms |\n| --- | --- | --- |")
    for part in (*PARTS, _BEYOND):
        cuts = quantiles([item[part] for item in times], n=100)
        print(f"| {part} | {cuts[49]:.2f} | {cuts[98]:.2f} |")


def measure(bench: Bench, query: str) -> dict[str, float]:
    """Return milliseconds by part; the speller is a fresh one, so that nothing is remembered."""
    index = bench.searcher.index
    encoder = _encoder(bench)
    found: dict[str, float] = {}
    vector = _timed(found, "embedding", lambda: encoder.encode(query))
    speller = Speller(spellings=index.lexical.spellings, is_word=bench.words.is_word)
    plain = _timed(found, "words", lambda: words(query))
    stems = _timed(found, "spelling", lambda: speller.stems(plain))
    _timed(found, "BM25", lambda: index.lexical.scores(stems))
    dense = DenseSearch(index=index)
    _timed(found, "vector search", lambda: dense.cosines(vector))
    searcher = Searcher(index=index, encode=lambda text: vector, is_word=bench.words.is_word)
    hits = _timed(found, _BEYOND, lambda: searcher.search(query, k=12))
    parts = sum(found[part] for part in ("words", "spelling", "BM25", "vector search"))
    found["fusion"] = max(0.0, found[_BEYOND] - parts)
    _timed(found, "merging two readings", lambda: merged([hits, hits], weights=[1.0, 0.97], k=12))
    return found


def _encoder(bench: Bench) -> Any:
    """Open the encoder once: the bench's own remembers its vectors."""
    folder = bench.searcher.index.folder
    if folder not in _OPEN:
        _OPEN[folder] = open_encoder(bench.searcher.index)
    return _OPEN[folder]


_OPEN: dict[Any, Any] = {}


def _timed(found: dict[str, float], part: str, call: Callable[[], Any]) -> Any:
    started = time.perf_counter()
    result = call()
    found[part] = (time.perf_counter() - started) * 1_000
    return result


if __name__ == "__main__":
    main()
