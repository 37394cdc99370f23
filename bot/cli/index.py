"""``lupus-bot index``: build, verify, info, rollback."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.progress import step_progress
from bot.errors import BadIndexError
from bot.settings import load

app = typer.Typer(no_args_is_help=True, help="Build and check the index that answers are found in.")

IndexOption = Annotated[Path | None, typer.Option("--index", help="Index folder; default: BOT_INDEX_DIR.")]
CorpusOption = Annotated[Path | None, typer.Option("--corpus", help="Folder of the guide; default: BOT_CORPUS_DIR.")]


@app.command()
def build(
    corpus: CorpusOption = None,
    index: IndexOption = None,
    if_needed: Annotated[bool, typer.Option("--if-needed", help="Do nothing when the guide has not changed.")] = False,
) -> None:
    """Build the index from the guide; the old one stays until the new one is whole."""
    from bot.index.build import build_index
    from bot.index.changes import describe_changes

    settings = load()
    corpus_dir, index_dir = corpus or settings.corpus_dir, index or settings.index_dir
    if if_needed and _is_current(corpus_dir, index_dir, settings.model_dir):
        typer.echo("The index is up to date.", err=True)
        return
    before = _chunks_before(index_dir)
    with step_progress() as progress:
        manifest = build_index(
            corpus_dir=corpus_dir, index_dir=index_dir, model_dir=settings.model_dir, progress=progress
        )
    typer.echo(f"{manifest.sections} sections, {manifest.chunks} chunks, version {manifest.version}")
    for line in describe_changes(before, _chunks_before(index_dir)):
        typer.echo(line)
    if manifest.parity is None:
        typer.echo("The query model could not be exported: sentence-transformers answers queries, which starts slower.")


@app.command()
def verify(index: IndexOption = None) -> None:
    """Check every file of the index against its digest, and every chunk against its source."""
    from bot.index.loaded import verify_index

    manifest = verify_index(index or load().index_dir)
    typer.echo(f"The index is whole: {manifest.chunks} chunks, version {manifest.version}")


@app.command()
def info(
    index: IndexOption = None, as_json: Annotated[bool, typer.Option("--json", help="Print the manifest.")] = False
) -> None:
    """Say what the index was made of."""
    from bot.index import versions
    from bot.index.manifest import read_manifest

    index_dir = index or load().index_dir
    manifest = read_manifest(versions.version_folder(index_dir, versions.current_version(index_dir)))
    if as_json:
        typer.echo(json.dumps(asdict(manifest), indent=1))
        return
    rows = {
        "version": manifest.version,
        "built at": manifest.built_at,
        "guide": manifest.corpus_digest[:12],
        "files, sections, chunks": f"{manifest.files_read}, {manifest.sections}, {manifest.chunks}",
        "vectors": f"{manifest.rows} of {manifest.dimension} numbers",
        "model": f"{manifest.model_name} ({manifest.model[:12]})",
        "query model parity": "no export" if manifest.parity is None else f"{manifest.parity:.7f}",
    }
    for name, value in rows.items():
        typer.echo(f"{name:24} {value}")


@app.command()
def rollback(index: IndexOption = None) -> None:
    """Go back to the index version before this one; calling it again goes forward."""
    from bot.index import versions
    from bot.index.loaded import load_index

    index_dir = index or load().index_dir
    version = versions.roll_back(index_dir, check=lambda version: load_index(index_dir, version=version))
    typer.echo(f"The index is version {version} again.")


def _is_current(corpus_dir: Path, index_dir: Path, model_dir: Path | None) -> bool:
    from bot.index.build import index_is_current
    from bot.index.loaded import load_index

    try:
        load_index(index_dir)
        return index_is_current(corpus_dir=corpus_dir, index_dir=index_dir, model_dir=model_dir)
    except BadIndexError:
        return False


def _chunks_before(index_dir: Path) -> dict[str, str]:
    """Return the text of each section in the current index; none when there is no usable index."""
    from bot.index.changes import section_texts
    from bot.index.loaded import load_index

    try:
        return section_texts(load_index(index_dir).chunks)
    except BadIndexError:
        return {}
