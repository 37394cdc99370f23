"""Is every fact of the fact sheets in the guide, or left out for a stated reason?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.corpus.check.finding import Finding, Severity
from bot.corpus.check.material import Material

# Share of all facts that must be in a section or listed with a reason; the guide's own goal.
_MIN_COVERAGE = 0.98


def fact_coverage(material: Material) -> float:
    """Return the share, 0..1, of facts that a section uses or unused-facts.yaml explains; 1 where there are none."""
    if not material.facts:
        return 1.0
    explained = _used(material) | {entry.fact_id for entry in material.unused.values() if entry.reason}
    return len(explained & material.facts.keys()) / len(material.facts)


def used_share(material: Material) -> float:
    """Return the share, 0..1, of facts that stand in a section's own list; 1 where there are none."""
    return len(_used(material) & material.facts.keys()) / len(material.facts) if material.facts else 1.0


def find_uncovered_facts(material: Material) -> Iterator[Finding]:
    """Warn of each fact that is neither used nor explained; an error when coverage falls under 98 percent."""
    used = _used(material)
    for fact in material.facts.values():
        if fact.id not in used and fact.id not in material.unused:
            message = f"{fact.id} is in no section; use it, or give the reason in unused-facts.yaml."
            yield Finding("facts.csv", fact.line, "uncovered-fact", message, Severity.WARNING)
    if (share := fact_coverage(material)) < _MIN_COVERAGE:
        yield Finding(
            "facts.csv", 1, "fact-coverage", f"{share:.1%} of the facts are covered, at least {_MIN_COVERAGE:.0%}."
        )


def find_unknown_facts(material: Material) -> Iterator[Finding]:
    """Report fact ids that facts.csv does not have."""
    if not material.facts:
        return
    for passage in material.passages:
        for fact_id in passage.section.facts:
            if fact_id not in material.facts:
                yield Finding(passage.section.source, passage.line, "unknown-fact", f"{fact_id} is not in facts.csv.")


def find_stale_exceptions(material: Material) -> Iterator[Finding]:
    """Report entries of unused-facts.yaml without a reason, without a fact, or used after all."""
    used = _used(material)
    for entry in material.unused.values():
        if not entry.reason:
            yield _exception(entry.line, f"{entry.fact_id} has no reason.")
        if entry.fact_id not in material.facts:
            yield _exception(entry.line, f"{entry.fact_id} is not in facts.csv.")
        elif entry.fact_id in used:
            yield _exception(entry.line, f"{entry.fact_id} is used by a section; remove it here.")


def _exception(line: int, message: str) -> Finding:
    return Finding("unused-facts.yaml", line, "unused-fact", message)


def _used(material: Material) -> set[str]:
    return {fact_id for passage in material.passages for fact_id in passage.section.facts}
