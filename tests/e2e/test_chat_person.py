"""A person in the conversation as a patient meets them in a browser: live, across a broken line, and under control."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from bot.domain import Author
from tests.e2e.conftest import ChatServer
from tests.fakes.line import Line, line_to

SCREENS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "small": {"viewport": {"width": 360, "height": 560}, "has_touch": True, "is_mobile": True},
}
PERSON_BUTTON = '.ai-message button[id^="person."]'
SOON_MS = 5000
# A page of 4 MB of script on a machine that has other things to do.
OPENED_MS = 20_000


class Patient:
    """A patient's window, behind a line that can break."""

    def __init__(self, page: Page, server: ChatServer, line: Line) -> None:
        self.page = page
        self.server = server
        self.line = line
        self.failures: list[str] = []
        page.on("pageerror", lambda error: self.failures.append(str(error)))

    @property
    def conversation_id(self) -> str:
        return self.page.url.rsplit("/", 1)[-1]

    def open(self) -> None:
        self.page.goto(f"http://127.0.0.1:{self.line.port}/")
        expect(self.page.locator("#starters button").first).to_be_enabled(timeout=OPENED_MS)

    def say(self, text: str) -> None:
        self.page.fill("#chat-input", text)
        self.page.click("#chat-submit")

    def ask(self, text: str) -> None:
        before = self.page.locator(PERSON_BUTTON).count()
        self.say(text)
        expect(self.page.locator(PERSON_BUTTON)).to_have_count(before + 1)
        self.page.wait_for_url("**/chat/thread/*")

    def wait(self) -> None:
        """Ask for a person."""
        self.ask("the moon")
        self.page.click(PERSON_BUTTON)
        expect(self.page.locator("#guide-strip")).to_contain_text("in line for a person")

    def meet(self) -> None:
        """Ask for a person, who comes."""
        self.wait()
        self.server.desk.take(self.conversation_id)
        expect(self.page.locator("#guide-strip")).to_contain_text("Anna · Support team")

    def stored(self) -> list[str]:
        return [_plain(message.text) for message in self.server.service.messages[self.conversation_id]]

    def shown(self) -> list[str]:
        lines = self.page.locator(".step .message-content").all_inner_texts()
        return [_plain(line).removeprefix("Anna · Support team").strip() for line in lines]

    def assert_accessible(self) -> None:
        found = Axe().run(self.page).response["violations"]
        serious = [(v["id"], [n["html"] for n in v["nodes"]]) for v in found if v["impact"] in {"critical", "serious"}]
        assert serious == []


def _plain(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(params=list(SCREENS))
def patient(request: pytest.FixtureRequest, browser: Browser, chat_server: ChatServer) -> Iterator[Patient]:
    context = browser.new_context(**SCREENS[request.param])
    context.set_default_timeout(10_000)
    context.set_default_navigation_timeout(3 * OPENED_MS)
    with line_to(int(urlsplit(chat_server.url).port or 0)) as line:
        seen = Patient(context.new_page(), chat_server, line)
        yield seen
        context.close()
    assert seen.failures == []


@pytest.fixture
def at_desk(browser: Browser, chat_server: ChatServer) -> Iterator[Patient]:
    context = browser.new_context(**SCREENS["desk"])
    context.set_default_timeout(10_000)
    context.set_default_navigation_timeout(3 * OPENED_MS)
    with line_to(int(urlsplit(chat_server.url).port or 0)) as line:
        seen = Patient(context.new_page(), chat_server, line)
        yield seen
        context.close()
    assert seen.failures == []


def test_a_person_comes_writes_and_leaves_while_the_guide_is_silent(patient: Patient) -> None:
    page, desk, strip = patient.page, patient.server.desk, patient.page.locator("#guide-strip")
    patient.open()
    patient.wait()
    expect(strip.get_by_role("button")).to_have_text(["Leave contact", "Stop waiting"])
    patient.assert_accessible()
    desk.take(patient.conversation_id)
    expect(strip).to_contain_text("Anna · Support team")
    expect(page.locator(PERSON_BUTTON).first).to_be_hidden()
    desk.type(patient.conversation_id)
    expect(strip).to_contain_text("Anna is writing…")
    desk.say(patient.conversation_id, "I am here.")
    expect(page.locator(".ai-message", has_text="I am here.")).to_be_in_viewport(timeout=SOON_MS)
    expect(strip).not_to_contain_text("writing")
    expect(page.locator("#guide-live")).to_have_text("Anna · Support team I am here.")
    patient.say("Thank you, Anna")
    expect(page.locator('[data-step-type="user_message"]', has_text="Thank you, Anna")).to_be_in_viewport()
    patient.assert_accessible()
    desk.release(patient.conversation_id)
    expect(strip.get_by_role("button")).to_have_count(6)
    expect(page.locator(PERSON_BUTTON).last).to_be_visible()
    strip.get_by_role("button", name="4 of 5").click()
    expect(strip).to_contain_text(patient.server.texts.presence.thanks)
    assert desk.ratings[patient.conversation_id] == 4
    assert patient.shown() == patient.stored()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("break_line", [Line.cut, Line.freeze], ids=["cut", "dead_without_a_word"])
def test_across_a_broken_line_every_message_stands_there_once_and_in_order(
    at_desk: Patient, break_line: Callable[[Line], None]
) -> None:
    page, desk = at_desk.page, at_desk.server.desk
    at_desk.open()
    at_desk.meet()
    at_desk.say("Before")
    break_line(at_desk.line)
    for number in range(3):
        at_desk.say(f"Patient {number}")
        desk.say(at_desk.conversation_id, f"Anna {number}")
    expect(page.locator("[data-waiting]").last).to_be_visible()
    expect(page.locator("#guide-line")).to_have_text(at_desk.server.texts.line.lost, timeout=15_000)
    at_desk.line.mend()
    expect(page.locator("[data-waiting]")).to_have_count(0, timeout=15_000)
    expect(page.locator(".ai-message", has_text="Anna 2")).to_be_visible()
    expect(page.locator("#guide-line")).to_have_text("")
    expected = at_desk.stored()
    assert [text for text in expected if text.startswith("Patient")] == ["Patient 0", "Patient 1", "Patient 2"]
    assert at_desk.shown() == expected
    assert len([m for m in at_desk.server.service.messages[at_desk.conversation_id] if m.author is Author.BOT]) == 2
    page.reload()
    expect(page.locator(".ai-message", has_text="Anna 2")).to_be_visible(timeout=OPENED_MS)
    expect(page.locator("#guide-strip")).to_contain_text("Anna · Support team")
    assert at_desk.shown() == expected


def test_an_answer_that_is_made_while_the_line_is_down_is_there_when_it_is_back(at_desk: Patient) -> None:
    at_desk.open()
    at_desk.ask("the moon")
    at_desk.server.service.delay_s = 1.0
    at_desk.say("What is CAR-T?")
    expect(at_desk.page.locator("#stop-button")).to_be_visible()
    at_desk.line.cut()
    at_desk.page.wait_for_timeout(2000)
    at_desk.line.mend()
    expect(at_desk.page.locator(".element-link")).to_have_count(3)
    expect(at_desk.page.locator(PERSON_BUTTON)).to_have_count(2)
    assert at_desk.shown().count("What is CAR-T?") == 1


def test_contact_details_are_left_and_withdrawn(patient: Patient) -> None:
    page, desk = patient.page, patient.server.desk
    patient.open()
    patient.wait()
    page.locator("#guide-strip").get_by_role("button", name="Leave contact").click()
    dialog = page.get_by_role("dialog", name="My conversation")
    expect(dialog).to_be_visible()
    patient.assert_accessible()
    dialog.get_by_label("Your e-mail address").fill("jane@example.org")
    dialog.get_by_role("button", name="Leave it with the team").click()
    expect(dialog.get_by_role("alert")).to_have_text("Problem consent.")
    expect(dialog.get_by_role("checkbox")).to_be_focused()
    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Leave it with the team").click()
    expect(dialog).to_contain_text("You have left an e-mail address.")
    assert desk.contacts[patient.conversation_id] == {"email": "jane@example.org"}
    dialog.get_by_role("button", name="Withdraw it").click()
    expect(dialog.get_by_role("status")).to_have_text("Your contact details are deleted.")
    assert patient.conversation_id not in desk.contacts
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_conversation_is_kept_as_a_copy_and_then_deleted_by_keyboard_alone(patient: Patient) -> None:
    page, service = patient.page, patient.server.service
    patient.open()
    patient.ask("the moon")
    conversation_id = patient.conversation_id
    page.get_by_role("button", name="My conversation").press("Enter")
    dialog = page.get_by_role("dialog", name="My conversation")
    with page.expect_download() as download:
        dialog.get_by_role("link", name="Download my conversation").press("Enter")
    assert "the moon" in download.value.path().read_text(encoding="utf-8-sig")
    dialog.get_by_role("button", name="Delete this conversation").press("Enter")
    assert conversation_id in service.conversations
    patient.assert_accessible()
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Yes, delete it")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#guide-proof")).to_contain_text("Your conversation was deleted on", timeout=OPENED_MS)
    expect(page.locator("#starters button")).to_have_count(6)
    expect(page.locator(".ai-message")).to_have_count(0)
    expect(page.get_by_role("button", name="My conversation")).to_be_hidden()
    assert conversation_id not in service.conversations


def test_the_other_page_of_a_deleted_conversation_becomes_an_empty_one(at_desk: Patient) -> None:
    at_desk.open()
    at_desk.ask("the moon")
    other = at_desk.page.context.new_page()
    other.goto(at_desk.page.url)
    expect(other.locator(PERSON_BUTTON)).to_be_visible(timeout=OPENED_MS)
    visitor_id = at_desk.server.service.conversations[at_desk.conversation_id].visitor_id
    at_desk.server.service.erase(conversation_id=at_desk.conversation_id, visitor_id=visitor_id)
    expect(other.locator("#guide-proof")).to_have_text("This conversation was deleted.", timeout=OPENED_MS)
    expect(other.locator("#starters button")).to_have_count(6)
