"""``lupus-bot search``: what retrieval alone finds, on any index."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.index import IndexOption
from bot.cli.lines import id_of, read_lines, text_of, write_line
from bot.domain import Hit
from bot.settings import load

if TYPE_CHECKING:
    from bot.index.query_encoder import TokenCounter
    from bot.retrieval.search import Searcher


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
    # Read before the index is opened: a wrong line is told at once.
    lines = [(id_of(batch, *line), text_of(batch, *line, "query")) for line in read_lines(batch)] if batch else []
    searcher, _ = open_searcher(index)
    if batch is not None:
        for line_id, text in lines:
            write_line({"id": line_id, "hits": [_brief(hit) for hit in searcher.search(text, k=k).hits]})
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


def open_searcher(index_dir: Path | None) -> tuple[Searcher, TokenCounter]:
    """Open the index and its query model, and nothing of the chain behind them: a search starts at once.

    Returns:
        The search, and the vocabulary of its model.

    Raises:
        BadIndexError: There is no usable index.
        ModelError: Its query model cannot be loaded.
    """
    from bot.index.encoders import open_encoder
    from bot.index.loaded import load_index
    from bot.index.query_encoder import TOKENIZER_FILE, TokenCounter
    from bot.retrieval.search import Searcher

    settings = load()
    index = load_index(index_dir or settings.index_dir)
    vocabulary = TokenCounter(index.folder / TOKENIZER_FILE)
    encode = open_encoder(index, model_dir=settings.model_dir).encode
    return Searcher(index=index, encode=encode, is_word=vocabulary.is_word), vocabulary


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
