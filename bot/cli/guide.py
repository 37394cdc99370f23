"""``lupus-bot guide``: check the guide, see what an edit does to answers, see what expires next."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.index import CorpusOption, IndexOption
from bot.corpus.check.article import FINGERPRINT_FILE, article_digests
from bot.corpus.check.finding import as_line
from bot.corpus.check.report import as_html
from bot.corpus.check.run import GuideReport, report_on
from bot.corpus.loader import load_corpus
from bot.domain import Hit, Section
from bot.errors import BadIndexError, CorpusError
from bot.settings import Settings, load

Echo = Callable[[str], None]
Retrieve = Callable[[str], Sequence[Hit]]
# Long enough to gather a reviewer and the papers; sections with fast facts live for half a year.
_DEFAULT_DAYS = 180
_PREVIEW_HITS = 30

guide_app = typer.Typer(no_args_is_help=True, help="Check the guide, and see what an edit does to answers.")


@guide_app.command()
def check(
    corpus: CorpusOption = None,
    html: Annotated[Path | None, typer.Option("--html", help="Also write the findings as a page.")] = None,
    article: Annotated[Path | None, typer.Option("--article", help="The source article; default: its hashes.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Leave out warnings.")] = False,
) -> None:
    """Apply every rule to the guide; exit code 1 if there is an error."""
    today = _today()
    report = report_on(corpus or load().corpus_dir, today=today, article=article)
    print_report(report, quiet=quiet, echo=typer.echo)
    if html is not None:
        write_page(report, html, made_on=today)
    if report.errors:
        raise typer.Exit(1)


@guide_app.command()
def preview(
    question: Annotated[str, typer.Argument(help="A question as a patient would type it.")],
    k: Annotated[int, typer.Option("-k", min=1, max=20, help="How many sections to show.")] = 5,
    corpus: CorpusOption = None,
    index: IndexOption = None,
) -> None:
    """Show which sections answer a question now, and with the guide as it stands on disk."""
    settings = load()
    index_dir, corpus_dir = index or settings.index_dir, corpus or settings.corpus_dir
    print_preview(
        question,
        before=lambda words: _hits_of_index(settings, index_dir, words),
        after=lambda words: _hits_of_corpus(settings, corpus_dir, index_dir, words),
        k=k,
        echo=typer.echo,
    )


@guide_app.command()
def expiring(
    days: Annotated[int, typer.Option("--days", min=0, help="How far to look ahead.")] = _DEFAULT_DAYS,
    corpus: CorpusOption = None,
) -> None:
    """List sections that have expired or soon will, the next one first."""
    sections = load_corpus(corpus or load().corpus_dir).sections
    print_expiring(sections, today=_today(), days=days, echo=typer.echo)


@guide_app.command()
def fingerprint(article: Annotated[Path, typer.Argument(help="Text file of the source article.")]) -> None:
    """Store hashes of the source article's eight-word runs, with which the check compares the guide."""
    count = write_fingerprint(article, FINGERPRINT_FILE)
    typer.echo(f"{count} runs of eight words stored in {FINGERPRINT_FILE.name}.")


def print_report(report: GuideReport, *, quiet: bool, echo: Echo) -> None:
    """Print one line per finding, then the figures; `quiet` leaves warnings out."""
    for finding in report.findings:
        if not quiet or finding.severity == "error":
            echo(as_line(finding))
    if figures := report.figures:
        echo(
            f"{figures.sections} sections in {figures.chapters} chapters, "
            f"median reading grade {figures.median_grade:.1f}, "
            f"{figures.coverage:.1%} of {figures.facts} facts covered ({figures.used:.1%} in a section)."
        )
    warnings = len(report.findings) - report.errors
    echo(f"{_counted(report.errors, 'error')}, {_counted(warnings, 'warning')}.")


def write_page(report: GuideReport, path: Path, *, made_on: date) -> None:
    """Write the report as an HTML page; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_html(report, made_on=made_on), encoding="utf-8")


def print_preview(question: str, *, before: Retrieve, after: Retrieve, k: int, echo: Echo) -> None:
    """Print the best sections of both rankings, what enters or leaves, and whose text changed.

    Args:
        before: Finds hits in the current index.
        after: Finds hits in the guide as it stands on disk.
        k: How many sections of each ranking are shown.
    """
    old, new = _ranked(before(question))[:k], _ranked(after(question))[:k]
    echo(question)
    for label, rows, others in (("before", old, new), ("after", new, old)):
        echo(f"{label}:")
        known = {row.section_id: row for row in others}
        for place, row in enumerate(rows, start=1):
            echo(f"  {place}. {row.score:.3f}  {row.title}  #{row.section_id}{_change(row, known, label)}")
        if not rows:
            echo("  no section")


def print_expiring(sections: Sequence[Section], *, today: date, days: int, echo: Echo) -> None:
    """Print sections that expire within `days` days, those without a date first."""
    dated = sorted((section.expires_on or date.min, section.source, section.id) for section in sections)
    due = [(day, source, name) for day, source, name in dated if (day - today).days <= days]
    for day, source, name in due:
        echo(f"{_when(day, today)}  {source}  #{name}")
    later = [day for day, _, _ in dated if (day - today).days > days]
    after = f" The next one after that expires on {later[0]}." if later else ""
    echo(f"{_counted(len(due), 'section')} of {len(sections)} within {days} days.{after}")


def write_fingerprint(article: Path, target: Path) -> int:
    """Write the sorted hashes of an article to a file and return their number.

    Raises:
        CorpusError: The article cannot be read.
    """
    try:
        digests = article_digests(article.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{article}: cannot be read as UTF-8 text; save it as plain text.") from error
    target.write_text("".join(f"{digest}\n" for digest in sorted(digests)), encoding="ascii")
    return len(digests)


@dataclass(frozen=True, slots=True)
class _Row:
    section_id: str
    title: str
    score: float
    text: str


def _ranked(hits: Sequence[Hit]) -> list[_Row]:
    """Keep the best chunk of each section, in order."""
    rows: dict[str, _Row] = {}
    for hit in hits:
        chunk = hit.chunk
        rows.setdefault(chunk.section_id, _Row(chunk.section_id, chunk.title, hit.score, chunk.text))
    return list(rows.values())


def _change(row: _Row, others: dict[str, _Row], label: str) -> str:
    other = others.get(row.section_id)
    if other is None:
        return "  (leaves)" if label == "before" else "  (new here)"
    return "  (text changed)" if label == "after" and (other.text, other.title) != (row.text, row.title) else ""


def _when(day: date, today: date) -> str:
    if day == date.min:
        return "no date    "
    return f"{day} expired" if day <= today else f"{day} in {(day - today).days} days"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _hits_of_index(settings: Settings, index_dir: Path, question: str) -> Sequence[Hit]:
    """Search an index; none when there is no usable one yet."""
    from bot.bootstrap import make_source

    try:
        return make_source(settings, index_dir=index_dir).edition().searcher.search(question, k=_PREVIEW_HITS).hits
    except BadIndexError:
        return ()


def _hits_of_corpus(settings: Settings, corpus_dir: Path, index_dir: Path, question: str) -> Sequence[Hit]:
    """Build an index of the guide on disk, search it, and throw it away."""
    from bot.cli.progress import step_progress
    from bot.index.build import build_index

    with tempfile.TemporaryDirectory(prefix="guide-preview-") as name:
        folder = Path(name)
        _copy_current(index_dir, folder)
        with step_progress() as progress:
            build_index(corpus_dir=corpus_dir, index_dir=folder, model_dir=settings.model_dir, progress=progress)
        return _hits_of_index(settings, folder, question)


def _copy_current(index_dir: Path, folder: Path) -> None:
    """Copy the version in use, if there is one: a build takes over what has not changed, and is done in seconds."""
    from bot.index import versions

    try:
        version = versions.current_version(index_dir)
        source = versions.version_folder(index_dir, version)
    except BadIndexError:
        return
    shutil.copytree(source, folder / source.relative_to(index_dir))
    versions.make_current(folder, version)


def _today() -> date:
    return datetime.now(UTC).date()
