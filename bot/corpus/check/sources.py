"""Every number has a source, every source is known and used."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from bot.corpus.check.finding import Finding, Severity
from bot.corpus.check.material import Material

# A number that says how many, how long or how much; not the 19 of CD19 or the 3 of C3.
_NUMBER = re.compile(r"(?<![\w-])\d[\d.,]*\d?(?![\w-]*[A-Za-z]\w*-)")
_FRONT = re.compile(r"\A---\n(.*?)\n---", re.DOTALL)


def find_unsourced_numbers(material: Material) -> Iterator[Finding]:
    """Report the first number of each section that lists no reference."""
    for passage in material.passages:
        if passage.section.references:
            continue
        for sentence in passage.sentences:
            if match := _NUMBER.search(sentence.text):
                message = f'the number "{match.group(0)}" has no source; add the section\'s references.'
                yield Finding(passage.section.source, sentence.line, "number-without-source", message)
                break


def find_unknown_references(material: Material) -> Iterator[Finding]:
    """Report reference ids that references.yaml does not have."""
    for passage in material.passages:
        for key in passage.section.references:
            if key not in material.references:
                message = f"reference {key} is not in references.yaml."
                yield Finding(passage.section.source, passage.line, "unknown-reference", message)


def find_unused_references(material: Material) -> Iterator[Finding]:
    """Warn of entries of references.yaml that no section lists."""
    used = {key for passage in material.passages for key in passage.section.references}
    for key in material.references:
        if key not in used:
            message = f"reference {key} is used by no section; remove it or cite it."
            line = material.reference_lines.get(key, 1)
            yield Finding("references.yaml", line, "unused-reference", message, Severity.WARNING)


def find_untraced_facts(material: Material) -> Iterator[Finding]:
    """Report sections that use a fact but list none of the sources this fact rests on."""
    for passage in material.passages:
        listed = set(passage.section.references)
        for fact_id in passage.section.facts:
            fact = material.facts.get(fact_id)
            if fact and fact.references and not listed & set(fact.references):
                message = f"uses {fact_id} but lists none of its sources ({', '.join(fact.references)})."
                yield Finding(passage.section.source, passage.line, "untraced-fact", message)


def find_chapter_reference_gaps(material: Material) -> Iterator[Finding]:
    """Report chapters whose list of references is not the union of their sections'."""
    for source, text in material.sources.items():
        front = _FRONT.match(text)
        if front is None:
            continue
        stated = {str(key) for key in yaml.safe_load(front.group(1)).get("references") or ()}
        of_sections = [p.section.references for p in material.passages if p.section.source == source]
        used = {key for keys in of_sections for key in keys}
        if missing := sorted(used - stated):
            yield Finding(source, 1, "chapter-references", f"the chapter's references lack {', '.join(missing)}.")
        if spare := sorted(stated - used):
            yield Finding(
                source,
                1,
                "chapter-references",
                f"the chapter's references name {', '.join(spare)}, used by no section.",
            )
