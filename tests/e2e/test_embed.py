"""The chat in a partner's page on another site, in a real browser: with third-party cookies blocked, and allowed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
from playwright.sync_api import expect

from bot.domain import Speaker
from tests.e2e.conftest import ChatServer
from tests.e2e.portal import Portal
from tests.e2e.windows import ANSWERED, BY, DESK, PHONE, SMALL, PageOf, Windows, forget
from tests.fakes.chat_service import EMERGENCY, QUOTE

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")


@pytest.mark.parametrize("size", [pytest.param(DESK, id="desk"), pytest.param(PHONE, id="phone")])
@pytest.mark.parametrize("blocked", [pytest.param(True, id="blocked"), pytest.param(False, id="allowed")])
def test_a_patient_asks_reads_a_source_comes_back_and_reaches_a_person(
    windows: Windows, page_of: PageOf, chat_server: ChatServer, size: tuple[int, int], blocked: bool
) -> None:
    visitor = windows.visit(page_of("st-mary"), size=size, blocked=blocked)
    frame = visitor.open()
    assert frame.evaluate("Boolean(window.guideForgets)") is blocked
    visitor.ask("What is CAR-T?")
    frame.locator("a.element-link").first.click()
    expect(frame.locator("#guide-panel mark")).to_have_text(QUOTE.replace("**", ""))
    frame.locator("#guide-panel-close").click()

    visitor.page.reload()
    frame = visitor.open()
    expect(frame.locator(ANSWERED)).to_have_count(1)
    expect(frame.locator(".step .user-message, [data-step-type='user_message']").first).to_contain_text("What is CAR-T")
    frame.locator(ANSWERED).last.click()
    expect(frame.locator("#guide-strip-text")).to_contain_text("line")

    conversation = chat_server.service.conversations[chat_server.service.person_requests[-1]]
    assert (conversation.partner_id, conversation.channel) == ("st-mary", "widget")
    assert visitor.errors == []
    hosts = {urlsplit(url).netloc for url in visitor.requests if not url.startswith(("data:", "blob:"))}
    assert hosts == {urlsplit(chat_server.url).netloc, urlsplit(visitor.page.url).netloc}


def test_everything_can_be_used_in_a_small_frame(windows: Windows, page_of: PageOf, chat_server: ChatServer) -> None:
    visitor = windows.visit(page_of("small"), size=SMALL)
    frame = visitor.open()
    expect(frame.locator("#guide-disclaimer")).to_be_in_viewport()
    visitor.ask("What is CAR-T?")
    frame.locator('.ai-message button[id^="unhelpful."]').click()
    frame.locator('.ai-message button[id^="reason."]').first.click()
    expect(frame.locator('.ai-message button[id^="reason."]')).to_have_count(0)
    assert [feedback.value for feedback in chat_server.service.feedback] == [-1, -1]
    # The word of thanks leaves the buttons of the header free.
    thanks = frame.locator("[data-sonner-toaster]").bounding_box()
    opener = frame.locator("#guide-my-open").bounding_box()
    assert thanks is not None
    assert opener is not None
    assert thanks["y"] >= opener["y"] + opener["height"]
    frame.locator("#guide-my-open").click()
    with visitor.page.expect_download() as download:
        frame.locator('#guide-my a[href*="/download"]').click()
    assert download.value.suggested_filename.startswith("conversation-")
    assert Path(download.value.path()).read_text("utf-8-sig").startswith("What is CAR-T?")
    frame.locator("#guide-my-close").click()
    frame.locator(ANSWERED).last.click()
    expect(frame.locator("#guide-strip")).to_be_in_viewport()
    expect(frame.locator("#guide-disclaimer")).to_be_in_viewport()
    width = frame.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1]


def test_a_browser_that_keeps_no_cookie_is_told_so_by_the_chat_itself(
    windows: Windows, chat_server: ChatServer
) -> None:
    visitor = windows.visit(f"{chat_server.url}/chat/", has_cookies=False, size=PHONE)
    told = visitor.page.get_by_role("alert").filter(has_text="Please allow cookies here")
    expect(told).to_be_in_viewport()
    expect(told.get_by_role("link", name="Read the guide")).to_have_attribute("href", "/guide")
    expect(visitor.page.locator("#guide-disclaimer")).to_be_in_viewport()
    expect(visitor.page.locator("#root")).to_be_hidden()


def test_a_page_that_is_not_listed_gets_no_ticket_no_frame_and_no_socket_and_is_counted(
    windows: Windows, page_of: PageOf, chat_server: ChatServer
) -> None:
    visitor = windows.visit(page_of("strict", listed=False))
    visitor.refused()
    assert [frame.url for frame in visitor.page.frames] == [visitor.page.url]
    assert not [url for url in visitor.requests if url.startswith("ws") or url.endswith("/embed/strict")]
    # A page that makes the frame by hand sees nothing either.
    visitor.page.evaluate(
        "src => document.body.append(Object.assign(document.createElement('iframe'), { src }))",
        f"{chat_server.url}/embed/strict",
    )
    visitor.page.wait_for_timeout(1000)
    assert visitor.page.frames[-1].url.startswith("chrome-error://")
    counted = {row.reason: row.times for row in chat_server.stores.partner_counts.refused(partner_id="strict")}
    assert counted["origin_not_listed"] == 1


def test_a_browser_that_keeps_no_cookie_is_shown_another_way(windows: Windows, page_of: PageOf) -> None:
    visitor = windows.visit(page_of("st-mary"), has_cookies=False)
    assert visitor.refused() == "cookies_blocked"


def test_a_partner_that_is_switched_off_has_no_chat(windows: Windows, page_of: PageOf, chat_server: ChatServer) -> None:
    visitor = windows.visit(page_of("closing"))
    frame = visitor.open()
    visitor.ask("What is CAR-T?")
    chat_server.stores.partners.set_active(partner_id="closing", is_active=False, by=BY, now=datetime.now(UTC))
    forget(chat_server)
    frame.fill("#chat-input", "And then?")
    frame.click("#chat-submit")
    expect(frame.locator(".ai-message").last).to_contain_text("Refused: partner_off.")
    # Help in an emergency stays.
    frame.fill("#chat-input", "I have chest pain")
    frame.click("#chat-submit")
    expect(frame.locator(".ai-message").last).to_contain_text(EMERGENCY[:20].strip("*"))
    visitor.page.reload()
    assert visitor.refused()


def test_the_frame_hears_its_own_partners_pages_alone(
    windows: Windows, page_of: PageOf, chat_server: ChatServer, portal_site: Portal
) -> None:
    """Another page of the same browser that opens the chat as a window of its own speaks to it in vain."""
    page_of("st-mary")
    portal_site.pages["/opener"] = "<!doctype html><title>opener</title>"
    visitor = windows.visit(f"{portal_site.url}/opener")
    with visitor.page.expect_popup() as popup:
        visitor.page.evaluate(f"() => void window.open('{chat_server.url}/embed/st-mary')")
    popup.value.wait_for_url("**/chat/**")
    assert popup.value.evaluate("Boolean(document.getElementById('guide-embed'))") is False


def test_new_words_are_told_to_a_closed_widget(windows: Windows, page_of: PageOf, chat_server: ChatServer) -> None:
    visitor = windows.visit(page_of("st-mary"))
    visitor.open()
    visitor.ask("What is CAR-T?")
    visitor.frame.locator(ANSWERED).last.click()
    expect(visitor.frame.locator("#guide-strip-text")).to_contain_text("line")
    visitor.page.evaluate(
        "() => { LupusGuide.on('unread', ({count}) => (window.unread = count)); LupusGuide.close(); }"
    )
    visitor.page.wait_for_timeout(500)  # until the frame has heard that it is closed
    service = chat_server.service
    conversation_id = service.person_requests[-1]
    service.move(conversation_id, Speaker.HUMAN)
    service.add_staff_message(conversation_id=conversation_id, text="Hello, I am Maria.", name="Maria")
    visitor.page.wait_for_function("window.unread === 1")
    visitor.page.evaluate("() => LupusGuide.open()")
    visitor.page.wait_for_function("window.unread === 0")
    expect(visitor.frame.locator(".ai-message").last).to_contain_text("Hello, I am Maria.")


def test_escape_in_the_frame_closes_what_is_open_first(windows: Windows, page_of: PageOf) -> None:
    visitor = windows.visit(page_of("st-mary"))
    frame = visitor.open()
    visitor.ask("What is CAR-T?")
    visitor.page.evaluate("() => LupusGuide.on('close', () => (window.isClosed = true))")
    frame.locator("a.element-link").first.click()
    expect(frame.locator("#guide-panel")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(frame.locator("#guide-panel")).to_be_hidden()
    assert not visitor.page.evaluate("window.isClosed")
    frame.focus("#chat-input")
    visitor.page.keyboard.press("Escape")
    visitor.page.wait_for_function("window.isClosed")


def test_a_question_of_the_page_is_written_and_not_sent(windows: Windows, page_of: PageOf) -> None:
    visitor = windows.visit(page_of("st-mary"))
    visitor.page.wait_for_function("window.LupusGuide")
    visitor.page.evaluate("() => LupusGuide.setContext({ question: 'What is CRS?' })")
    frame = visitor.open()
    expect(frame.locator("#chat-submit")).to_be_enabled()
    expect(frame.locator("#chat-input")).to_have_value("What is CRS?")
    expect(frame.locator(".ai-message")).to_have_count(0)
    frame.click("#chat-submit")
    expect(frame.locator(ANSWERED)).to_have_count(1)


def test_the_partners_colour_is_that_of_links_and_buttons(windows: Windows, page_of: PageOf) -> None:
    visitor = windows.visit(page_of("green", colour="#0f766e"))
    frame = visitor.open()
    assert frame.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--brand')") == "#0f766e"


def test_axe_finds_nothing_serious_in_the_frame(windows: Windows, page_of: PageOf) -> None:
    visitor = windows.visit(page_of("st-mary"), size=SMALL)
    visitor.open()
    visitor.ask("What is CAR-T?")
    # The frame itself: axe does not look into frames of other origins from outside.
    frame = visitor.frame
    frame.evaluate(AXE.read_text("utf-8"))
    found = frame.evaluate("async () => (await axe.run(document)).violations")
    serious = [(v["id"], [n["html"] for n in v["nodes"]]) for v in found if v["impact"] in {"critical", "serious"}]
    assert serious == []
