"""Small indexes in memory, without a model: chunks as a test names them, vectors by their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from bot.corpus.sentences import sentence_spans
from bot.domain import Chunk
from bot.index.build import lexical_words
from bot.index.lexical import LexicalIndex
from bot.index.loaded import LoadedIndex
from bot.index.manifest import FORMAT, Manifest
from bot.index.plan import plan_rows
from bot.index.store import VectorStore
from tests.fakes.encoders import DIMENSION, HashEmbedder

FEVER = "Fever is the first sign of CRS. CRS may start within days of the infusion."
LUPUS = "Lupus is a long-lasting disease of the immune system. It is not contagious."
SUN = "Sunscreen protects the skin of people with lupus. Shade at noon spares the skin the strongest light."


def make_chunk(chunk_id: str = "crs", text: str = FEVER, **changes: Any) -> Chunk:
    """Make one valid chunk; a test names what differs."""
    chunk = Chunk(
        id=chunk_id,
        section_id=chunk_id.partition("~")[0],
        chapter_id="risks",
        chapter_title="Risks",
        title="What is cytokine release syndrome?",
        text=text,
        source="risks.md",
        char_start=0,
        char_end=len(text),
        sentences=sentence_spans(text),
        reviewed_on=date(2026, 11, 1),
    )
    return replace(chunk, **changes)


def guide_chunks() -> list[Chunk]:
    """Make three sections that share few words."""
    return [
        make_chunk("crs", FEVER, also_asked=("what is crs", "fever after the infusion")),
        make_chunk("lupus", LUPUS, title="What is lupus?", also_asked=("what does sle mean",), source="lupus.md"),
        make_chunk("sun", SUN, title="How do I protect my skin?", also_asked=("which sunscreen",), source="lupus.md"),
    ]


def make_index(chunks: Sequence[Chunk], *, embedder: HashEmbedder | None = None) -> LoadedIndex:
    """Index chunks by their words."""
    planned = plan_rows(chunks, model_tokens=lambda text: len(text.split()))
    vectors = (embedder or HashEmbedder()).embed([row.text for row in planned])
    places = np.array([[row.chunk_no, row.kind, row.part_no] for row in planned], dtype=np.int32)
    return LoadedIndex(
        manifest=make_manifest(chunks=len(chunks), rows=len(planned)),
        folder=Path("nowhere"),
        chunks=tuple(chunks),
        references={},
        store=VectorStore.build(vectors),
        rows=places,
        lexical=LexicalIndex.build([lexical_words(chunk) for chunk in chunks]),
    )


def make_manifest(**changes: Any) -> Manifest:
    """Make one valid manifest."""
    manifest = Manifest(
        format=FORMAT,
        version="20261122T120000000000-0123abcd",
        built_at="2026-11-22T12:00:00+00:00",
        corpus_digest="0123abcd" * 8,
        model="ab" * 32,
        model_name="hash",
        max_model_tokens=256,
        dimension=DIMENSION,
        chunk_tokens=220,
        files_read=1,
        sections=1,
        chunks=1,
        rows=1,
        parity=1.0,
        files={},
    )
    return replace(manifest, **changes)
