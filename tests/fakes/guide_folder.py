"""A small guide on disk: valid as it is, so that a test changes one thing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.corpus.check.material import Material, read_material

TEXT = "Lupus is a long illness. The body attacks its own parts."
WORDINGS = ("whats lupus", "lupus meaning", "explain lupus", "is lupus bad")
FACTS = "id,topic,references,evidence,changes,status\nF-LUP-01,LUP,R68,A,low,VERIFIED\n"
REFERENCES = 'R68:\n  citation: "A page on lupus"\n  url: "https://example.org/lupus"\n'


def section(
    text: str = TEXT,
    *,
    section_id: str = "what-is-lupus",
    title: str = "What is lupus?",
    facts: Sequence[str] = ("F-LUP-01",),
    references: Sequence[str] = ("R68",),
    also_asked: Sequence[str] = WORDINGS,
    expires_on: str = "2027-11-22",
) -> str:
    """Write one section."""
    wordings = "".join(f'  - "{wording}"\n' for wording in also_asked)
    return (
        f"## {title} {{#{section_id}}}\n\n<!-- section\nfacts: [{', '.join(facts)}]\n"
        f"references: [{', '.join(references)}]\nexpires_on: {expires_on}\nalso_asked:\n{wordings}-->\n\n{text}\n\n"
    )


def chapter(
    *sections: str, chapter_id: str = "basics", references: Sequence[str] = ("R68",), reviewed_on: str = "2026-11-22"
) -> str:
    """Write one chapter of some sections."""
    return (
        f"---\nid: {chapter_id}\ntitle: The basics\nreviewed_on: {reviewed_on}\nexpires_on: 2027-11-22\n"
        f"references: [{', '.join(references)}]\n---\n\n# The basics\n\n{''.join(sections)}"
    )


def write_guide(
    folder: Path, *chapters: str, facts: str = FACTS, references: str = REFERENCES, unused: str = ""
) -> Path:
    """Write chapters as 01.md, 02.md, … with facts, references and unused facts beside them."""
    for number, text in enumerate(chapters, start=1):
        (folder / f"{number:02}.md").write_text(text, encoding="utf-8")
    (folder / "facts.csv").write_text(facts, encoding="utf-8")
    (folder / "references.yaml").write_text(references, encoding="utf-8")
    (folder / "unused-facts.yaml").write_text(unused, encoding="utf-8")
    return folder


def material_of(folder: Path, *sections: str) -> Material:
    """Read a guide of one chapter with these sections."""
    return read_material(write_guide(folder, chapter(*sections)))
