"""Tables as lines that can be read, searched and quoted one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# A page may claim any span; no real table is wider or higher.
_MAX_SPAN = 100


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell, and how many columns and rows it covers."""

    text: str
    columns: int = 1
    rows: int = 1


def grid(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """Lay cells out so that each stands in its column; a cell that covers several is repeated in each.

    >>> grid([[Cell("Grade 1", rows=2), Cell("fever")], [Cell("chills")]])
    [['Grade 1', 'fever'], ['Grade 1', 'chills']]
    """
    hanging: dict[int, tuple[str, int]] = {}
    laid: list[list[str]] = []
    for row in rows:
        laid.append(_row(row, hanging))
    return laid


def _row(cells: Sequence[Cell], hanging: dict[int, tuple[str, int]]) -> list[str]:
    line: list[str] = []
    for cell in cells:
        _take_hanging(line, hanging)
        for _ in range(min(max(cell.columns, 1), _MAX_SPAN)):
            if cell.rows > 1:
                hanging[len(line)] = (cell.text, min(cell.rows, _MAX_SPAN) - 1)
            line.append(cell.text)
    _take_hanging(line, hanging)
    return line


def _take_hanging(line: list[str], hanging: dict[int, tuple[str, int]]) -> None:
    while len(line) in hanging:
        text, rows = hanging.pop(len(line))
        if rows > 1:
            hanging[len(line)] = (text, rows - 1)
        line.append(text)


def table_lines(rows: Sequence[Sequence[str]], *, has_header: bool) -> str:
    """Write each row as a list item; with a header each cell gets its column's name.

    >>> print(table_lines([["Sign", "Grade"], ["Fever", "1"]], has_header=True))
    - Sign: Fever; Grade: 1
    >>> print(table_lines([["Ward", "Room 4"]], has_header=False))
    - Ward: Room 4
    """
    names: Sequence[str] = ()
    if has_header and len(rows) > 1:
        names, rows = rows[0], rows[1:]
    lines = (_line(row, names) for row in rows)
    return "\n".join(f"- {line}" for line in lines if line)


def _line(row: Sequence[str], names: Sequence[str]) -> str:
    if not names:
        cells = _without_repeats([cell for cell in row if cell])
        return (": " if len(cells) == 2 else "; ").join(cells)
    named = [(names[at] if at < len(names) else "", cell) for at, cell in enumerate(row)]
    return "; ".join(_without_repeats([f"{name}: {cell}" if name else cell for name, cell in named if cell]))


def _without_repeats(cells: list[str]) -> list[str]:
    return [cell for at, cell in enumerate(cells) if at == 0 or cell != cells[at - 1]]
