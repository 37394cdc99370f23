from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import BadIndexError
from bot.index import versions
from bot.index.loaded import CurrentIndex, load_index, verify_index
from bot.index.manifest import MANIFEST_FILE, digests, write_manifest

SUNSHINE = ("Sunlight can set off a flare", "Sunshine can set off a flare")


def files_of(index_dir: Path) -> list[str]:
    folder = load_index(index_dir).folder
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def damage(path: Path, *, place: int | None = None) -> None:
    """Flip one bit; the file is written anew, because other indexes may share it."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if place is None else place] ^= 1
    path.unlink()
    path.write_bytes(content)


def test_an_untouched_index_is_whole(mini_index_dir: Path) -> None:
    assert verify_index(mini_index_dir).chunks == 5


def test_a_flipped_bit_in_any_file_is_refused_by_its_name(index_copy: Path) -> None:
    names = files_of(index_copy)
    folder = load_index(index_copy).folder
    assert len(names) >= 14
    for name in names:
        whole = (folder / name).read_bytes()
        for place in (0, len(whole) // 2, len(whole) - 1):
            damage(folder / name, place=place)
            with pytest.raises(BadIndexError) as caught:
                load_index(index_copy)
            assert caught.value.detail.startswith(name), caught.value.detail
            (folder / name).write_bytes(whole)
    assert verify_index(index_copy).chunks == 5


def test_a_missing_file_is_refused_by_its_name(index_copy: Path) -> None:
    names = files_of(index_copy)
    folder = load_index(index_copy).folder
    for name in names:
        (folder / name).rename(folder.parent / "aside")
        with pytest.raises(BadIndexError, match=name.replace(".", r"\.")):
            load_index(index_copy)
        (folder.parent / "aside").rename(folder / name)


def test_an_extra_file_is_refused_by_its_name(index_copy: Path) -> None:
    (load_index(index_copy).folder / "bm25" / "note.txt").write_text("?")

    with pytest.raises(BadIndexError, match=r"bm25/note\.txt does not belong"):
        load_index(index_copy)


def test_another_format_is_refused(index_copy: Path) -> None:
    index = load_index(index_copy)
    (index.folder / MANIFEST_FILE).unlink()
    write_manifest(index.folder, replace(index.manifest, format=1))

    with pytest.raises(BadIndexError, match=r"format 1.*index build"):
        load_index(index_copy)


@pytest.mark.parametrize("name", ["chunks", "rows", "dimension"])
def test_a_manifest_that_counts_differently_is_refused(index_copy: Path, name: str) -> None:
    index = load_index(index_copy)
    (index.folder / MANIFEST_FILE).unlink()
    write_manifest(index.folder, replace(index.manifest, **{name: getattr(index.manifest, name) + 1}))

    with pytest.raises(BadIndexError, match="does not fit"):
        load_index(index_copy)


def test_verify_finds_a_chunk_that_is_not_at_its_place(index_copy: Path) -> None:
    index = load_index(index_copy)
    sources = index.folder / "sources.jsonl"
    text = sources.read_text(encoding="utf-8").replace("Lupus is not contagious", "Lupus is contagious, not")
    sources.unlink()
    sources.write_text(text, encoding="utf-8")
    (index.folder / MANIFEST_FILE).unlink()
    write_manifest(index.folder, replace(index.manifest, files=dict(digests(index.folder))))

    with pytest.raises(BadIndexError, match=r"Chunk what-is-lupus is not found at its place in lupus\.md"):
        verify_index(index_copy)


def test_a_half_built_version_is_never_current(index_copy: Path) -> None:
    (index_copy / "versions" / ".new-half").mkdir()
    (index_copy / "versions" / ".new-half" / "chunks.jsonl").write_text("{}")

    assert verify_index(index_copy).chunks == 5


def test_without_any_index_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadIndexError, match="Run 'lupus-bot index build'") as caught:
        CurrentIndex(index_dir=tmp_path / "none").get()

    assert caught.value.code == "index_missing"


def test_a_running_reader_picks_the_new_version_up(rebuild: Callable[[str, str], str], index_copy: Path) -> None:
    current = CurrentIndex(index_dir=index_copy)
    before = current.get()
    assert current.get() is before

    version = rebuild(*SUNSHINE)

    assert current.get().manifest.version == version
    assert any("Sunshine" in chunk.text for chunk in current.get().chunks)
    assert not any("Sunshine" in chunk.text for chunk in before.chunks)


def test_a_running_reader_keeps_the_old_version_when_the_new_one_is_damaged(
    rebuild: Callable[[str, str], str], index_copy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    current = CurrentIndex(index_dir=index_copy)
    before = current.get()
    version = rebuild(*SUNSHINE)
    damage(index_copy / "versions" / version / "chunks.jsonl")

    assert current.get() is before
    assert current.get() is before

    refusals = [record for record in caplog.records if record.getMessage() == "index version refused"]
    assert [record.__dict__["version"] for record in refusals] == [version]
    with pytest.raises(BadIndexError, match=r"chunks\.jsonl is damaged"):
        CurrentIndex(index_dir=index_copy).get()


def test_a_running_reader_takes_the_version_after_a_damaged_one(
    rebuild: Callable[[str, str], str], index_copy: Path
) -> None:
    current = CurrentIndex(index_dir=index_copy)
    current.get()
    damage(index_copy / "versions" / rebuild(*SUNSHINE) / "rows.npy")
    current.get()

    version = rebuild("Shade at noon", "Shade in the middle of the day")

    assert current.get().manifest.version == version


def test_a_running_reader_survives_the_loss_of_the_folder(index_copy: Path) -> None:
    current = CurrentIndex(index_dir=index_copy)
    before = current.get()
    shutil.rmtree(index_copy)

    assert current.get() is before


def test_rolls_back_and_forward_under_a_running_reader(rebuild: Callable[[str, str], str], index_copy: Path) -> None:
    current = CurrentIndex(index_dir=index_copy)
    first = current.get().manifest.version
    second = rebuild(*SUNSHINE)

    for version in (first, second, first):
        versions.roll_back(index_copy, check=lambda name: load_index(index_copy, version=name))
        assert current.get().manifest.version == version


def test_does_not_roll_back_to_a_damaged_version(rebuild: Callable[[str, str], str], index_copy: Path) -> None:
    first = versions.current_version(index_copy)
    second = rebuild(*SUNSHINE)
    damage(index_copy / "versions" / first / "chunks.jsonl")

    with pytest.raises(BadIndexError, match=r"chunks\.jsonl is damaged"):
        versions.roll_back(index_copy, check=lambda name: load_index(index_copy, version=name))
    assert versions.current_version(index_copy) == second
