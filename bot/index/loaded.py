"""An index version in memory, checked before it is used, and swapped when a newer one appears."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.domain import Chunk, Reference
from bot.errors import BadIndexError
from bot.index import codec, rows, versions
from bot.index.lexical import LexicalIndex
from bot.index.manifest import Manifest, check_files, read_manifest
from bot.index.store import VectorStore

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoadedIndex:
    """Everything retrieval needs; immutable.

    Attributes:
        rows: int32 (n, 3): chunk number, `rows.RowKind`, part number of each vector.
        folder: Where the version lies; the query model is there too.
    """

    manifest: Manifest
    folder: Path
    chunks: tuple[Chunk, ...]
    references: dict[str, Reference]
    store: VectorStore
    rows: NDArray[np.int32]
    lexical: LexicalIndex


def load_index(index_dir: Path, *, version: str | None = None) -> LoadedIndex:
    """Load and check an index version, the current one unless named.

    Raises:
        BadIndexError: None was built, a file is missing or damaged, or its format is another.
    """
    folder = versions.version_folder(index_dir, version or versions.current_version(index_dir))
    manifest = read_manifest(folder)
    check_files(folder, manifest)
    chunks = codec.read_chunks(folder)
    table = rows.load_rows(folder)
    if len(chunks) != manifest.chunks or len(table) != manifest.rows:
        raise BadIndexError("The index does not fit its manifest. Run 'lupus-bot index build'.")
    return LoadedIndex(
        manifest=manifest,
        folder=folder,
        chunks=tuple(chunks),
        references=codec.read_references(folder),
        store=VectorStore.load(folder, dimension=manifest.dimension, count=manifest.rows),
        rows=table,
        lexical=LexicalIndex.load(folder, size=len(chunks)),
    )


def verify_index(index_dir: Path) -> Manifest:
    """Check the current version against its manifest, and every chunk against its source text.

    Raises:
        BadIndexError: Something differs; the detail names it.
    """
    index = load_index(index_dir)
    sources = codec.read_sources(index.folder)
    for chunk in index.chunks:
        text = sources.get(chunk.source, "")
        if text[chunk.char_start : chunk.char_end] != chunk.text:
            raise BadIndexError(
                f"Chunk {chunk.id} is not found at its place in {chunk.source}. Run 'lupus-bot index build'."
            )
    return index.manifest


class CurrentIndex:
    """The current version, reloaded when the pointer on disk moves; readers keep what they have.

    Args:
        index_dir: The index folder.
    """

    def __init__(self, *, index_dir: Path) -> None:
        self._index_dir = index_dir
        self._lock = threading.Lock()
        self._index: LoadedIndex | None = None
        self._refused: str | None = None

    def get(self) -> LoadedIndex:
        """Return the index in use, the newest whole one.

        A newer version that is damaged is refused once and the one in memory stays. While one caller loads
        a newer version the others go on with the one in memory.

        Raises:
            BadIndexError: There is none in memory and none that loads.
        """
        held = self._index
        if held is None:
            with self._lock:
                return self._load()
        if self._is_newest(held) or not self._lock.acquire(blocking=False):
            return held
        try:
            return self._load()
        finally:
            self._lock.release()

    def _is_newest(self, held: LoadedIndex) -> bool:
        try:
            version = versions.current_version(self._index_dir)
        except BadIndexError:
            return True
        return version in (held.manifest.version, self._refused)

    def _load(self) -> LoadedIndex:
        """Load the current version unless it is held or was refused already; runs under the lock."""
        held = self._index
        if held is not None and self._is_newest(held):
            return held
        version = versions.current_version(self._index_dir)
        try:
            self._index = loaded = load_index(self._index_dir, version=version)
        except BadIndexError as error:
            if held is None:
                raise
            self._refused = version
            logger.error("index version refused", extra={"version": version, "code": error.code, "why": error.detail})
            return held
        logger.info("index loaded", extra={"version": version, "chunks": loaded.manifest.chunks})
        return loaded
