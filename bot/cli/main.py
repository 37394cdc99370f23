"""``lupus-bot``: one verb a module, one line for each thing that can go wrong."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import typer

from bot import log
from bot.cli import ask, data, demo, guide, index, partner, search, serve, staff
from bot.cli import eval as evaluation
from bot.errors import BotError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A patient guide to lupus and CAR-T therapy that answers with citations, or not at all.",
)
app.command("ask")(ask.ask)
app.command("search")(search.search)
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.add_typer(index.app, name="index")
app.add_typer(guide.guide_app, name="guide")
app.add_typer(evaluation.app, name="eval")
app.add_typer(staff.staff_app, name="staff")
app.add_typer(partner.partner_app, name="partner")
app.add_typer(data.data_app, name="data")


def main() -> None:
    """Run the command line; what goes wrong is one line on standard error and exit code 1."""
    # Nothing may be fetched, traced or forked behind our back.
    for name, value in (("HF_HUB_OFFLINE", "1"), ("TOKENIZERS_PARALLELISM", "false"), ("LANGSMITH_TRACING", "false")):
        os.environ.setdefault(name, value)
    log.set_up(level="ERROR")
    try:
        app()
    except BotError as error:
        _fail(error.detail)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader went away, as `head` does; closing quietly is what every filter does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        # A full disk, a folder of somebody else: what the system says, and where.
        _fail(f"{error.filename or 'A file or connection'} cannot be used: {error.strerror or error}.")


def _fail(detail: str) -> NoReturn:
    sys.stderr.write(f"lupus-bot: {detail}\n")
    sys.exit(1)
