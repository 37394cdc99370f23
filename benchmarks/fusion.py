"""Which weight BM25 gets beside the vectors: python -m benchmarks.fusion QUESTIONS.jsonl."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.questions import Bench, arguments, read_questions
from bot.evaluation.datasets import Item, right_sections
from bot.evaluation.metrics import first_right
from bot.evaluation.runner import ranked_sections
from bot.index.words import stem
from bot.retrieval import fusion, spelling

WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
SIMILAR = (0.68, 0.72, 0.76, 0.80, 0.84)


def main() -> None:
    """Print recall and mean reciprocal rank over the fusion's weight, then over the speller's threshold."""
    options = arguments(__doc__).parse_args()
    bench = Bench.open(index_dir=options.index, corpus_dir=options.corpus)
    items = [item for item in read_questions(options.questions) if item.category == "answerable" and item.facts]
    print(f"{len(items)} questions\n")
    chosen = fusion.LEXICAL_WEIGHT
    _print_head("weight of BM25")
    for weight in WEIGHTS:
        fusion.LEXICAL_WEIGHT = weight
        _print_row(f"{weight}{' (in use)' if weight == chosen else ''}", ranks(bench, items))
    fusion.LEXICAL_WEIGHT = chosen
    _print_head("speller")
    in_use = spelling._SIMILAR
    for similar in SIMILAR:
        spelling._SIMILAR = similar
        _renew(bench, is_word=bench.words.is_word)
        _print_row(f"{similar}{' (in use)' if similar == in_use else ''}", ranks(bench, items))
    spelling._SIMILAR = in_use
    _renew(bench, is_word=lambda word: False)
    _print_row(f"{in_use}, everyday words corrected too", ranks(bench, items))
    bench.searcher.speller.stems = lambda words: [stem(word) for word in words]  # type: ignore[method-assign]
    _print_row("none", ranks(bench, items))


def ranks(bench: Bench, items: Sequence[Item]) -> list[int | None]:
    """Return the rank of the first section that holds one of the facts, None beyond the tenth."""
    return [
        first_right(ranked_sections(bench.searcher, item.turns[-1]), right_sections(item, bench.facts))
        for item in items
    ]


def _renew(bench: Bench, *, is_word: Callable[[str], bool]) -> None:
    spellings = bench.searcher.index.lexical.spellings
    bench.searcher.speller = spelling.Speller(spellings=spellings, is_word=is_word)


def _print_head(name: str) -> None:
    print(f"\n| {name} | recall@1 | recall@5 | MRR |\n| --- | --- | --- | --- |")


def _print_row(name: str, found: Sequence[int | None]) -> None:
    total = len(found)
    first = sum(rank == 1 for rank in found) / total
    fifth = sum(rank is not None and rank <= 5 for rank in found) / total
    reciprocal = sum(1 / rank for rank in found if rank) / total
    print(f"| {name} | {first:.3f} | {fifth:.3f} | {reciprocal:.3f} |", flush=True)


if __name__ == "__main__":
    main()
