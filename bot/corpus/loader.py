"""A folder of guide files becomes one `Corpus`; every reader of a file format is reached from here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.corpus.documents import MAX_BYTES, SUFFIXES, read_document
from bot.corpus.guide import is_guide, read_guide
from bot.corpus.text import decoded
from bot.domain import Reference, Section
from bot.errors import CorpusError

# Files of the corpus folder that are about the guide, not part of it.
_BESIDE = frozenset({"readme.md", "references.yaml", "facts.csv", "unused-facts.yaml"})


@dataclass(frozen=True, slots=True)
class Corpus:
    """All sections, and the texts that their offsets point into.

    Attributes:
        sources: Source text by file name. For Markdown guides the file's own text,
            for own documents the text that was extracted.
        digest: SHA-256 over names and bytes of all files, references included.
    """

    sections: tuple[Section, ...]
    sources: dict[str, str]
    references: dict[str, Reference]
    digest: str


def load_corpus(folder: Path, *, on_file: Callable[[str], None] | None = None) -> Corpus:
    """Load every guide file below a folder.

    Args:
        on_file: Called with each file's name before it is read, for progress.

    Raises:
        CorpusError: The folder is missing or has no guide, a file cannot be read (the detail names it),
            or two sections share an id.
    """
    files = corpus_files(folder)
    digest = hashlib.sha256()
    sections: list[Section] = []
    sources: dict[str, str] = {}
    for path in files:
        name = _name_of(path, folder)
        if on_file is not None:
            on_file(name)
        content = _bytes_of(path, name)
        digest.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
        text, found = _read(name, content)
        sources[name] = text
        sections.extend(found)
    references, raw = _references(folder)
    digest.update(raw)
    return Corpus(_with_unique_ids(sections), sources, references, digest.hexdigest())


def corpus_files(folder: Path) -> list[Path]:
    """List the guide files below a folder, in a stable order.

    Raises:
        CorpusError: There is no such folder, or no guide file in it.
    """
    if not folder.is_dir():
        raise CorpusError(f"{folder} is not a folder; name the folder of the guide with --corpus.")
    files = sorted(path for path in folder.rglob("*") if _is_guide_file(path, folder))
    if not files:
        raise CorpusError(f"{folder} holds no guide file ({', '.join(SUFFIXES)}); add one and build again.")
    return files


def _is_guide_file(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    hidden = any(part.startswith((".", "~")) for part in parts)
    return not hidden and path.suffix.lower() in SUFFIXES and path.name.lower() not in _BESIDE and path.is_file()


def _name_of(path: Path, folder: Path) -> str:
    name = path.relative_to(folder).as_posix()
    try:
        name.encode()
    except UnicodeEncodeError as error:
        shown = name.encode("utf-8", "replace").decode()
        raise CorpusError(f"{shown}: the file's name is not UTF-8; rename it.") from error
    return name


def _bytes_of(path: Path, name: str) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CorpusError(f"{name}: larger than {MAX_BYTES // 1_000_000} MB; split it into smaller files.")
        return path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{name}: cannot be read ({error.strerror}); check the file's permissions.") from error


def _read(name: str, content: bytes) -> tuple[str, list[Section]]:
    if name.lower().endswith((".md", ".markdown")):
        text = decoded(content, name=name)
        if is_guide(text):
            return text, read_guide(text, source=name)
    return read_document(name, content)


def _with_unique_ids(sections: Iterable[Section]) -> tuple[Section, ...]:
    first: dict[str, Section] = {}
    for section in sections:
        if other := first.get(section.id):
            raise CorpusError(
                f"{section.source}: section id {section.id!r} is taken in {other.source}; choose another."
            )
        first[section.id] = section
    return tuple(first.values())


def _references(folder: Path) -> tuple[dict[str, Reference], bytes]:
    path = folder / "references.yaml"
    if not path.exists():
        return {}, b""
    raw = _bytes_of(path, path.name)
    try:
        loaded = yaml.safe_load(raw) or {}
        return {str(key): _reference(str(key), value) for key, value in loaded.items()}, raw
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise CorpusError(f"{path.name}: each entry must be 'id: {{citation: …, url: …}}'; correct it.") from error


def _reference(key: str, value: dict[str, str | None]) -> Reference:
    url = value.get("url")
    if url is not None and not str(url).startswith("https://"):
        raise CorpusError(f"references.yaml: {key} has an address that does not begin with https://; correct it.")
    return Reference(id=key, citation=str(value["citation"]), url=url)
