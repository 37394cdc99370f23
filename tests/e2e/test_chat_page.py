"""The chat as a patient meets it, in a real browser, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import ChatServer
from tests.fakes.chat_service import PERSON

SCREENS = {
    "desk": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
PERSON_BUTTON = '.ai-message button[id^="person."]'
LAST_STEP = ".ai-message >> nth=-1"


class Visit:
    """One visitor's window, and what it asked the network for."""

    def __init__(self, page: Page, server: ChatServer) -> None:
        self.page = page
        self.server = server
        self.hosts: set[str] = set()
        self.failures: list[str] = []
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname or "data"))
        page.on("websocket", lambda socket: self.hosts.add(urlsplit(socket.url).hostname or ""))
        page.on("pageerror", lambda error: self.failures.append(str(error)))
        page.on("console", self._listen)

    def _listen(self, message: Any) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            self.failures.append(message.text)

    def open(self) -> None:
        self.page.goto(f"{self.server.url}/")
        expect(self.page.locator("#starters button").first).to_be_enabled(timeout=20_000)

    def ask(self, text: str) -> None:
        before = self.page.locator(PERSON_BUTTON).count()
        self.page.fill("#chat-input", text)
        self.page.click("#chat-submit")
        expect(self.page.locator(PERSON_BUTTON)).to_have_count(before + 1)
        self.page.wait_for_url("**/chat/thread/*")

    def assert_accessible(self) -> None:
        found = Axe().run(self.page).response["violations"]
        serious = [(v["id"], [n["html"] for n in v["nodes"]]) for v in found if v["impact"] in {"critical", "serious"}]
        assert serious == []


@pytest.fixture(params=list(SCREENS))
def visit(request: pytest.FixtureRequest, browser: Browser, chat_server: ChatServer) -> Iterator[Visit]:
    context = browser.new_context(**SCREENS[request.param])
    context.set_default_timeout(10_000)
    seen = Visit(context.new_page(), chat_server)
    yield seen
    context.close()
    assert seen.hosts <= {"127.0.0.1", "data"}
    assert seen.failures == []


def test_a_patient_asks_reads_the_source_comes_back_and_reaches_a_person(visit: Visit) -> None:
    page, texts = visit.page, visit.server.texts
    visit.open()
    expect(page).to_have_title("Lupus & CAR-T Guide")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_text(texts.greeting.honesty)).to_be_visible()
    expect(page.locator("#starters button")).to_have_count(6)
    expect(page.get_by_text(texts.disclaimer.text)).to_be_in_viewport(ratio=1)
    visit.assert_accessible()

    visit.server.service.delay_s = 1.5
    page.click("#starters button >> nth=1")
    expect(page.locator('[data-step-type="user_message"]')).to_have_text(texts.starters[1].message)
    expect(page.locator("#stop-button")).to_be_visible()
    expect(page.locator(PERSON_BUTTON)).to_be_visible()
    expect(page.locator(".element-link")).to_have_count(3)
    expect(page.locator("#guide-live")).to_contain_text("Guide answered: CAR-T therapy uses your own immune cells.")
    visit.assert_accessible()

    page.click(".element-link >> nth=0")
    panel = page.locator("#guide-panel")
    expect(panel.locator("mark")).to_have_text(
        "The changed cells find and remove B cells, the cells that make the antibodies behind lupus."
    )
    expect(panel).to_contain_text("Reviewed on 22 November 2026")
    expect(panel.get_by_role("link")).to_have_count(1)
    visit.assert_accessible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.locator(".element-link").first).to_be_focused()

    assert "/chat/thread/" in page.url
    page.reload()
    expect(page.locator('[data-step-type="user_message"]')).to_have_text(texts.starters[1].message)
    expect(page.locator(".element-link")).to_have_count(3)
    page.click(".element-link >> nth=2")
    expect(panel.locator("mark")).to_contain_text("8 of 8 people with lupus")
    page.click("#guide-panel-close")

    page.click(PERSON_BUTTON)
    expect(page.get_by_text(PERSON).first).to_be_in_viewport()
    assert visit.server.service.person_requests == [page.url.rsplit("/", 1)[-1]]
    expect(page.get_by_text(texts.disclaimer.text)).to_be_in_viewport(ratio=1)


def test_an_emergency_stands_out_and_its_number_can_be_tapped(visit: Visit) -> None:
    visit.open()
    visit.ask("I have chest pain")
    block = visit.page.locator(LAST_STEP)
    expect(block.get_by_text("Call your local emergency number now.")).to_be_in_viewport()
    expect(block.locator('a[href="tel:112"]')).to_be_in_viewport()
    expect(block.locator('a[href="tel:112"]')).not_to_have_attribute("target", "_blank")
    expect(block).to_have_css("background-color", "rgb(253, 236, 236)")
    expect(block.locator("button")).to_have_count(1)
    visit.assert_accessible()
    # What can be tapped is 44 pixels high, however small the number looks.
    box = block.locator('a[href="tel:112"]').bounding_box()
    assert box is not None
    middle, reach = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for offset in (-21, 0, 21):
        hit = "([x, y]) => document.elementFromPoint(x, y).closest('a')?.getAttribute('href')"
        assert visit.page.evaluate(hit, [middle, reach + offset]) == "tel:112"


def test_a_follow_up_question_is_one_tap(visit: Visit) -> None:
    visit.open()
    visit.ask("What is CAR-T?")
    visit.page.click('.ai-message button[id^="ask."] >> nth=0')
    expect(visit.page.locator('[data-step-type="user_message"]')).to_have_count(2)
    expect(visit.page.locator(PERSON_BUTTON)).to_have_count(2)
    expect(visit.page.locator('.ai-message button[id^="ask."]')).to_have_count(2)


def test_a_thumb_down_asks_why(visit: Visit) -> None:
    page, texts = visit.page, visit.server.texts
    visit.open()
    visit.ask("the moon")
    page.get_by_role("button", name=texts.buttons.not_helpful).click()
    expect(page.locator('.ai-message button[id^="reason."]')).to_have_count(4)
    visit.assert_accessible()
    page.get_by_role("button", name="Something seems wrong").click()
    expect(page.locator('.ai-message button[id^="reason."]')).to_have_count(0)
    assert [(f.value, f.reason) for f in visit.server.service.feedback] == [(-1, None), (-1, "seems_wrong")]


def test_a_failure_is_told_and_the_page_goes_on(visit: Visit) -> None:
    visit.server.service.failure = RuntimeError("password=hunter2")
    visit.open()
    visit.page.fill("#chat-input", "What is CAR-T?")
    visit.page.click("#chat-submit")
    expect(visit.page.get_by_text("Something went wrong on our side").first).to_be_visible()
    assert "hunter2" not in visit.page.content()
    visit.ask("the moon")


def test_a_person_who_writes_is_never_taken_for_the_guide(visit: Visit) -> None:
    visit.open()
    visit.ask("the moon")
    conversation_id = visit.page.url.rsplit("/", 1)[-1]
    visit.server.service.add_staff_message(conversation_id=conversation_id, text="I am here.", name="Anna")
    visit.page.reload()
    expect(visit.page.locator(LAST_STEP)).to_contain_text("Anna · Support team")
    expect(visit.page.locator(LAST_STEP)).to_have_css("border-left-color", "rgb(15, 118, 110)")


def test_a_new_chat_is_empty_and_can_be_reached_by_keyboard(visit: Visit) -> None:
    page, texts = visit.page, visit.server.texts
    visit.open()
    visit.ask("the moon")
    page.get_by_role("button", name=texts.buttons.new_chat).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    visit.assert_accessible()
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Start a new chat").last.press("Enter")
    expect(page.locator("#starters button")).to_have_count(6)
    expect(page.locator(".ai-message")).to_have_count(0)


def test_dark_is_there_on_request(visit: Visit) -> None:
    page = visit.page
    visit.open()
    visit.ask("I have chest pain")
    page.get_by_role("button", name=visit.server.texts.buttons.theme).click()
    page.get_by_role("menuitem", name="Dark").click()
    expect(page.locator("body")).to_have_css("background-color", "rgb(20, 23, 28)")
    expect(page.locator("#root[aria-hidden]")).to_have_count(0)
    visit.assert_accessible()


@pytest.mark.parametrize("width", [320, 1920])
def test_nothing_is_cut_off_at_any_width(visit: Visit, width: int) -> None:
    page = visit.page
    page.set_viewport_size({"width": width, "height": 700})
    visit.open()
    visit.ask("What is CAR-T?")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(page.get_by_text(visit.server.texts.disclaimer.text)).to_be_in_viewport(ratio=1)
