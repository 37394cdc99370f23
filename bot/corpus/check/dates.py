"""Was each section reviewed, and does it expire as fast as its facts may change?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from bot.corpus.check.finding import Finding, Severity
from bot.corpus.check.material import Material, Passage

# Days from review to expiry by how likely the facts are to change: 24, 12 and 6 months (corpus/README.md).
_MAX_DAYS = {"low": 732, "med": 367, "high": 185, "": 732}
_SOON_DAYS = 60


def find_bad_dates(material: Material, *, today: date) -> Iterator[Finding]:
    """Report missing, future, reversed and passed dates, and dates that outlive the facts."""
    for passage in material.passages:
        for message, severity in _problems(passage, material, today):
            yield Finding(passage.section.source, passage.line, "review-date", message, severity)


def _problems(passage: Passage, material: Material, today: date) -> Iterator[tuple[str, Severity]]:
    reviewed, expires = passage.section.reviewed_on, passage.section.expires_on
    if reviewed is None or expires is None:
        yield "has no reviewed_on or no expires_on; give both in the chapter's front matter.", Severity.ERROR
        return
    if reviewed > today:
        yield f"reviewed_on {reviewed} lies in the future.", Severity.ERROR
    if expires <= reviewed:
        yield f"expires on {expires}, not after its review on {reviewed}.", Severity.ERROR
    if expires <= today:
        yield f"expired on {expires}; check its facts, then set reviewed_on and expires_on.", Severity.ERROR
    elif expires <= today + timedelta(days=_SOON_DAYS):
        yield f"expires on {expires}; review it soon.", Severity.WARNING
    fastest = _fastest(passage, material)
    if (expires - reviewed).days > _MAX_DAYS[fastest]:
        latest = reviewed + timedelta(days=_MAX_DAYS[fastest])
        yield f"holds a fact that changes ({fastest}), so it must expire by {latest}.", Severity.ERROR


def _fastest(passage: Passage, material: Material) -> str:
    speeds = {material.facts[fact_id].changes for fact_id in passage.section.facts if fact_id in material.facts}
    return next((speed for speed in ("high", "med", "low") if speed in speeds), "")
