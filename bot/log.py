"""Logging: one line an event, values as fields, never patient text."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


# What these say of an ordinary start buries the address that was printed.
_CHATTY = ("faiss", "bm25s", "uvicorn", "uvicorn.error", "chainlit", "alembic", "httpx", "engineio", "socketio")


_OWN_HANDLERS = ("engineio.server", "socketio.server")


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event_of(record),
        }
        line.update({k: v for k, v in vars(record).items() if k not in _STANDARD})
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False, default=str)


def _event_of(record: logging.LogRecord) -> str:
    """Return what happened; of asyncio's own lines the first, since the rest quotes the exception."""
    event = record.getMessage()
    return event.partition("\n")[0] if record.name == "asyncio" else event


def set_up(*, level: str = "INFO") -> None:
    """Send all log lines to standard error as JSON Lines.

    Tracebacks are reduced to the exception's class: their text may quote a patient.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    for name in _OWN_HANDLERS:
        # A handler that is there keeps the library from adding its own, which writes whole tracebacks.
        logging.getLogger(name).handlers[:] = [handler]
        logging.getLogger(name).propagate = False
