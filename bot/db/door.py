"""What every store shares: its engine, its transactions, and one way out for failures."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from bot.db.failures import place_of, store_error
from bot.errors import StoreError

_LOGGER = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")
D = TypeVar("D", bound="Door")


# SQLite lets one connection write and has the others ask again and again, with no order among them: on a busy machine
# one may be passed over until its patience ends. The threads of a process therefore queue for it here.
_turns: WeakKeyDictionary[Engine, AbstractContextManager[object]] = WeakKeyDictionary()
_turns_lock = threading.Lock()


# As long as SQLite itself waits for another process, twice over; then the caller is told, and nobody queues for ever.
_PATIENCE_S = 10.0


class _Turn:
    """A writer's turn."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=_PATIENCE_S):
            raise StoreError(
                "The database takes no writes at the moment: another program holds it, or the disk is slow."
            )

    def __exit__(self, *error: object) -> None:
        self._lock.release()


def _turn_of(engine: Engine) -> AbstractContextManager[object]:
    """Return what a writer holds: one lock for each SQLite engine, nothing where the server keeps the order."""
    if engine.dialect.name != "sqlite":
        return nullcontext()
    with _turns_lock:
        return _turns.setdefault(engine, _Turn())


class Door:
    """The base of the stores: one database, opened and migrated by `bot.db.engine`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(bot_begin="IMMEDIATE")
        self._turn = _turn_of(engine)

    def _reading(self) -> AbstractContextManager[Connection]:
        """Begin a transaction that sees one moment and ends without a trace."""
        return self._engine.begin()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Begin a transaction that is durable when the block ends, or never was."""
        with self._turn, self._writer.begin() as connection:
            yield connection


def guarded(method: Callable[Concatenate[D, P], R]) -> Callable[Concatenate[D, P], R]:
    """Let only our own errors out of a store's method.

    The failure is raised after the ``except`` block on purpose: an error chained to it would carry
    the driver's sentence, and with it a row's text, into every traceback.
    """

    @wraps(method)
    def call(self: D, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(self, *args, **kwargs)
        except SQLAlchemyError as error:
            failure = store_error(error=error, place=place_of(self._engine.url))
        _LOGGER.error("database failed", extra={"operation": method.__name__, "detail": failure.detail})
        raise failure

    return call


def ping(connection: Connection) -> None:
    """Ask the database for a sign of life."""
    connection.execute(text("SELECT 1"))


def new_id() -> str:
    """Make a random UUID4 text: unguessable, so that it may stand in an address."""
    return str(uuid.uuid4())


def is_uuid4(value: str) -> bool:
    """Tell whether a text is a UUID4 in its one usual spelling."""
    try:
        parsed = uuid.UUID(value)
    except ValueError:
        return False
    return parsed.version == 4 and str(parsed) == value
