"""Indexes that many tests read: built once a session, shared by the workers of a parallel run, never changed."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import BadIndexError
from bot.index.build import build_index
from bot.index.versions import current_version, version_folder

ROOT = Path(__file__).parents[2]
MINI_GUIDE = ROOT / "tests" / "data" / "mini_guide"
_LONGEST_BUILD_S = 1_200


@pytest.fixture(scope="session")
def shared_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this session, the same one in every worker."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def guide_index_dir(shared_dir: Path) -> Path:
    """The index of the whole guide; do not change it.

    Vectors of texts that the index of this checkout holds already are taken over, as any rebuild does:
    that saves a minute, and `test_whole_corpus` compares a sample with the model.
    """
    return _built_once(shared_dir / "guide-index", corpus_dir=ROOT / "corpus", seed=ROOT / "index")


@pytest.fixture(scope="session")
def mini_index_dir(shared_dir: Path) -> Path:
    """The index of the five sections of tests/data/mini_guide, built from nothing; do not change it."""
    return _built_once(shared_dir / "mini-index", corpus_dir=MINI_GUIDE)


@pytest.fixture
def index_copy(mini_index_dir: Path, tmp_path: Path) -> Path:
    """A mini index of the test's own; write its files anew, never in place."""
    # A linked lock would be one lock for all copies, in other processes too.
    shutil.copytree(mini_index_dir, tmp_path / "index", copy_function=_link, ignore=shutil.ignore_patterns(".building"))
    return tmp_path / "index"


@pytest.fixture
def mini_corpus(tmp_path: Path) -> Path:
    """A mini guide of the test's own."""
    return Path(shutil.copytree(MINI_GUIDE, tmp_path / "corpus"))


@pytest.fixture
def rebuild(mini_corpus: Path, index_copy: Path) -> Callable[[str, str], str]:
    """Edit the test's own guide and build its index again; returns the new version's name."""

    def edit_and_build(old: str, new: str) -> str:
        path = mini_corpus / "lupus.md"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        return build_index(corpus_dir=mini_corpus, index_dir=index_copy).version

    return edit_and_build


def _built_once(index_dir: Path, *, corpus_dir: Path, seed: Path | None = None) -> Path:
    """Build an index, or wait for the worker that does."""
    verdict = index_dir.with_suffix(".verdict")
    try:
        index_dir.mkdir()
    except FileExistsError:
        _wait_for(verdict)
        assert verdict.read_text() == "built"
        return index_dir
    outcome = "failed"
    try:
        if seed is not None:
            _plant(seed, index_dir)
        build_index(corpus_dir=corpus_dir, index_dir=index_dir)
        outcome = "built"
    finally:
        verdict.with_suffix(".new").write_text(outcome)
        verdict.with_suffix(".new").rename(verdict)
    return index_dir


def _wait_for(path: Path) -> None:
    until = time.monotonic() + _LONGEST_BUILD_S
    while not path.exists():
        assert time.monotonic() < until, f"{path} did not appear"
        time.sleep(0.2)


def _plant(seed: Path, index_dir: Path) -> None:
    """Put a copy of another index's current version there, if it has one."""
    try:
        version = current_version(seed)
        shutil.copytree(version_folder(seed, version), index_dir / "versions" / version, copy_function=_link)
    except (BadIndexError, OSError):
        shutil.rmtree(index_dir / "versions", ignore_errors=True)
    else:
        (index_dir / "CURRENT").write_text(version)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
