"""What the database's failures mean, in words an operator can act on and without stored text.

The driver's own sentence is never passed on: PostgreSQL quotes the failing row in it, and that row
may hold a patient's words.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, exc

from bot.errors import StoreError

# SQLite's result codes, https://www.sqlite.org/rescode.html; the second value: may a retry help?
_SQLITE = {
    "SQLITE_READONLY": ("is read-only. Let this process write the file and its folder", False),
    "SQLITE_FULL": ("is on a full disk. Free some space", True),
    "SQLITE_BUSY": ("stayed locked by another process. End that process, or move to PostgreSQL", True),
    "SQLITE_LOCKED": ("stayed locked by another process. End that process, or move to PostgreSQL", True),
    "SQLITE_CORRUPT": ("is damaged. Put the last backup in its place", False),
    "SQLITE_NOTADB": ("is damaged or not a database. Put the last backup in its place", False),
    "SQLITE_CANTOPEN": ("cannot be opened. Check that its folder is there and writable", False),
    "SQLITE_IOERR": ("is on a disk that fails to read or write. Check the disk", True),
}

# PostgreSQL's classes and codes, https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL = {
    "08": ("lost its connection. Check that the server runs and can be reached", True),
    "25006": ("is read-only. Use the address of the primary server", False),
    "40": ("met a conflict with another transaction. Try again", True),
    "42501": ("does not permit this. Grant the user its rights on the schema", False),
    "53": ("has no room left: disk, memory or connections. Make room", True),
    "55P03": ("stayed locked by another process. End that process", True),
    "57": ("is shutting down or starting up. Try again in a moment", True),
}

# A failed connection has no code, whether the server, the login or the database is at fault.
_UNREACHED = ("cannot be reached. Check that the server runs, that the database is there, and the login", True)


def place_of(url: URL) -> str:
    """Name a database so that an operator finds it: a path, or a host and name; never a password."""
    if url.get_backend_name() == "sqlite":
        path = (url.database or "").removeprefix("file:")
        return path if path in ("", ":memory:") else str(Path(path).absolute())
    host = url.host or url.query.get("host") or "localhost"
    return f"{host}:{url.port or url.query.get('port') or 5432}/{url.database}"


def store_error(*, error: exc.SQLAlchemyError, place: str) -> StoreError:
    """Turn a failure of SQLAlchemy into one of ours that names `place`, which `place_of` gives."""
    meaning, retryable = _meaning(error)
    failure = StoreError(f"The database {place} {meaning}.")
    failure.retryable = retryable
    return failure


def _meaning(error: exc.SQLAlchemyError) -> tuple[str, bool]:
    if isinstance(error, exc.TimeoutError):
        return "had no free connection for this request. Try again, or run fewer requests at once", True
    if not isinstance(error, exc.DBAPIError):
        return f"could not be asked: {type(error).__name__}", False
    name = getattr(error.orig, "sqlite_errorname", None)
    state = getattr(error.orig, "sqlstate", None)
    if name is not None:
        return _sqlite_meaning(name)
    if state is not None:
        return _postgresql_meaning(state)
    if type(error).__name__ == "OperationalError":
        return _UNREACHED
    return f"refused the request: {type(error).__name__}", False


def _sqlite_meaning(name: str) -> tuple[str, bool]:
    known = [meaning for prefix, meaning in _SQLITE.items() if name.startswith(prefix)]
    return known[0] if known else (f"refused the request: {name}", False)


def _postgresql_meaning(state: str) -> tuple[str, bool]:
    known = [meaning for prefix, meaning in _POSTGRESQL.items() if state.startswith(prefix)]
    return known[0] if known else (f"refused the request: SQLSTATE {state}", False)
