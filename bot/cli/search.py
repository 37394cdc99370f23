"""``lupus-bot search``: what retrieval alone finds, on any index."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.index import IndexOption
from bot.cli.lines import id_of, read_lines, text_of, write_line
from bot.domain import Hit
from bot.settings import load


def search(
    query: Annotated[str | None, typer.Argument(help="What to search for.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many hits.")] = 10,
    index: IndexOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the hits as JSON.")] = False,
    batch: Annotated[Path | None, typer.Option("--batch", help='JSON Lines of {"id", "query"}.')] = None,
) -> None:
    """Show the passages that a query finds, best first, without answering it."""
    if (query is None) == (batch is None):
        raise typer.BadParameter("give a query, or --batch FILE.jsonl")
    from bot.bootstrap import make_source

    settings = load()
    searcher = make_source(settings, index_dir=index or settings.index_dir).edition().searcher
    if batch is not None:
        for number, line in read_lines(batch):
            hits = searcher.search(text_of(batch, number, line, "query"), k=k).hits
            write_line({"id": id_of(batch, number, line), "hits": [_brief(hit) for hit in hits]})
        return
    hits = searcher.search(query or "", k=k).hits
    if as_json:
        typer.echo(json.dumps({"query": query, "hits": [_whole(hit) for hit in hits]}, ensure_ascii=False, indent=1))
        return
    for place, hit in enumerate(hits, start=1):
        typer.echo(f"{place:3}. {hit.score:.3f}  {hit.chunk.id}  {hit.chunk.title}  ({hit.chunk.source})")
        typer.echo(f"     {' '.join(hit.chunk.text.split())[:160]}")
    if not hits:
        typer.echo("Nothing found.")


def _brief(hit: Hit) -> dict[str, Any]:
    return {"chunk_id": hit.chunk.id, "source": hit.chunk.source, "score": hit.score}


def _whole(hit: Hit) -> dict[str, Any]:
    return {
        **_brief(hit),
        "section_id": hit.chunk.section_id,
        "title": hit.chunk.title,
        "page_no": hit.chunk.page_no,
        "dense": hit.dense,
        "lexical": hit.lexical,
        "text": hit.chunk.text,
    }
