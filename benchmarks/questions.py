"""A question set, and the retrieval that the benchmarks measure."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.cli.lines import read_lines
from bot.corpus.loader import load_corpus
from bot.evaluation.datasets import Item, questions_of
from bot.index.encoders import open_encoder
from bot.index.loaded import load_index
from bot.index.query_encoder import TOKENIZER_FILE, TokenCounter
from bot.retrieval.search import Searcher

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that a benchmark of retrieval needs.

    Attributes:
        facts: Fact ids by section id, from the guide's own files.
    """

    searcher: Searcher
    words: TokenCounter
    facts: dict[str, frozenset[str]]

    @classmethod
    def open(cls, *, index_dir: Path, corpus_dir: Path) -> Bench:
        """Open an index and the guide that it was built from."""
        index = load_index(index_dir)
        encoder = open_encoder(index)
        vectors: dict[str, NDArray[np.float32]] = {}

        def encode(text: str) -> NDArray[np.float32]:
            if text not in vectors:
                vectors[text] = encoder.encode(text)
            return vectors[text]

        words = TokenCounter(index.folder / TOKENIZER_FILE)
        facts = {section.id: frozenset(section.facts) for section in load_corpus(corpus_dir).sections}
        return cls(Searcher(index=index, encode=encode, is_word=words.is_word), words, facts)


def read_questions(path: Path) -> list[Item]:
    """Read JSON Lines of ``{"id", "category", "turns", "expect", "facts"}``."""
    return questions_of(read_lines(path), source=path)


def arguments(description: str | None) -> ArgumentParser:
    """Make the parser that all benchmarks of retrieval share."""
    parser = ArgumentParser(description=description)
    parser.add_argument("questions", type=Path, help="JSON Lines file of questions")
    parser.add_argument("--index", type=Path, default=ROOT / "index", help="index folder")
    parser.add_argument("--corpus", type=Path, default=ROOT / "corpus", help="the guide that the index was built from")
    return parser
