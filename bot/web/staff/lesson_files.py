"""Lessons as files: cases as a question set of `lupus-bot eval run`, notes as Markdown for the guide's author."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby

from bot.db.review_values import Lesson

MEDIA_TYPES = {"case": "application/jsonl; charset=utf-8", "note": "text/markdown; charset=utf-8"}
CATEGORY = "review"
_NO_SECTION = "No section named"


def case_lines(cases: Iterable[Lesson]) -> Iterator[str]:
    """Write one case a line; what it should have said is a note there, since only a person can judge by it."""
    for case in cases:
        line = {
            "id": f"{CATEGORY}-{case.id}",
            "category": CATEGORY,
            "turns": list(case.turns),
            "expect": list(case.expect),
            "note": _note(case),
        }
        yield json.dumps(line, ensure_ascii=False) + "\n"


def notes_markdown(notes: Iterable[Lesson], *, now: datetime) -> Iterator[str]:
    """Write the notes by section, in the order of their ids; a note stands under the first section it names."""
    listed = sorted(notes, key=_section)
    yield f"# Notes for the author of the guide\n\n{len(listed)} from reviews, up to {_day(now)}.\n"
    for section, group in groupby(listed, key=_section):
        yield f"\n## {section or _NO_SECTION}\n"
        for note in group:
            yield "\n" + _written(note)


def _note(case: Lesson) -> str:
    sections = f"sections: {', '.join(case.section_ids)}" if case.section_ids else ""
    return "; ".join(part for part in (case.text, sections) if part)


def _section(note: Lesson) -> str:
    return note.section_ids[0] if note.section_ids else ""


def _written(note: Lesson) -> str:
    asked = "".join(f"> {turn}\n>\n" for turn in note.turns)[: -len(">\n")]
    also = f"; also {', '.join(note.section_ids[1:])}" if note.section_ids[1:] else ""
    return f"{asked}\n{note.text}\n\n*{note.author}, {_day(note.created_at)}{also}*\n"


def _day(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y}"
