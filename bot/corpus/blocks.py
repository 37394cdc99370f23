"""Collects headings, paragraphs and list items in reading order; what HTML and DOCX have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.corpus.extract import Part
from bot.corpus.text import on_one_line


@dataclass(frozen=True, slots=True)
class _Block:
    kind: str  # heading, paragraph or item
    text: str


class BlockWriter:
    """Takes text as it comes and cuts it into blocks."""

    def __init__(self) -> None:
        self._blocks: list[_Block] = []
        self._line: list[str] = []
        self._item: str | None = None

    def write(self, text: str) -> None:
        r"""Add to the current block; ``\n`` begins a new line in it."""
        self._line.append(text)

    def end_block(self) -> None:
        """End the current paragraph or list item, if there is any text in it."""
        lines = (on_one_line(line) for line in "".join(self._line).split("\n"))
        self._line = []
        if text := "\n".join(line for line in lines if line):
            kind = "paragraph" if self._item is None else "item"
            self._blocks.append(_Block(kind, f"{self._item or ''}{text}"))
            self._item = None

    def start_item(self, label: str = "") -> None:
        """End what came before and let the next block be a list item, its label in front."""
        self.end_block()
        self.end_item()
        self._item = f"- {label}"

    def end_item(self) -> None:
        """End the current list item; a label that got no text stands alone."""
        self.end_block()
        if label := (self._item or "").removeprefix("- ").strip().rstrip(":"):
            self._blocks.append(_Block("item", f"- {label}"))
        self._item = None

    def paragraph(self, text: str) -> None:
        """Add a whole block as it is, lines kept."""
        self.end_block()
        if text:
            self._blocks.append(_Block("paragraph", text))

    def heading(self, text: str) -> None:
        """Begin a new part."""
        self.end_item()
        if text:
            self._blocks.append(_Block("heading", text))

    def is_empty(self) -> bool:
        """Say whether no text was written, headings aside."""
        self.end_item()
        return all(block.kind == "heading" for block in self._blocks)

    def first_heading(self) -> str | None:
        """Return the first heading; None where there is none."""
        return next((block.text for block in self._blocks if block.kind == "heading"), None)

    def on_one_line(self) -> str:
        """Return everything on one line, list marks left out."""
        self.end_item()
        return " ".join(on_one_line(block.text.removeprefix("- ")) for block in self._blocks)

    def parts(self) -> Iterator[Part]:
        """Return one part for each heading, and one for the text before the first."""
        self.end_item()
        heading: str | None = None
        body: list[_Block] = []
        for block in self._blocks:
            if block.kind == "heading":
                yield Part(heading, _body(body))
                heading, body = block.text, []
            else:
                body.append(block)
        yield Part(heading, _body(body))


def _body(blocks: list[_Block]) -> str:
    pieces: list[str] = []
    for before, block in zip([None, *blocks], blocks, strict=False):
        if before is not None:
            pieces.append("\n" if before.kind == block.kind == "item" else "\n\n")
        pieces.append(block.text)
    return "".join(pieces)
