"""What a check has to say about one line of the guide."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps the guide from being released; a warning asks for a second look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing to look at.

    Attributes:
        file: Name relative to the guide's folder.
        line: 1-based line in it.
        rule: Fixed name of the rule, such as ``sentence-length``; corpus/README.md explains each.
        message: One sentence for the author: what, and what to do.
    """

    file: str
    line: int
    rule: str
    message: str
    severity: Severity = Severity.ERROR


def as_line(finding: Finding) -> str:
    """Write a finding as ``file:line: rule: message``; a warning says so before its message."""
    mark = "warning: " if finding.severity is Severity.WARNING else ""
    return f"{finding.file}:{finding.line}: {finding.rule}: {mark}{finding.message}"
