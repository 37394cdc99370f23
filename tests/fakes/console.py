"""The staff console over a real SQLite file, with browsers that are signed in already and a clock that tests set.

console = make_console(tmp_path)                       # all parts, as `add_console` includes them
lead = console.client(Role.LEAD)                       # signed in; each call is another person
lead.post("/staff/labels", data={"name": "Fever"})     # the CSRF token goes along; csrf="" in data forges
console.stranger().get("/staff/queue")                 # redirected to the sign-in
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event

from bot.db.engine import migrate, open_engine
from bot.db.staff import By, StaffMember
from bot.db.stores import Stores
from bot.domain import Role
from bot.web.staff.passwords import Passwords
from bot.web.staff.shell import Shell, ShellSite
from bot.web.staff.site import SignInWays, add_console

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ADMIN = By(name="test")
# Under which a cookie jar keeps what the test client's host sets.
HOST = "testserver.local"
BROWSER = {"accept": "text/html,application/xhtml+xml"}


@dataclass
class Clock:
    """A clock that stands until a test moves it."""

    time: datetime = START

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **span: float) -> None:
        """Let time pass; arguments as of ``timedelta``."""
        self.time += timedelta(**span)


class StaffClient(TestClient):
    """A browser of somebody who is signed in: sends the CSRF token with each form, and follows no redirect."""

    staff: StaffMember
    csrf: str

    def post(self, url: str, *, data: dict[str, Any] | None = None, **options: Any) -> Any:
        """Send a form with the CSRF token, or `data`'s own ``csrf``."""
        if "json" in options or "content" in options:
            return super().post(url, **options)
        return super().post(url, data={"csrf": self.csrf} | (data or {}), **options)


@dataclass
class Console:
    """A running console and what stands behind it."""

    app: FastAPI
    shell: Shell
    stores: Stores
    clock: Clock
    engine: Engine
    _made: list[StaffMember] = field(default_factory=list)

    def client(self, role: Role, name: str | None = None) -> StaffClient:
        """Return the browser of a new person of this role, signed in."""
        name = name or f"{role}{len(self._made)}"
        member, _ = self.stores.staff.add(
            name=name, display_name=name.capitalize(), role=role, by=ADMIN, now=self.clock()
        )
        self._made.append(member)
        return self.client_of(member)

    def client_of(self, member: StaffMember) -> StaffClient:
        """Return another browser in which somebody is signed in."""
        token = self.stores.sign_ins.open(
            staff_id=member.id, way="password", lifetimes=self.shell.lifetimes, now=self.clock()
        )
        session = self.stores.sign_ins.read(token=token, lifetimes=self.shell.lifetimes, now=self.clock())
        assert session is not None
        client = StaffClient(self.app, follow_redirects=False, headers=BROWSER)
        client.cookies.set(self.shell.cookies.name("staff"), token, domain=HOST, path="/")
        client.staff, client.csrf = member, session.csrf
        return client

    def stranger(self) -> TestClient:
        """Return a browser without any cookie."""
        return TestClient(self.app, follow_redirects=False, headers=BROWSER)

    def audited(self) -> list[str]:
        """Return the actions of the audit log, the oldest first."""
        return [entry.action for entry in reversed(self.stores.audit.entries(limit=1000))]


def make_console(
    folder: Path,
    *,
    desk: Any = None,
    live: Any = None,
    public_origin: str | None = None,
    add: Callable[..., None] = add_console,
    **options: Any,
) -> Console:
    """Make a console on a database file in `folder`; `options` go to `add`; a function as `desk` or `live` makes it."""
    engine = quick_engine(folder / "console.db")
    stores, clock = Stores.over(engine), Clock()
    desk = desk(stores, clock) if callable(desk) else desk
    live = live(stores) if callable(live) else live
    site = ShellSite(name="Test guide", public_origin=public_origin)
    shell = Shell(sign_ins=stores.sign_ins, site=site, now=clock)
    app = FastAPI()
    options.setdefault("ways", SignInWays(passwords=quick_passwords()))
    add(app, shell, stores=stores, desk=desk, live=live, **options)
    return Console(app=app, shell=shell, stores=stores, clock=clock, engine=engine)


def quick_passwords() -> Passwords:
    """Make what hashes passwords in a millisecond, which is worth nothing outside of tests."""
    return Passwords(hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def quick_engine(path: Path) -> Engine:
    """Open a database with current tables without the second that making them takes."""
    shutil.copyfile(_template(), path)
    engine = open_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF").close())
    return engine


@cache
def _template() -> Path:
    path = Path(tempfile.mkdtemp(prefix="console-")) / "template.db"
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    with engine.execution_options(bot_begin=None).connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()
    engine.dispose()
    return path
