"""All rules over one guide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.corpus.check import article as source_article
from bot.corpus.check import (
    chapters,
    coverage,
    dates,
    duplicates,
    grade,
    length,
    links,
    openings,
    sources,
    wording,
    wordings,
)
from bot.corpus.check.finding import Finding, Severity
from bot.corpus.check.material import Material, read_material
from bot.errors import CorpusError

_RULES = (
    chapters.find_empty_chapters,
    chapters.find_shared_chapter_ids,
    chapters.find_headings_that_do_not_ask,
    grade.find_hard_sections,
    length.find_long_sentences,
    length.find_long_sections,
    openings.find_leaning_sentences,
    wording.find_forbidden_wording,
    wordings.find_bad_wordings,
    sources.find_unsourced_numbers,
    sources.find_unknown_references,
    sources.find_unused_references,
    sources.find_untraced_facts,
    sources.find_chapter_reference_gaps,
    coverage.find_unknown_facts,
    coverage.find_uncovered_facts,
    coverage.find_stale_exceptions,
    links.find_dead_links,
    links.find_markup,
    links.find_crowded_lists,
    duplicates.find_repeated_sentences,
    duplicates.find_near_duplicates,
    duplicates.find_repeated_headings,
)
_PLACE = re.compile(r"(?P<file>[^:]+?):(?:(?P<line>\d+):)? (?P<message>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Figures:
    """The guide in numbers: `coverage` and `used` are shares in 0..1, `median_grade` is in school years."""

    chapters: int
    sections: int
    sentences: int
    facts: int
    coverage: float
    used: float
    median_grade: float


@dataclass(frozen=True, slots=True)
class GuideReport:
    """Findings in order of file and line; `figures` is None when the guide could not be read."""

    findings: tuple[Finding, ...]
    figures: Figures | None

    @property
    def errors(self) -> int:
        """Count what keeps the guide from being released."""
        return sum(finding.severity is Severity.ERROR for finding in self.findings)


def check_guide(folder: Path, *, today: date, article: Path | None = None) -> list[Finding]:
    """Apply every rule to the guide in a folder.

    Args:
        today: The day that review and expiry dates are compared with.
        article: Text file of the source article; None: the committed hashes of it.

    Returns:
        Findings in order of file and line; a guide that cannot be read gives one of rule ``format``.
    """
    return list(report_on(folder, today=today, article=article).findings)


def report_on(folder: Path, *, today: date, article: Path | None = None) -> GuideReport:
    """Apply every rule as `check_guide` does, and measure the guide."""
    try:
        material = read_material(folder)
        text = article.read_text(encoding="utf-8") if article is not None else None
    except CorpusError as error:
        return GuideReport((_unreadable(error),), None)
    except OSError as error:
        return GuideReport((Finding(str(article), 1, "format", f"cannot be read ({error.strerror})."),), None)
    if not material.passages:
        found = tuple(chapters.find_empty_chapters(material))
        return GuideReport(found, None)
    findings = tuple(sorted(_findings(material, today=today, article=text)))
    return GuideReport(findings, _figures(material))


def _findings(material: Material, *, today: date, article: str | None) -> Iterator[Finding]:
    for rule in _RULES:
        yield from rule(material)
    yield from dates.find_bad_dates(material, today=today)
    yield from source_article.find_copied_runs(material, article=article)


def _figures(material: Material) -> Figures:
    return Figures(
        chapters=len({passage.section.chapter_id for passage in material.passages}),
        sections=len(material.passages),
        sentences=sum(len(passage.sentences) for passage in material.passages),
        facts=len(material.facts),
        coverage=coverage.fact_coverage(material),
        used=coverage.used_share(material),
        median_grade=grade.median_grade(material),
    )


def _unreadable(error: CorpusError) -> Finding:
    if match := _PLACE.fullmatch(error.detail):
        return Finding(match["file"], int(match["line"] or 1), "format", match["message"])
    return Finding("corpus", 1, "format", error.detail)
