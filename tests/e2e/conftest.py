"""A server with the real chat page and a service in memory, and a browser to look at it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import uvicorn

from bot.conversation.identity import Identities
from bot.conversation.partners import Partners
from bot.db.engine import migrate, open_engine
from bot.db.partners import PartnerTakenError, blank_partner
from bot.db.staff import By
from bot.db.stores import Stores
from bot.settings import ROOT
from bot.web.chat_texts import ChatTexts, load_chat_texts
from tests.e2e.portal import Portal, portal
from tests.fakes.chat_service import REFERENCES, FakeService
from tests.fakes.people import FakeDesk, FakeLive

if TYPE_CHECKING:
    from bot.conversation.desk import Desk
    from tests.e2e.windows import PageOf, Windows

PORTAL, OTHER_PORTAL = "https://portal.example.org", "https://other.example.org"
SECRET = "a-secret-for-tests-of-more-than-32-characters"
_START_TIMEOUT_S = 60
BROWSER_OPTIONS = (
    "--no-sandbox",  # containers give a browser no namespaces of its own
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True, slots=True)
class ChatServer:
    """A running server and what stands behind it."""

    url: str
    service: FakeService
    desk: FakeDesk
    texts: ChatTexts
    stores: Stores
    partners: Partners


class _ThreadServer(uvicorn.Server):
    """A server beside the tests; signals stay theirs."""

    def install_signal_handlers(self) -> None:
        """Install none."""


@pytest.fixture(scope="session")
def _running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatServer]:
    from bot.web.app import Behind, Front, create_app

    service, live = FakeService(), FakeLive()
    desk = FakeDesk(service, live)
    texts = load_chat_texts(prompts_dir=ROOT / "prompts", language="en")
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('record')}/partners.db")
    migrate(engine)
    stores = Stores.over(engine)
    partners = Partners(stores.partners)
    app = create_app(
        behind=Behind(service=service, desk=cast("Desk", desk), live=live),
        visitor_secret=SECRET,
        texts=texts,
        run_dir=tmp_path_factory.mktemp("chainlit"),
        references=REFERENCES,
        checks={"index": lambda: True},
        front=Front(
            partners=partners,
            store=stores.partners,
            counts=stores.partner_counts,
            identities=Identities(master=SECRET, keys=stores.partners),
        ),
    )
    server = _ThreadServer(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", ws="websockets-sansio"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + _START_TIMEOUT_S
    while not server.started:
        assert thread.is_alive(), "the server stopped while starting"
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield ChatServer(
        url=f"http://127.0.0.1:{port}", service=service, desk=desk, texts=texts, stores=stores, partners=partners
    )
    server.should_exit = True
    thread.join(timeout=10)
    engine.dispose()


@pytest.fixture
def chat_server(_running_server: ChatServer) -> ChatServer:
    """The running server, with the service back in its first state."""
    service = _running_server.service
    service.failure, service.delay_s = None, 0.0
    service.feedback.clear()
    service.person_requests.clear()
    desk = _running_server.desk
    desk.failure, desk.is_open = None, True
    desk.forget_line()
    return _running_server


@pytest.fixture
def partnered(chat_server: ChatServer) -> ChatServer:
    """The running server with two partners that are switched on."""
    now = datetime.now(UTC)
    for partner_id, origin in (("contract", PORTAL), ("contract-2", OTHER_PORTAL)):
        partner = replace(blank_partner(partner_id=partner_id, name=partner_id, now=now), origins=(origin,))
        try:
            chat_server.stores.partners.add(partner, by=By(name="test"), now=now)
        except PartnerTakenError:
            chat_server.stores.partners.save(partner, by=By(name="test"), now=now)
            chat_server.stores.partners.set_active(partner_id=partner_id, is_active=True, by=By(name="test"), now=now)
    chat_server.partners.forget()
    return chat_server


@pytest.fixture(scope="session")
def browser_path() -> str:
    """A Chromium: the one BOT_TEST_BROWSER names, an installed one, or Playwright's own."""
    named = os.environ.get("BOT_TEST_BROWSER")
    if named is not None and Path(named).is_file():
        return named
    from scripts.browser import find_browser

    found = find_browser()
    if found is None:
        pytest.skip("no Chromium on this machine; scripts/browser.py installs one")
    return found


@pytest.fixture(scope="session")
def drive(browser_path: str) -> Iterator[Any]:
    """Playwright, once for all: a second one in the same thread refuses to start, `browser_path` looks with one too."""
    from playwright.sync_api import expect, sync_playwright

    # A busy machine is slow and not wrong; how fast things are is measured elsewhere.
    expect.set_options(timeout=15_000)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(drive: Any, browser_path: str) -> Iterator[Any]:
    """A started browser; each test opens its own window."""
    started = drive.chromium.launch(executable_path=browser_path, args=list(BROWSER_OPTIONS))
    yield started
    started.close()


@pytest.fixture(scope="module")
def portal_site() -> Iterator[Portal]:
    """A partner's site, on another host than the guide's."""
    with portal() as site:
        yield site


@pytest.fixture
def page_of(chat_server: ChatServer, portal_site: Portal) -> PageOf:
    """What makes a partner and its page, and returns the page's address."""
    from tests.e2e.windows import page_maker

    return page_maker(chat_server, portal_site)


@pytest.fixture
def windows(drive: Any, browser_path: str) -> Iterator[Windows]:
    """What opens windows in browsers of their own."""
    from tests.e2e.windows import Windows

    opened = Windows(drive, browser_path)
    yield opened
    opened.close()
