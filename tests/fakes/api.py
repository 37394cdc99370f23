"""The HTTP API over the real service, desk and record, mounted as the site mounts it; two partners, and their keys.

api = make_api(tmp_path)                                  # answers are a script's; `service=` takes another one
client = api.client(api.key)                              # asks with the first partner's key
opened = (await client.post("/conversations", json={})).json()
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

import httpx
import jwt
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine

from bot.answer.source import AnswerSource
from bot.conversation.compose import Composer
from bot.conversation.desk import Desk
from bot.conversation.hours import Hours
from bot.conversation.identity import Identities, identity_secret
from bot.conversation.limits import Limits
from bot.conversation.live import Live
from bot.conversation.partners import Partners
from bot.conversation.quotas import Quotas
from bot.conversation.service import ConversationService
from bot.conversation.texts import Texts
from bot.conversation.triage.triage import Triage, load_triage
from bot.db.partner_values import IdentityMode, KeyKind
from bot.db.partners import blank_partner
from bot.db.stores import Stores
from bot.domain import Role
from bot.settings import ROOT
from bot.web.api.app import Bounds, create_api
from tests.fakes.answers import ScriptedSource
from tests.fakes.console import ADMIN, Clock, quick_engine

SECRET = "a secret of the server, long enough"
BASE = "http://testserver/api/v1"
EMERGENCY = "I have crushing chest pain and cannot breathe"
_TEXTS = Texts.load(ROOT / "prompts" / "replies.en.yaml")


@dataclass
class Api:
    """A running API and what stands behind it.

    Attributes:
        key: The key of the partner ``st-mary``.
        other_key: The key of the partner ``elsewhere``.
        source: The script of the answers.
        staff_id: Of Grace, who talks to patients.
    """

    app: FastAPI
    stores: Stores
    engine: Engine
    clock: Clock
    live: Live
    desk: Desk
    service: ConversationService
    source: ScriptedSource
    key: str = ""
    other_key: str = ""
    staff_id: str = ""

    def client(self, bearer: str | None = None, **headers: str) -> httpx.AsyncClient:
        """Return a client that sends these credentials; names of headers with ``_`` for ``-``."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if bearer is not None:
            sent["authorization"] = f"Bearer {bearer}"
        # What breaks is an answer, as with a server; raised here it would hide what a caller gets.
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=True)
        return httpx.AsyncClient(transport=transport, base_url=BASE, headers=sent)

    async def open(self, bearer: str | None = None, **headers: str) -> dict[str, Any]:
        """Open a conversation."""
        async with self.client(bearer or self.key, **headers) as client:
            response = await client.post("/conversations", json={})
        assert response.status_code == 201, response.text
        opened: dict[str, Any] = response.json()
        return opened

    def make_key(self, partner_id: str = "st-mary", *, grace: timedelta = timedelta(0)) -> str:
        """Make a new key; older ones work on for `grace`."""
        _, shown = self.stores.partners.rotate(
            partner_id=partner_id, kind=KeyKind.API, grace=grace, by=ADMIN, now=self.clock()
        )
        assert shown is not None
        return shown

    def revoke(self, key: str, partner_id: str = "st-mary") -> None:
        """End a key."""
        self.stores.partners.revoke(partner_id=partner_id, key_id=key.split("_")[1], by=ADMIN, now=self.clock())

    def switch(self, *, is_active: bool, partner_id: str = "st-mary") -> None:
        """Switch a partner on or off."""
        self.stores.partners.set_active(partner_id=partner_id, is_active=is_active, by=ADMIN, now=self.clock())

    def change(self, partner_id: str = "st-mary", **fields: Any) -> None:
        """Change a partner."""
        partner = replace(self.stores.partners.get(partner_id=partner_id), **fields)
        self.stores.partners.save(partner, by=ADMIN, now=self.clock())

    def demand_identity(self, mode: IdentityMode = IdentityMode.REQUIRED) -> Callable[..., str]:
        """Have the partner say who writes; returns what signs user ids."""
        self.change(identity=mode)
        key, _ = self.stores.partners.rotate(
            partner_id="st-mary", kind=KeyKind.IDENTITY, grace=timedelta(0), by=ADMIN, now=self.clock()
        )
        secret = identity_secret(master=SECRET, partner_id="st-mary", key_id=key.id)

        def sign(subject: str = "p-1", *, for_s: int = 600) -> str:
            claims = {"sub": subject, "aud": "guide:st-mary", "exp": int(self.clock().timestamp()) + for_s}
            return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": key.id})

        return sign

    def destroy_record(self) -> None:
        """Take the database away, for good."""
        path = self.engine.url.database
        assert path is not None
        self.engine.dispose()
        for each in (path, f"{path}-wal", f"{path}-shm"):
            Path(each).unlink(missing_ok=True)
        Path(path).write_bytes(b"this is no database" * 100)


def make_api(
    folder: Path,
    *,
    source: Any = None,
    triage: Triage | None = None,
    limits: Limits | None = None,
    bounds: Bounds | None = None,
    clock: Clock | None = None,
) -> Api:
    """Make an API on a database file in `folder`; `Live` is not started."""
    engine = quick_engine(folder / "api.db")
    stores, clock = Stores.over(engine), clock or Clock()
    # A clock that leaps: what changes is seen at once.
    partners = Partners(stores.partners, clock=itertools.count(step=1000).__next__)
    source = source or ScriptedSource()
    service = ConversationService(
        store=stores.transcripts,
        source=cast("AnswerSource", source),
        triage=triage or _triage(),
        composer=Composer(texts=_TEXTS, region="US"),
        limits=limits or Limits(max_chars=2000),
        partners=partners,
        quotas=Quotas(partners=partners, counter=stores.partner_counts, clock=clock),
        clock=clock,
    )
    desk = Desk(stores=stores, texts=_TEXTS, hours=Hours(), partners=partners, clock=clock)
    live = Live(stores.events, poll_s=0.02)
    app = FastAPI()
    api = create_api(
        service=service,
        desk=desk,
        live=live,
        stores=stores,
        partners=partners,
        identities=Identities(master=SECRET, keys=stores.partners, clock=clock),
        secret=SECRET,
        disclaimer=_TEXTS.fixed("disclaimer"),
        bounds=bounds or Bounds(beat_s=0.2),
        clock=clock,
    )
    app.mount("/api/v1", api)
    made = Api(app, stores, engine, clock, live, desk, service, source)
    for partner_id in ("st-mary", "elsewhere"):
        stores.partners.add(blank_partner(partner_id=partner_id, name="St Mary", now=clock()), by=ADMIN, now=clock())
    grace, _ = stores.staff.add(name="grace", display_name="Grace", role=Role.AGENT, by=ADMIN, now=clock())
    made.staff_id = grace.id
    made.key, made.other_key = made.make_key(), made.make_key("elsewhere")
    return made


@cache
def _triage() -> Triage:
    return load_triage()


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """Serve an application on this machine for as long as the block runs; the address of its API."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        server.force_exit = server.should_exit = True
        thread.join(10)


@dataclass(frozen=True)
class Told:
    """One server-sent event; a comment has no name."""

    name: str
    values: Any
    id: str | None = None


def told_in(lines: Iterable[str]) -> Iterator[Told]:
    """Read server-sent events."""
    name, values, event_id, is_comment = "", None, None, False
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            values = json.loads(value)
        elif field == "id":
            event_id = value
        elif line.startswith(":"):
            is_comment = True
        elif not line and (name or is_comment):
            yield Told(name, values, event_id)
            name, values, event_id, is_comment = "", None, None, False


def wait_until(check: Callable[[], bool], *, timeout_s: float = 5.0) -> None:
    """Wait until something is true."""
    until = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.01)
