"""``lupus-bot data``: erasing, and what the retention rules would erase."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.errors import BotError
from bot.settings import load

data_app = typer.Typer(no_args_is_help=True, help="Erase what patients said, or what has outlived its rule.")


class DataError(BotError):
    """Nothing was erased; the detail says why."""

    code = "data"


@data_app.command()
def erase(
    conversation: Annotated[str | None, typer.Option("--conversation", help="Id of the conversation.")] = None,
    visitor: Annotated[str | None, typer.Option("--visitor", help="Id of the visitor: all conversations.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase one conversation, or all of a visitor; the audit log keeps the proof."""
    if (conversation is None) == (visitor is None):
        raise typer.BadParameter("give --conversation ID or --visitor ID")
    from bot.bootstrap import make_stores
    from bot.db.erasure import OPERATOR

    store = make_stores(load()).transcripts
    ids = [conversation] if conversation is not None else store.conversation_ids(visitor_id=visitor or "")
    if not ids:
        raise DataError("This visitor has no conversations; nothing was erased.")
    if not yes:
        typer.confirm(f"Erase {_number(len(ids), 'conversation')} for good?", abort=True)
    now = datetime.now(UTC)
    if conversation is not None:
        counts = store.erase_conversation(conversation_id=conversation, visitor_id=None, now=now, by=OPERATOR)
    else:
        counts = store.erase_visitor(visitor_id=visitor or "", now=now, by=OPERATOR)
    _print_rows(counts)


@data_app.command()
def retain(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count only.")] = False,
) -> None:
    """Erase what has outlived its rule now; the server does it by itself once a day."""
    from bot.bootstrap import make_retention, make_stores
    from bot.db.erasure import OPERATOR

    settings = load()
    job = make_retention(settings, make_stores(settings))
    if all(days is None for days in job.rules.by_group().values()):
        raise DataError("No rule is set, so everything is kept; set BOT_RETENTION_DAYS.")
    counts = job.preview() if dry_run else job.run_now(by=OPERATOR)
    for group, days in job.rules.by_group().items():
        name = group.replace("_", " ")
        if days is None:
            typer.echo(f"{name:16} kept")
        else:
            typer.echo(f"{name:16} {counts[group]:6} {'due' if dry_run else 'erased'} after {_number(days, 'day')}")


def _print_rows(counts: Mapping[str, int]) -> None:
    for name, count in counts.items():
        if count:
            typer.echo(f"{name:20} {count:6}")
    typer.echo("The audit log holds the proof.")


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
