from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest

from bot.errors import BadIndexError
from bot.index import versions


def build(index_dir: Path, version: str) -> None:
    with versions.new_version(index_dir, version) as staging:
        (staging / "data").write_text(version)


def names(index_dir: Path) -> set[str]:
    return {path.name for path in (index_dir / "versions").iterdir()}


def test_a_finished_build_becomes_current(tmp_path: Path) -> None:
    build(tmp_path, "one")

    assert versions.current_version(tmp_path) == "one"
    assert (versions.version_folder(tmp_path, "one") / "data").read_text() == "one"


def test_keeps_the_version_before_and_no_older_one(tmp_path: Path) -> None:
    for version in ("one", "two", "three"):
        build(tmp_path, version)

    assert names(tmp_path) == {"two", "three"}
    assert versions.previous_version(tmp_path) == "two"


def test_a_build_that_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    build(tmp_path, "one")

    def fail() -> None:
        with versions.new_version(tmp_path, "two") as staging:
            (staging / "data").write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert versions.current_version(tmp_path) == "one"
    assert names(tmp_path) == {"one"}


def test_the_next_build_clears_what_a_killed_one_left(tmp_path: Path) -> None:
    build(tmp_path, "one")
    left = tmp_path / "versions" / ".new-killed"
    left.mkdir()
    (left / "half").write_text("x")

    assert versions.current_version(tmp_path) == "one"
    build(tmp_path, "two")
    assert names(tmp_path) == {"one", "two"}


def test_a_second_build_says_busy(tmp_path: Path) -> None:
    with (
        versions.new_version(tmp_path, "one"),
        pytest.raises(BadIndexError, match="Another build") as caught,
        versions.new_version(tmp_path, "two"),
    ):
        pass

    assert caught.value.code == "index_busy"
    assert versions.current_version(tmp_path) == "one"


def test_of_many_builds_at_once_each_is_whole_or_busy(tmp_path: Path) -> None:
    outcomes: list[str] = []
    together = threading.Barrier(8)

    def attempt(version: str) -> None:
        together.wait()
        try:
            build(tmp_path, version)
            outcomes.append("built")
        except BadIndexError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=attempt, args=(f"v{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(outcomes) <= {"built", "index_busy"}
    current = versions.current_version(tmp_path)
    assert (versions.version_folder(tmp_path, current) / "data").read_text() == current


def test_rolls_back_and_forward(tmp_path: Path) -> None:
    build(tmp_path, "one")
    build(tmp_path, "two")

    assert versions.roll_back(tmp_path, check=lambda version: None) == "one"
    assert versions.current_version(tmp_path) == "one"
    assert versions.roll_back(tmp_path, check=lambda version: None) == "two"
    assert versions.current_version(tmp_path) == "two"


def test_does_not_roll_back_to_a_damaged_version(tmp_path: Path) -> None:
    build(tmp_path, "one")
    build(tmp_path, "two")

    def refuse(version: str) -> None:
        raise BadIndexError(f"{version} is damaged")

    with pytest.raises(BadIndexError, match="one is damaged"):
        versions.roll_back(tmp_path, check=refuse)
    assert versions.current_version(tmp_path) == "two"


def test_has_nothing_to_roll_back_to_after_the_first_build(tmp_path: Path) -> None:
    build(tmp_path, "one")

    with pytest.raises(BadIndexError, match="no earlier"):
        versions.roll_back(tmp_path, check=lambda version: None)


def test_rolling_back_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(BadIndexError):
        versions.roll_back(tmp_path / "none", check=lambda version: None)

    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("content", ["", "gone", "../..", "a\0b", "\n"], ids=repr)
def test_a_damaged_pointer_is_refused(tmp_path: Path, content: str) -> None:
    build(tmp_path, "one")
    (tmp_path / "CURRENT").write_text(content)

    from bot.index.loaded import load_index

    with pytest.raises(BadIndexError):
        load_index(tmp_path)


@pytest.mark.parametrize("call", ["os.fsync", "pathlib.Path.rename", "pathlib.Path.replace"])
def test_a_full_disk_is_one_line_and_the_old_version_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    build(tmp_path, "one")

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(call, full)
    with pytest.raises(BadIndexError, match=r"\(No space left on device\).*The old index is untouched\.$"):
        build(tmp_path, "two")
    monkeypatch.undo()

    assert versions.current_version(tmp_path) == "one"
    build(tmp_path, "three")
    assert names(tmp_path) == {"one", "three"}


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(BadIndexError, match="cannot be written"):
        build(tmp_path / "file" / "index", "one")


def test_others_may_read_the_index(tmp_path: Path) -> None:
    build(tmp_path, "one")
    mode = tmp_path.joinpath("versions").stat().st_mode

    assert (tmp_path / "versions" / "one").stat().st_mode == mode
    assert (tmp_path / "CURRENT").stat().st_mode == (tmp_path / "versions" / "one" / "data").stat().st_mode
