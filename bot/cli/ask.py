"""``lupus-bot ask``: one question, or a file of conversations, through the same door as the chat."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.index import IndexOption
from bot.cli.lines import BatchFileError, id_of, read_lines, write_line
from bot.conversation.wire import reply_to_json
from bot.domain import Reply
from bot.settings import load


def ask(
    question: Annotated[str | None, typer.Argument(help="The question.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole reply as JSON.")] = False,
    batch: Annotated[
        Path | None, typer.Option("--batch", help='JSON Lines of {"id", "turns"}; the last turn\'s reply is written.')
    ] = None,
    index: IndexOption = None,
) -> None:
    """Ask the guide; prints the answer with its sources."""
    if (question is None) == (batch is None):
        raise typer.BadParameter("give a question, or --batch FILE.jsonl")
    from bot.bootstrap import make_service

    settings = load()
    # A batch is an experiment, not a patient: its transcripts go when it ends.
    service = make_service(settings, index_dir=index, scratch=batch is not None, limited=False)

    def reply_to(turns: list[str]) -> Reply:
        visitor_id = str(uuid.uuid4())
        conversation = service.open(visitor_id=visitor_id, channel="cli", language=settings.language)
        replies = [service.reply(conversation_id=conversation.id, visitor_id=visitor_id, text=turn) for turn in turns]
        return replies[-1]

    if batch is not None:
        for number, line in read_lines(batch):
            write_line({"id": id_of(batch, number, line), "reply": reply_to_json(reply_to(_turns(batch, number, line)))})
        return
    reply = reply_to([question or ""])
    typer.echo(json.dumps(reply_to_json(reply), ensure_ascii=False, indent=1) if as_json else readable(reply))


def readable(reply: Reply) -> str:
    """Return a reply as plain text with its sources below."""
    lines = [reply.text]
    for citation in reply.citations:
        reviewed = f", reviewed {citation.reviewed_on}" if citation.reviewed_on else ""
        page = f", page {citation.page_no}" if citation.page_no else ""
        lines.append(f"[{citation.marker}] {citation.title} ({citation.source}{page}{reviewed})")
    if reply.follow_ups:
        lines += ["", "You could also ask:", *(f"- {question}" for question in reply.follow_ups)]
    return "\n".join(lines[:1] + ([""] if reply.citations else []) + lines[1:])


def _turns(path: Path, number: int, line: dict[str, Any]) -> list[str]:
    turns = line.get("turns")
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, str) for turn in turns):
        raise BatchFileError(f'{path}:{number}: "turns" must be a list of at least one text.')
    return turns
