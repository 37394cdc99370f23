"""The findings as one HTML page: no script, no download, fit to print."""

from __future__ import annotations

from collections import Counter
from datetime import date
from html import escape

from bot.corpus.check.finding import Finding, Severity
from bot.corpus.check.run import GuideReport

# The project's colours, written out so that the file stands alone wherever it is sent.
_STYLE = """
:root{--bg:#fbfaf8;--surface:#fff;--ink:#1f2a37;--muted:#55606e;--line:#d9dee4;--brand:#4b3f92}
:root{--good:#0f766e;--warn:#8a4b00}
@media(prefers-color-scheme:dark){
:root{--bg:#14171c;--surface:#1c2128;--ink:#e8ebef;--muted:#a7b0bc;--line:#323a45;--brand:#b7abf2}
:root{--good:#5fc7bc;--warn:#ffc978}}
body{margin:0 auto;max-width:70rem;padding:1.5rem;background:var(--bg);color:var(--ink)}
body{font:16px/1.55 system-ui,sans-serif}
h1{font-size:25px;color:var(--brand)}h2{font-size:20px;margin-top:2rem}
dl{display:flex;flex-wrap:wrap;gap:.75rem}
dl div{background:var(--surface);border:1px solid var(--line);border-radius:10px;padding:.6rem 1rem}
dt{color:var(--muted);font-size:13px}dd{margin:0;font-size:20px;font-weight:600}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border-top:1px solid var(--line)}
th{color:var(--muted);font-weight:600}
td.place{font-family:ui-monospace,monospace;font-size:13px;overflow-wrap:anywhere}
.warning{color:var(--muted)}.error{color:var(--warn);font-weight:600}.clean{color:var(--good);font-weight:600}
@media print{body{background:#fff;color:#000;max-width:none;font-size:10pt}tr{break-inside:avoid}}
"""


def as_html(report: GuideReport, *, made_on: date) -> str:
    """Write a report as a page of its own.

    Args:
        made_on: The day of the check, shown on top.
    """
    body = "".join((_figures(report), _tables(report.findings) if report.findings else _CLEAN))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Guide check</title><style>{_STYLE}</style></head><body>"
        f"<h1>Guide check</h1><p>{made_on.isoformat()}</p>{body}</body></html>\n"
    )


_CLEAN = '<p class="clean">Nothing to correct.</p>'


def _figures(report: GuideReport) -> str:
    warnings = len(report.findings) - report.errors
    shown: list[tuple[str, str]] = [("Errors", str(report.errors)), ("Warnings", str(warnings))]
    if figures := report.figures:
        shown += [
            ("Chapters", str(figures.chapters)),
            ("Sections", str(figures.sections)),
            ("Sentences", str(figures.sentences)),
            ("Median reading grade", f"{figures.median_grade:.1f}"),
            ("Facts covered", f"{figures.coverage:.1%}"),
            ("Facts in a section", f"{figures.used:.1%}"),
        ]
    return "<dl>" + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in shown) + "</dl>"


def _tables(findings: tuple[Finding, ...]) -> str:
    counts = Counter(finding.rule for finding in findings)
    return "".join(_table(rule, [f for f in findings if f.rule == rule]) for rule, _ in counts.most_common())


def _table(rule: str, findings: list[Finding]) -> str:
    rows = "".join(_row(finding) for finding in findings)
    return f"<h2>{escape(rule)} ({len(findings)})</h2><table><tr><th>Where<th>How grave<th>What</tr>{rows}</table>"


def _row(finding: Finding) -> str:
    grave = "error" if finding.severity is Severity.ERROR else "warning"
    return (
        f'<tr><td class="place">{escape(finding.file)}:{finding.line}</td>'
        f'<td class="{grave}">{grave}</td><td>{escape(finding.message)}</td></tr>'
    )
