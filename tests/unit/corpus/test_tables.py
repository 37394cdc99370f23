from __future__ import annotations

import pytest

from bot.corpus.tables import Cell, grid, table_lines


@pytest.mark.parametrize(
    ("rows", "has_header", "lines"),
    [
        pytest.param([["Sign", "Grade"], ["Fever", "1"]], True, "- Sign: Fever; Grade: 1", id="header"),
        pytest.param([["Sign", "Grade"]], True, "- Sign: Grade", id="header alone is a row"),
        pytest.param([["Ward", "Room 4"], ["Bath", ""]], False, "- Ward: Room 4\n- Bath", id="two columns"),
        pytest.param([["a", "b", "c"]], False, "- a; b; c", id="three columns"),
        pytest.param([["A", "B"], ["1", "2", "3"]], True, "- A: 1; B: 2; 3", id="more cells than names"),
        pytest.param([["A", "B"], ["", ""], ["1", ""]], True, "- A: 1", id="empty cells"),
        pytest.param([["wide", "wide", "x"]], False, "- wide: x", id="a merged cell is said once"),
        pytest.param([], False, "", id="nothing"),
    ],
)
def test_writes_rows_as_lines(rows: list[list[str]], has_header: bool, lines: str) -> None:
    assert table_lines(rows, has_header=has_header) == lines


def test_repeats_a_cell_in_every_column_and_row_it_covers() -> None:
    rows = [[Cell("a", rows=2), Cell("b", columns=2)], [Cell("c"), Cell("d", rows=9)], [Cell("e"), Cell("f")]]
    assert grid(rows) == [["a", "b", "b"], ["a", "c", "d"], ["e", "f", "d"]]


def test_bounds_what_a_cell_may_claim() -> None:
    assert len(grid([[Cell("a", columns=999, rows=999)]])[0]) == 100
