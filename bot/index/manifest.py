"""What an index version is made of, and the proof that nothing in it changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.errors import BadIndexError

MANIFEST_FILE = "manifest.json"
# Raised when files change their meaning: an older index is then refused, and built again.
FORMAT = 3
_BLOCK = 1 << 20
_SEAL = "seal"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The identity card of an index version.

    Attributes:
        version: Name of the version's folder; sorts by time.
        model: SHA-256 of the embedding model's weights.
        parity: Lowest cosine between the export and sentence-transformers over the corpus; None without export.
        files: SHA-256 by file name, relative to the version's folder.
        rows: Number of vectors.

    The file also holds a seal, the SHA-256 of all the rest, and is written in one way only, so that a byte that
    changed in the manifest itself is seen too.
    """

    format: int
    version: str
    built_at: str
    corpus_digest: str
    model: str
    model_name: str
    max_model_tokens: int
    dimension: int
    chunk_tokens: int
    files_read: int
    sections: int
    chunks: int
    rows: int
    parity: float | None
    files: dict[str, str]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a version."""
    (folder / MANIFEST_FILE).write_bytes(_sealed(asdict(manifest)))


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a version.

    Raises:
        BadIndexError: It is missing, damaged or of another format.
    """
    try:
        raw = (folder / MANIFEST_FILE).read_bytes()
        fields = json.loads(raw)
        _check_format(fields["format"])
        del fields[_SEAL]
        if raw != _sealed(fields):
            raise ValueError("the seal does not fit")
        return Manifest(**fields)
    except FileNotFoundError as error:
        raise BadIndexError(
            f"{folder.name} is half built: {MANIFEST_FILE} is missing. Run 'lupus-bot index build'."
        ) from error
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadIndexError(f"{MANIFEST_FILE} is damaged. Run 'lupus-bot index build'.") from error


def _check_format(found: object) -> None:
    if found != FORMAT:
        raise BadIndexError(
            f"{MANIFEST_FILE} names format {found}, this program reads {FORMAT}. Run 'lupus-bot index build'."
        )


def _sealed(fields: dict[str, Any]) -> bytes:
    return _encoded({**fields, _SEAL: hashlib.sha256(_encoded(fields)).hexdigest()})


def _encoded(fields: dict[str, Any]) -> bytes:
    return (json.dumps(fields, indent=1, sort_keys=True) + "\n").encode()


def check_files(folder: Path, manifest: Manifest) -> None:
    """Compare every file of a version with its digest.

    Raises:
        BadIndexError: A file is missing, changed or not in the manifest; the detail names it.
    """
    try:
        present = dict(digests(folder))
    except OSError as error:
        raise BadIndexError(f"{error.filename} cannot be read ({error.strerror}); check its permissions.") from error
    for name, digest in sorted(manifest.files.items()):
        if name not in present:
            raise BadIndexError(f"{name} is missing from the index. Run 'lupus-bot index build' or 'index rollback'.")
        if present[name] != digest:
            raise BadIndexError(
                f"{name} is damaged: its SHA-256 differs. Run 'lupus-bot index build' or 'index rollback'."
            )
    if extra := sorted(present.keys() - manifest.files.keys()):
        raise BadIndexError(f"{extra[0]} does not belong to the index. Remove it, or run 'lupus-bot index build'.")


def digests(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield name and SHA-256 of every file of a version but its manifest."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != MANIFEST_FILE:
            yield name, file_digest(path)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
