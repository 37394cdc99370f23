"""``lupus-bot ask``: one question, or a file of conversations, through the same door as the chat."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from bot.cli.index import IndexOption
from bot.cli.lines import BatchFileError, id_of, read_lines, write_line
from bot.conversation.wire import reply_to_json
from bot.domain import Reply
from bot.errors import BotError, StoreError
from bot.settings import Settings, load

if TYPE_CHECKING:
    from bot.answer.source import AnswerSource
    from bot.conversation.service import ConversationService

_TROUBLE = "trouble"


class ReplyError(BotError):
    """A question got no reply because something here is broken."""

    code = "reply"


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
    from bot.bootstrap import make_source

    settings = load()
    conversations = [] if batch is None else _conversations(batch)
    source = make_source(settings, index_dir=index)
    # A batch is an experiment, not a patient: its transcripts go when it ends.
    service, unkept = _service(settings, source, scratch=batch is not None)
    if batch is None:
        reply = _reply(service, [question or ""], language=settings.language)
        shown = json.dumps(reply_to_json(reply), ensure_ascii=False, indent=1) if as_json else readable(reply)
        typer.echo(shown.encode("utf-8", "replace").decode("utf-8"))
        broken = reply.reason == _TROUBLE
    else:
        broken = False
        for name, turns in conversations:
            reply = _reply(service, turns, language=settings.language)
            write_line({"id": name, "reply": reply_to_json(reply)})
            broken = broken or reply.reason == _TROUBLE
    if unkept is not None:
        raise unkept
    if broken:
        _explain(source)


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


def _conversations(path: Path) -> list[tuple[str | int, list[str]]]:
    """Read and check the whole file before the first question is asked."""
    return [(id_of(path, number, line), _turns(path, number, line)) for number, line in read_lines(path)]


def _turns(path: Path, number: int, line: dict[str, Any]) -> list[str]:
    turns = line.get("turns")
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, str) for turn in turns):
        raise BatchFileError(f'{path}:{number}: "turns" must be a list of at least one text.')
    return turns


def _service(
    settings: Settings, source: AnswerSource, *, scratch: bool
) -> tuple[ConversationService, StoreError | None]:
    """Make the service; without a database it still answers, as an emergency must be answered anywhere."""
    from bot.bootstrap import make_service

    try:
        return make_service(settings, source=source, scratch=scratch, limited=False), None
    except StoreError as error:
        return make_service(settings, source=source, scratch=True, limited=False), error


def _reply(service: ConversationService, turns: list[str], *, language: str) -> Reply:
    """Say the turns one by one in a conversation of their own, and return the last reply."""
    visitor_id = str(uuid.uuid4())
    conversation_id = service.open(visitor_id=visitor_id, channel="cli", language=language).id
    replies = [service.reply(conversation_id=conversation_id, visitor_id=visitor_id, text=turn) for turn in turns]
    return replies[-1]


def _explain(source: AnswerSource) -> NoReturn:
    """Raise what is wrong with the index or the model; the log holds the rest.

    Raises:
        BotError: Always.
    """
    source.encode("test")
    raise ReplyError("A reply could not be made; the log lines above say why.")
