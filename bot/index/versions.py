"""Index versions on disk: complete before they are current, the one before kept for a rollback.

``index/CURRENT`` names the version in use; replacing that small file is the atomic swap.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import BadIndexError

CURRENT_FILE = "CURRENT"
PREVIOUS_FILE = "PREVIOUS"
_VERSIONS = "versions"
_LOCK_FILE = ".building"


def current_version(index_dir: Path) -> str:
    """Return the name of the version in use.

    Raises:
        BadIndexError: No index was built there.
    """
    name = _pointer(index_dir, CURRENT_FILE)
    if name is None:
        raise BadIndexError(f"There is no index in {index_dir}. Run 'lupus-bot index build'.", code="index_missing")
    return name


def version_folder(index_dir: Path, version: str) -> Path:
    """Return the folder of a version.

    Raises:
        BadIndexError: It is gone.
    """
    folder = index_dir / _VERSIONS / version
    if not folder.is_dir():
        raise BadIndexError(f"Index version {version} is missing. Run 'lupus-bot index build'.", code="index_missing")
    return folder


@contextmanager
def new_version(index_dir: Path, version: str) -> Iterator[Path]:
    """Give a temporary folder; when the block ends well it becomes the current version.

    Raises:
        BadIndexError: Another build is running, or the disk is full or read-only.
    """
    with _writing(index_dir):
        folders = index_dir / _VERSIONS
        folders.mkdir(exist_ok=True)
        staging = folders / f".new-{version}"
        staging.mkdir()
        try:
            yield staging
            _sync_tree(staging)
            staging.rename(folders / version)
            _sync(folders)
            make_current(index_dir, version)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        _drop_old(index_dir)


def roll_back(index_dir: Path, *, check: Callable[[str], object]) -> str:
    """Make the version before the current one current; doing it again goes forward.

    Args:
        check: Raises `BadIndexError` when the named version must not be used.

    Raises:
        BadIndexError: There is no earlier version, it is damaged, or the folder cannot be written.
    """
    previous_version(index_dir)
    with _writing(index_dir):
        version = previous_version(index_dir)
        check(version)
        make_current(index_dir, version)
    return version


@contextmanager
def _writing(index_dir: Path) -> Iterator[None]:
    """Hold the lock of an index folder; what the system refuses becomes one line."""
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        with _lock(index_dir):
            yield
    except OSError as error:
        raise BadIndexError(
            f"The index cannot be written to {index_dir} ({error.strerror or error}); free some space or choose "
            "another folder with --index. The old index is untouched."
        ) from error


def make_current(index_dir: Path, version: str) -> None:
    """Swap to a complete version, and remember the one before."""
    before = _pointer(index_dir, CURRENT_FILE)
    if before and before != version:
        _point(index_dir, PREVIOUS_FILE, before)
    _point(index_dir, CURRENT_FILE, version)


def previous_version(index_dir: Path) -> str:
    """Return the name of the version before the current one.

    Raises:
        BadIndexError: There is none.
    """
    name = _pointer(index_dir, PREVIOUS_FILE)
    if name is None or not (index_dir / _VERSIONS / name).is_dir():
        raise BadIndexError("There is no earlier index version to go back to.")
    return name


def _pointer(index_dir: Path, name: str) -> str | None:
    try:
        return (index_dir / name).read_text(encoding="utf-8").strip() or None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BadIndexError(f"{index_dir / name} cannot be read. Run 'lupus-bot index build'.") from error


def _point(index_dir: Path, name: str, version: str) -> None:
    temporary = index_dir / f".{name}-new"
    with temporary.open("w", encoding="utf-8") as file:
        file.write(version + "\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(index_dir / name)
    _sync(index_dir)


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open a folder
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _drop_old(index_dir: Path) -> None:
    keep = {_pointer(index_dir, CURRENT_FILE), _pointer(index_dir, PREVIOUS_FILE)}
    for folder in (index_dir / _VERSIONS).iterdir():
        if folder.name not in keep:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _lock(index_dir: Path) -> Iterator[None]:
    """Hold the build lock; the system frees it when its holder dies."""
    with (index_dir / _LOCK_FILE).open("w") as file:
        try:
            _try_lock(file.fileno())
        except (BlockingIOError, PermissionError) as error:  # what Unix and Windows say of a lock that is held
            raise BadIndexError(
                f"Another build is writing to {index_dir}; wait for it to end.", code="index_busy"
            ) from error
        yield


def _try_lock(handle: int) -> None:
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]  # Windows only
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
