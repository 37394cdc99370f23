"""The guide as the rules see it: sections with their sentences, and the line each stands on."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.corpus.loader import load_corpus
from bot.corpus.sentences import sentence_spans
from bot.domain import Reference, Section
from bot.errors import CorpusError

_WORD = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a section and the 1-based line of the file it begins on."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Passage:
    """One section, the 1-based line of its heading, and its sentences in order."""

    section: Section
    line: int
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of facts.csv; `changes` is ``low``, ``med``, ``high`` or empty."""

    id: str
    references: tuple[str, ...]
    changes: str
    line: int


@dataclass(frozen=True, slots=True)
class Unused:
    """Why a fact is left out of the guide, and the 1-based line that says so."""

    fact_id: str
    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class Material:
    """All that the rules look at.

    Attributes:
        sources: Each file's text by its name.
        facts: Facts by id; empty where the folder has no facts.csv.
        reference_lines: 1-based line of each entry of references.yaml.
    """

    passages: tuple[Passage, ...]
    sources: dict[str, str]
    references: dict[str, Reference]
    reference_lines: dict[str, int]
    facts: dict[str, Fact]
    unused: dict[str, Unused]


def read_material(folder: Path) -> Material:
    """Read a guide folder with its references, facts and list of unused facts.

    Raises:
        CorpusError: A file cannot be read; the detail names file and line.
    """
    corpus = load_corpus(folder)
    return Material(
        passages=tuple(_passage(section, corpus.sources[section.source]) for section in corpus.sections),
        sources=corpus.sources,
        references=corpus.references,
        reference_lines=_key_lines(folder / "references.yaml"),
        facts=_facts(folder / "facts.csv"),
        unused=_unused(folder / "unused-facts.yaml"),
    )


def words(text: str) -> list[str]:
    """Return the words of a text, numbers included; a hyphenated word is one word."""
    return _WORD.findall(text)


def plain_words(text: str) -> tuple[str, ...]:
    """Return lower-case letters and digits in runs: the form in which texts are compared."""
    return tuple(re.findall(r"[^\W_]+", text.lower()))


def line_at(text: str, char_start: int) -> int:
    """Return the 1-based line of a 0-based offset."""
    return text.count("\n", 0, char_start) + 1


def _passage(section: Section, source: str) -> Passage:
    sentences = tuple(
        Sentence(section.text[span.start : span.end], line_at(source, section.char_start + span.start))
        for span in sentence_spans(section.text)
    )
    # A section's own comment stands between heading and text, so the heading is the last one above the text.
    heading = source.rfind("\n## ", 0, section.char_start)
    return Passage(section, line_at(source, heading + 1), sentences)


def _key_lines(path: Path) -> dict[str, int]:
    return {key: line for line, key in _top_level_keys(path)}


def _top_level_keys(path: Path) -> Iterator[tuple[int, str]]:
    if not path.exists():
        return
    for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if match := re.match(r"([^\s#:][^:]*):", text):
            yield line, match.group(1).strip("\"'")


def _facts(path: Path) -> dict[str, Fact]:
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if rows and not {"id", "references", "changes"} <= rows[0].keys():
        raise CorpusError(f"{path.name}:1: needs the columns id, references and changes.")
    return {
        row["id"]: Fact(row["id"], tuple((row["references"] or "").split()), row["changes"] or "", line)
        for line, row in enumerate(rows, start=2)
    }


def _unused(path: Path) -> dict[str, Unused]:
    if not path.exists():
        return {}
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise CorpusError(f"{path.name}:1: not valid YAML; write one 'id: reason' a line.") from error
    lines = _key_lines(path)
    return {
        str(key): Unused(str(key), str(reason or "").strip(), lines.get(str(key), 1)) for key, reason in loaded.items()
    }
