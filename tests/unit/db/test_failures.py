"""Failures of the database in words that help, without the driver's own."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.db.failures import place_of, store_error


class _DriverError(Exception):
    def __init__(self, **codes: str) -> None:
        super().__init__("Failing row contains (Xylophonbrandung).")
        for name, code in codes.items():
            setattr(self, name, code)


def _operational(**codes: str) -> SQLAlchemyError:
    return OperationalError("INSERT", {}, _DriverError(**codes))


@pytest.mark.parametrize(
    ("error", "detail", "retryable"),
    [
        pytest.param(
            _operational(sqlite_errorname="SQLITE_IOERR_FSYNC"),
            "is on a disk that fails to read or write. Check the disk",
            True,
            id="sqlite-extended-code",
        ),
        pytest.param(
            _operational(sqlite_errorname="SQLITE_MISUSE"),
            "refused the request: SQLITE_MISUSE",
            False,
            id="sqlite-other",
        ),
        pytest.param(
            _operational(sqlstate="25006"), "is read-only. Use the address of the primary server", False, id="replica"
        ),
        pytest.param(
            _operational(sqlstate="40P01"), "met a conflict with another transaction. Try again", True, id="deadlock"
        ),
        pytest.param(
            IntegrityError("INSERT", {}, _DriverError(sqlstate="23502")),
            "refused the request: SQLSTATE 23502",
            False,
            id="not-null",
        ),
        pytest.param(
            _operational(),
            "cannot be reached. Check that the server runs, that the database is there, and the login",
            True,
            id="no-code",
        ),
        pytest.param(
            IntegrityError("INSERT", {}, _DriverError()), "refused the request: IntegrityError", False, id="other"
        ),
        pytest.param(
            PoolTimeoutError("pool"),
            "had no free connection for this request. Try again, or run fewer requests at once",
            True,
            id="pool",
        ),
        pytest.param(ArgumentError("text"), "could not be asked: ArgumentError", False, id="not-the-database"),
    ],
)
def test_a_failure_says_what_to_do_and_no_row(error: SQLAlchemyError, detail: str, retryable: bool) -> None:
    failure = store_error(error=error, place="/x/bot.db")
    assert (failure.detail, failure.retryable) == (f"The database /x/bot.db {detail}.", retryable)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        pytest.param("sqlite:////x/bot.db", "/x/bot.db", id="file"),
        pytest.param("sqlite:///file:/x/bot.db?mode=ro&uri=true", "/x/bot.db", id="uri"),
        pytest.param("sqlite://", "", id="memory"),
        pytest.param("postgresql+psycopg://bot:hunter2@db/record", "db:5432/record", id="host"),
        pytest.param("postgresql+psycopg://bot:hunter2@db:6543/record?password=x", "db:6543/record", id="port"),
        pytest.param("postgresql+psycopg:///record?host=/run/pg&port=6543", "/run/pg:6543/record", id="socket"),
        pytest.param("postgresql+psycopg:///record", "localhost:5432/record", id="nothing"),
    ],
)
def test_a_place_is_found_by_its_name_and_holds_no_password(url: str, place: str) -> None:
    assert place_of(make_url(url)) == place
