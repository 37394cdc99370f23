from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import BadIndexError
from bot.index import rows
from bot.index.plan import plan_rows
from tests.fakes.indexes import guide_chunks


def test_places_and_digests_come_back_as_they_were(tmp_path: Path) -> None:
    planned = plan_rows(guide_chunks(), model_tokens=lambda text: len(text.split()))

    rows.save_rows(tmp_path, planned)

    assert rows.load_rows(tmp_path).tolist() == [[row.chunk_no, row.kind, row.part_no] for row in planned]
    assert rows.load_digests(tmp_path) == [row.digest for row in planned]


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00v\x00{'descr': '|O'}"], ids=repr)
def test_a_file_that_is_no_plain_array_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / rows.ROWS_FILE).write_bytes(content)

    with pytest.raises(BadIndexError, match=r"rows\.npy"):
        rows.load_rows(tmp_path)
