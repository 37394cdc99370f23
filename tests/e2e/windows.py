"""Browser windows on a partner's page, and the page and partner that they visit."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import BrowserContext, Frame, Page, expect

from bot.db.partners import PartnerTakenError, blank_partner
from bot.db.staff import By
from tests.e2e.conftest import BROWSER_OPTIONS, ChatServer
from tests.e2e.portal import PAGE, Portal

BY = By(name="test")
DESK, PHONE, SMALL = (1280, 900), (390, 844), (360, 560)
ANSWERED = '.ai-message button[id^="person."]'


class PageOf(Protocol):
    """Makes a partner and its page; returns the page's address."""

    def __call__(self, partner_id: str, *, listed: bool = True, **fields: Any) -> str:
        """Make them."""


def forget(server: ChatServer) -> None:
    """Let the server look at its partners anew, as it does every few seconds."""
    server.partners.forget()


def page_maker(chat_server: ChatServer, portal_site: Portal) -> PageOf:
    """Return what makes partners and their pages."""

    def make(partner_id: str, *, listed: bool = True, **fields: Any) -> str:
        now = datetime.now(UTC)
        origins = (portal_site.url,) if listed else ("https://portal.example.org",)
        partner = replace(blank_partner(partner_id=partner_id, name="Portal", now=now), origins=origins, **fields)
        try:
            chat_server.stores.partners.add(partner, by=BY, now=now)
        except PartnerTakenError:
            chat_server.stores.partners.save(partner, by=BY, now=now)
        forget(chat_server)
        tag = f'<script src="{chat_server.url}/widget.js" data-partner="{partner_id}" async></script>'
        portal_site.pages[f"/{partner_id}"] = PAGE.format(tag=tag)
        return f"{portal_site.url}/{partner_id}"

    return make


@dataclass
class Visitor:
    """A browser window on a partner's page, and what it asked the network for."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def frame(self) -> Frame:
        return next(frame for frame in self.page.frames if "/embed/" in frame.url)

    def open(self) -> Frame:
        """Open the widget, and wait until the frame is the chat."""
        self.page.wait_for_function("window.LupusGuide")
        self.page.evaluate(_OPEN)
        self.page.wait_for_function("window.entered", timeout=20_000)
        self.frame.wait_for_selector("#chat-input")
        return self.frame

    def refused(self) -> str:
        """Open the widget, and return the code of what went wrong."""
        self.page.wait_for_function("window.LupusGuide")
        self.page.evaluate(_OPEN)
        self.page.wait_for_function("window.failed", timeout=20_000)
        return str(self.page.evaluate("window.failed"))

    def ask(self, text: str) -> None:
        """Write, and wait for the reply with its buttons."""
        frame, count = self.frame, self.frame.locator(ANSWERED).count()
        frame.fill("#chat-input", text)
        frame.click("#chat-submit")
        expect(frame.locator(ANSWERED)).to_have_count(count + 1)


# The loader tells nobody that the frame is in; what it does then is to give it the focus.
_OPEN = """() => {
  window.failed = null;
  window.entered = false;
  LupusGuide.on("error", ({ code }) => (window.failed = code));
  LupusGuide.on("unread", () => (window.entered = true));
  LupusGuide.open();
}"""


class Windows:
    """Opens windows in browsers of their own, since whether cookies are blocked is a browser's preference."""

    def __init__(self, drive: Any, browser_path: str) -> None:
        self._drive = drive
        self._path = browser_path
        self._open: list[tuple[BrowserContext, tempfile.TemporaryDirectory[str]]] = []

    def visit(
        self, url: str, *, size: tuple[int, int] = DESK, blocked: bool = True, has_cookies: bool = True
    ) -> Visitor:
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        profile = Path(folder.name) / "Default"
        profile.mkdir()
        mode: dict[str, Any] = {"cookie_controls_mode": 1 if blocked else 0, "block_third_party_cookies": blocked}
        if not has_cookies:
            mode["default_content_setting_values"] = {"cookies": 2}
        (profile / "Preferences").write_text(json.dumps({"profile": mode}))
        context = self._drive.chromium.launch_persistent_context(
            folder.name,
            executable_path=self._path,
            args=list(BROWSER_OPTIONS),
            viewport={"width": size[0], "height": size[1]},
            has_touch=size[0] < 500,
        )
        self._open.append((context, folder))
        context.set_default_timeout(15_000)
        visitor = Visitor(context.new_page())
        visitor.page.on("request", lambda request: visitor.requests.append(request.url))
        visitor.page.on("websocket", lambda socket: visitor.requests.append(socket.url))
        visitor.page.on("pageerror", lambda error: visitor.errors.append(str(error)))
        visitor.page.goto(url)
        return visitor

    def close(self) -> None:
        for context, folder in self._open:
            context.close()
            folder.cleanup()
