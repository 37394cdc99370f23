"""Patients who are signed in to the partner's page, in a real browser: who writes is looked at for every message."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from bot.conversation.identity import identity_secret, sign_identity
from bot.db.partner_values import IdentityMode, KeyKind
from tests.e2e.conftest import SECRET, ChatServer
from tests.e2e.windows import ANSWERED, BY, PageOf, Windows


def key_of(partner_id: str, server: ChatServer) -> str:
    """Make a key that the partner's server signs with; return its id."""
    key, _ = server.stores.partners.rotate(
        partner_id=partner_id, kind=KeyKind.IDENTITY, grace=timedelta(), by=BY, now=datetime.now(UTC)
    )
    return key.id


def signed(partner_id: str, key_id: str, user: str, *, for_s: int = 300) -> str:
    secret = identity_secret(master=SECRET, partner_id=partner_id, key_id=key_id)
    until = datetime.now(UTC) + timedelta(seconds=for_s)
    return sign_identity(user, partner_id=partner_id, key_id=key_id, secret=secret, until=until)


def test_a_partner_that_demands_it_says_who_writes_for_every_message(
    windows: Windows, page_of: PageOf, chat_server: ChatServer
) -> None:
    url, key_id = page_of("clinic", identity=IdentityMode.REQUIRED), key_of("clinic", chat_server)
    stranger = windows.visit(url)
    assert stranger.refused() == "identity_needed"

    visitor = windows.visit(url)
    visitor.page.wait_for_function("window.LupusGuide")
    ends_at = time.monotonic() + 12
    visitor.page.evaluate(
        """identity => {
          LupusGuide.on("identity_needed", () => (window.asked = true));
          LupusGuide.setContext({ identity });
        }""",
        signed("clinic", key_id, "u-1", for_s=12),
    )
    frame = visitor.open()
    visitor.ask("What is CAR-T?")
    visitor.page.wait_for_function("window.asked")
    visitor.page.wait_for_timeout(max(0, ends_at + 1 - time.monotonic()) * 1000)
    frame.fill("#chat-input", "And then?")
    frame.click("#chat-submit")
    expect(frame.locator(".ai-message").last).to_contain_text("Refused: signed_out.")
    held = frame.locator("[data-waiting]")
    expect(held).to_contain_text("And then?")
    # Signed in again: the same page goes on without a reload, and what waited is answered, once.
    visitor.page.evaluate("token => LupusGuide.setContext({ identity: token })", signed("clinic", key_id, "u-1"))
    expect(held).to_have_count(0)
    expect(frame.get_by_text("Refused: signed_out.")).to_have_count(0)
    expect(frame.locator(ANSWERED)).to_have_count(2)

    # The same person elsewhere finds the talk; somebody else does not.
    for user, steps in (("u-1", 2), ("u-2", 0)):
        other = windows.visit(url)
        other.page.wait_for_function("window.LupusGuide")
        other.page.evaluate("token => LupusGuide.setContext({ identity: token })", signed("clinic", key_id, user))
        other.open()
        expect(other.frame.locator(ANSWERED)).to_have_count(steps)


def test_when_somebody_else_signs_in_nothing_of_the_one_before_stays(
    windows: Windows, page_of: PageOf, chat_server: ChatServer
) -> None:
    url, key_id = page_of("kiosk", identity=IdentityMode.REQUIRED), key_of("kiosk", chat_server)
    visitor = windows.visit(url)
    visitor.page.wait_for_function("window.LupusGuide")
    visitor.page.evaluate("token => LupusGuide.setContext({ identity: token })", signed("kiosk", key_id, "u-1"))
    visitor.open()
    visitor.ask("What is CAR-T?")
    visitor.page.evaluate(
        "token => { window.entered = false; LupusGuide.setContext({ identity: token }); }",
        signed("kiosk", key_id, "u-2"),
    )
    visitor.page.wait_for_function("window.entered", timeout=20_000)
    visitor.frame.wait_for_selector("#starters")
    expect(visitor.frame.locator(".ai-message")).to_have_count(0)
