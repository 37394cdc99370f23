"""``lupus-bot eval``: ask a question set, compare two runs, calibrate abstention, judge sentences."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.eval_verify import verify
from bot.cli.index import CorpusOption, IndexOption
from bot.cli.lines import read_lines
from bot.cli.progress import step_progress
from bot.errors import SettingsError
from bot.settings import load

if TYPE_CHECKING:
    from bot.evaluation.calibrate import Fit
    from bot.evaluation.datasets import Claim, Item

app = typer.Typer(no_args_is_help=True, help="Measure the answers on a question set; see docs/evaluation.md.")

app.command("verify")(verify)

_SHOWN_THRESHOLDS = (0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7)

QuestionsArgument = Annotated[Path, typer.Argument(help="JSON Lines of questions.", metavar="FILE.jsonl")]
FolderArgument = Annotated[Path, typer.Argument(help="Folder of a run.")]


@app.command()
def run(
    questions: Annotated[
        Path | None, typer.Argument(help="JSON Lines of questions.", metavar="[FILE.jsonl]", show_default=False)
    ] = None,
    *,
    verifier: Annotated[Path | None, typer.Option("--verifier", help="JSON Lines of sentences to judge.")] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder that runs are kept in.")] = Path("runs"),
    name: Annotated[str, typer.Option("--name", help="What the run is called.")] = "run",
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="At most so many questions, spread over the set.")
    ] = None,
    category: Annotated[
        list[str] | None, typer.Option("--category", "-c", help="Only this category; may be given again.")
    ] = None,
    baseline_retrieval: Annotated[
        bool,
        typer.Option("--baseline-retrieval", help="Also measure the plain recipe: recursive splitter, vectors alone."),
    ] = False,
    index: IndexOption = None,
    corpus: CorpusOption = None,
) -> None:
    """Ask every question, and write a folder with results, figures and a report."""
    if questions is None and verifier is None:
        raise typer.BadParameter("name a file of questions, or --verifier FILE.jsonl, or both")
    from bot.evaluation.datasets import of_categories, spread_over
    from bot.evaluation.run_folder import REPORT_FILE, new_folder
    from bot.evaluation.summary import headline

    # Read before the index is opened: a wrong line is told at once.
    items = [] if questions is None else spread_over(of_categories(_items(questions), category or ()), limit)
    claims = [] if verifier is None else _claims(verifier)
    started_at = datetime.now(UTC)
    config = {
        "started_at": started_at.isoformat(timespec="seconds"),
        "questions": questions and questions.name,
        "verifier": verifier and verifier.name,
        "categories": category or [],
        "limit": limit,
        "baseline_retrieval": baseline_retrieval,
    }
    from bot.cli.eval_run import Parts, write

    settings = load()
    parts = Parts.opened(settings, index_dir=index, corpus_dir=corpus or settings.corpus_dir)
    folder = new_folder(out, started_at=started_at, name=name)
    with step_progress() as progress:
        found = parts.measured(
            items, claims, name=folder.name, config=config, with_baseline=baseline_retrieval, progress=progress
        )
    write(folder, found)
    for line in headline(found.summary):
        typer.echo(line)
    typer.echo(f"The report is {folder / REPORT_FILE}.")


@app.command()
def compare(
    first: FolderArgument,
    second: FolderArgument,
    html: Annotated[Path | None, typer.Option("--html", help="Also write the comparison as a page.")] = None,
) -> None:
    """Show what changed between two runs, question by question."""
    from bot.evaluation.compare import compared, lines_of
    from bot.evaluation.report import comparison_page
    from bot.evaluation.run_folder import read_run

    comparison = compared(read_run(first), read_run(second))
    for line in lines_of(comparison):
        typer.echo(line)
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(comparison_page(comparison), encoding="utf-8", errors="replace")


@app.command()
def calibrate(
    questions: QuestionsArgument,
    out: Annotated[Path | None, typer.Option("--out", help="File to write; default: the one in use.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the figures and write nothing.")] = False,
    index: IndexOption = None,
) -> None:
    """Choose the weights and the threshold of abstention by cross-validation."""
    from bot.answer.calibration import CALIBRATION_PATH
    from bot.evaluation.calibrate import calibrated, document_of, examples_of, is_labelled
    from bot.evaluation.datasets import digest_of

    items = _items(questions)
    chain, manifest = _chain(index)
    with step_progress() as progress:
        examples = examples_of(items, chain, progress=progress)
    fit = calibrated(examples)
    _print_fit(fit, answered=sum(example.is_answered for example in examples), total=len(examples))
    if dry_run:
        return
    used = [item for item in items if is_labelled(item)]
    counts = Counter("answered by the guide" if item.is_to_answer else "not covered" for item in used)
    text = document_of(
        fit,
        made_on=datetime.now(UTC).date().isoformat(),
        question_set={"name": questions.name, "digest": digest_of(used), "counts": dict(counts)},
        digests={"guide": manifest.corpus_digest, "model": manifest.model},
    )
    target = out or CALIBRATION_PATH
    target.write_text(text, encoding="utf-8")
    typer.echo(f"Written to {target}.")


def _items(path: Path) -> list[Item]:
    from bot.evaluation.datasets import questions_of

    return questions_of(read_lines(path), source=path)


def _claims(path: Path) -> list[Claim]:
    from bot.evaluation.datasets import claims_of

    return claims_of(read_lines(path), source=path)


def _chain(index_dir: Path | None) -> tuple[Any, Any]:
    """Make an answer chain that needs no calibration yet, and return it with the manifest of its index."""
    from bot.answer.pipeline import AnswerChain
    from bot.cli.search import open_searcher

    searcher, words = open_searcher(index_dir)
    chain = AnswerChain(searcher=searcher, url_of=lambda chunk, span: "", is_everyday=words.is_everyday, threshold=0.0)
    return chain, searcher.index.manifest


def _print_fit(fit: Fit, *, answered: int, total: int) -> None:
    from bot.answer.abstention import FEATURES

    typer.echo(f"{total} questions, {answered} of them answered by the guide; area under the curve {fit.area:.3f}\n")
    typer.echo("| threshold | wrongly refused | wrongly answered |\n| --- | --- | --- |")
    for point in fit.curve:
        if round(point.threshold, 2) in _SHOWN_THRESHOLDS or point == fit.chosen:
            chosen = " (chosen)" if point == fit.chosen else ""
            typer.echo(f"| {point.threshold:.2f}{chosen} | {point.wrong_refusals:.3f} | {point.wrong_answers:.3f} |")
    left_out = fit.left_out
    typer.echo(f"| left out of its own choice | {left_out.wrong_refusals:.3f} | {left_out.wrong_answers:.3f} |")
    typer.echo("\nBoth targets are met.\n" if fit.is_on_target else "\nThe targets are not both met.\n")
    typer.echo("| weight | in use | fitted |\n| --- | --- | --- |")
    in_use = _in_use()
    for name, value in zip([*FEATURES, "bias"], [*fit.weights.weights, fit.weights.bias], strict=True):
        shown = f"{in_use[name]:.2f}" if name in in_use else ""
        typer.echo(f"| {name} | {shown} | {value:.2f} |")


def _in_use() -> dict[str, float]:
    """Return the weights in use; none where the file does not fit the evidence, as after a change of it."""
    from bot.answer.abstention import calibration

    try:
        used = calibration()
    except SettingsError:
        return {}
    return {**used.weights, "bias": used.bias}
