from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import BadIndexError
from bot.index.manifest import MANIFEST_FILE, check_files, digests, read_manifest, write_manifest
from tests.fakes.indexes import make_manifest


@pytest.fixture
def version(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.txt").write_text("first")
    (tmp_path / "sub" / "b.txt").write_text("second")
    write_manifest(tmp_path, make_manifest(files=dict(digests(tmp_path))))
    return tmp_path


def test_reads_what_it_wrote(version: Path) -> None:
    manifest = read_manifest(version)

    check_files(version, manifest)
    assert manifest == make_manifest(files=dict(digests(version)))


def test_refuses_any_changed_byte_of_the_manifest_itself(version: Path) -> None:
    path = version / MANIFEST_FILE
    whole = path.read_bytes()
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(BadIndexError, match=r"manifest\.json"):
            read_manifest(version)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"null", b"\xff", b'{"format": 2}', b"[" * 100_000], ids=lambda c: repr(c[:14])
)
def test_refuses_a_manifest_that_is_none(version: Path, content: bytes) -> None:
    (version / MANIFEST_FILE).write_bytes(content)

    with pytest.raises(BadIndexError, match=r"manifest\.json"):
        read_manifest(version)


def test_refuses_another_format(version: Path) -> None:
    write_manifest(version, make_manifest(format=99))

    with pytest.raises(BadIndexError, match="names format 99"):
        read_manifest(version)


def test_calls_a_version_without_manifest_half_built(version: Path) -> None:
    (version / MANIFEST_FILE).unlink()

    with pytest.raises(BadIndexError, match="half built"):
        read_manifest(version)


def test_names_the_missing_file(version: Path) -> None:
    (version / "sub" / "b.txt").unlink()

    with pytest.raises(BadIndexError, match=r"^sub/b\.txt is missing"):
        check_files(version, read_manifest(version))


def test_names_the_extra_file(version: Path) -> None:
    (version / "sub" / "c.txt").write_text("third")

    with pytest.raises(BadIndexError, match=r"^sub/c\.txt does not belong"):
        check_files(version, read_manifest(version))


def test_names_the_changed_file(version: Path) -> None:
    (version / "a.txt").write_text("fIrst")

    with pytest.raises(BadIndexError, match=r"^a\.txt is damaged"):
        check_files(version, read_manifest(version))
