"""Before the widget is opened, how it opens and closes, and in which sizes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.widget.conftest import DESK, NOTE_EVENTS, PHONE, Portal

# ---------------------------------------------------------------- before it is opened


def test_asks_for_one_small_script_and_nothing_else_until_opened(portal: Portal) -> None:
    portal.visit()
    portal.page.wait_for_timeout(300)
    ours = [request for request in portal.requests if request.url.startswith(portal.guide.origin)]
    assert [request.url for request in ours] == [f"{portal.guide.origin}/widget.js"]
    assert portal.guide.paths() == ["GET /widget.js"]
    assert ours[0].response().header_value("content-encoding") == "gzip"
    assert ours[0].sizes()["responseBodySize"] <= 5 * 1024
    assert portal.page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]") == ["", 0, 0]


def test_shifts_nothing_and_keeps_the_page_responsive(portal: Portal) -> None:
    longest = []
    for _ in range(3):
        portal.visit(body="<p>Text.</p>" * 200, attributes='data-greeting="Questions about lupus?"')
        portal.page.wait_for_timeout(300)
        assert portal.page.evaluate("seen.shifts") == []
        assert portal.page.evaluate("document.documentElement.scrollWidth") == DESK["width"]
        longest.append(max(portal.page.evaluate("seen.longTasks"), default=0))
    # The machine that runs the tests may be busy with something else once, not each time.
    assert min(longest) == 0


@pytest.mark.parametrize("where", ["async in head", "blocking in head", "with a bare head"])
def test_waits_for_the_body(portal: Portal, where: str) -> None:
    script = portal.tag().replace(" async", "" if where != "async in head" else " async")
    head = f'{script}<script>document.addEventListener("lupusguide:ready", () => (window.isReady = true));</script>'
    if where == "with a bare head":
        head = f"{script}<script>LupusGuide.open(); LupusGuide.on('ready', () => (window.isReady = true))</script>"
    portal.visit_html(f"<!doctype html><title>St Mary</title><head>{head}</head><body><p>Text</p></body>")
    portal.until(lambda: portal.page.evaluate("isReady"))
    assert portal.inside("root.host.parentNode.localName") == "body"
    assert portal.page.evaluate("!!document.querySelector('lupus-guide')")
    if where == "with a bare head":
        portal.until_ready()


def test_a_second_copy_of_the_tag_does_nothing(portal: Portal) -> None:
    portal.visit(body=portal.tag() + portal.tag())
    portal.page.wait_for_timeout(200)
    assert portal.page.evaluate("document.querySelectorAll('lupus-guide').length") == 1


def test_tells_a_late_listener_that_it_is_ready(portal: Portal) -> None:
    portal.visit()
    portal.page.evaluate(NOTE_EVENTS)
    portal.until(lambda: portal.events() == [["ready", {}]])
    assert portal.page.evaluate("[LupusGuide.version, Object.isFrozen(LupusGuide)]") == ["1.0.0", True]


# ---------------------------------------------------------------- opening and closing


def test_opens_by_mouse_with_a_ticket_first_and_the_frame_then(portal: Portal) -> None:
    portal.visit(attributes='data-language="en"')
    portal.page.evaluate("LupusGuide.setContext({ question: 'What is CAR-T?', region: 'DE' })")
    portal.click(".go")
    portal.until_ready()
    assert portal.guide.paths() == [
        "GET /widget.js",
        "POST /embed/st-mary/ticket",
        "GET /embed/st-mary",
        "POST /embed/st-mary/enter",
    ]
    _, _, asked = portal.guide.asked[1]
    assert asked["origin"] == portal.partner.origin
    assert not {"cookie", "referer", "content-type"} & set(asked)
    assert asked["content-length"] == "0"
    assert portal.guide.asked[2][2]["referer"] == f"{portal.partner.origin}/"
    assert portal.frame().url == f"{portal.guide.origin}/embed/st-mary?language=en"
    assert portal.heard("enter") == [
        {
            "origin": portal.partner.origin,
            "guide": 1,
            "type": "enter",
            "ticket": "ticket-1",
            "context": {"question": "What is CAR-T?", "region": "DE"},
        }
    ]
    attributes = "Object.fromEntries([...root.querySelector('iframe').attributes].map((a) => [a.name, a.value]))"
    assert portal.inside(attributes) == {
        "src": f"{portal.guide.origin}/embed/st-mary?language=en",
        "title": "Lupus and CAR-T guide",
        "allow": "clipboard-write",
        "referrerpolicy": "origin",
    }


def test_opens_and_closes_by_keyboard_and_the_focus_goes_in_and_comes_back(portal: Portal) -> None:
    portal.visit()
    portal.page.keyboard.press("Tab")
    portal.page.keyboard.press("Tab")
    assert portal.focused() == "go"
    assert portal.style(".go", "outlineStyle") == "solid"
    portal.guide.answer_to_enter = None
    portal.page.keyboard.press("Enter")
    portal.until(portal.is_open)
    assert portal.focused() == "shut"
    portal.until(lambda: portal.guide.entered_with)
    portal.say("{ type: 'entered' }")
    portal.until(lambda: portal.focused() == "iframe")
    portal.until(lambda: len(portal.heard("shown")) == 1)
    assert portal.inside("root.querySelector('.go').getAttribute('aria-expanded')") == "true"

    portal.page.keyboard.press("Escape")  # the frame hears it, and says so
    portal.until(lambda: not portal.is_open())
    assert portal.focused() == "go"
    assert portal.inside("root.querySelector('.go').getAttribute('aria-expanded')") == "false"
    portal.until(lambda: len(portal.heard("hidden")) == 1)

    portal.page.keyboard.press("Tab")  # what is closed is not on the way
    assert portal.focused() == "page"


def test_escape_closes_where_the_page_has_the_key_and_only_within_the_widget(portal: Portal) -> None:
    portal.visit(body="<button id='own'>Own</button>")
    portal.open()
    portal.page.locator("#own").focus()
    portal.page.keyboard.press("Escape")
    portal.page.wait_for_timeout(100)
    assert portal.is_open()
    portal.inside("root.querySelector('dialog .shut').focus()")
    portal.page.keyboard.press("Escape")
    portal.until(lambda: not portal.is_open())
    assert portal.focused() == "go"


def test_a_button_of_the_page_that_opened_it_gets_the_focus_back(portal: Portal) -> None:
    portal.visit(body="<button id='own'>Ask</button>")
    portal.page.evaluate("() => void (document.querySelector('#own').onclick = LupusGuide.open)")
    portal.page.locator("#own").focus()
    portal.page.keyboard.press("Enter")
    portal.until(lambda: portal.focused() == "iframe")
    portal.page.keyboard.press("Escape")
    portal.until(lambda: portal.page.evaluate("document.activeElement.id") == "own")


def test_closing_leaves_the_focus_where_the_visitor_went(portal: Portal) -> None:
    portal.visit(body="<input id='own'>")
    portal.open()
    portal.page.locator("#own").focus()
    portal.page.evaluate("LupusGuide.close()")
    assert portal.page.evaluate("document.activeElement.id") == "own"


def test_the_launcher_toggles_and_the_conversation_lives_on(portal: Portal) -> None:
    portal.visit()
    portal.click(".go")
    portal.until_ready()
    portal.frame().fill("#field", "half a question")
    portal.click(".go")
    portal.until(lambda: not portal.is_open())
    assert portal.inside("(({ inert, ariaHidden }) => [inert, ariaHidden])(root.querySelector('dialog'))") == [
        True,
        "true",
    ]
    assert portal.style("dialog", "visibility") == "hidden"
    assert portal.style("dialog", "display") == "flex"
    portal.click(".go")
    portal.until(lambda: len(portal.heard("shown")) == 2)
    assert portal.frame().input_value("#field") == "half a question"
    portal.click("dialog .shut")
    portal.until(lambda: not portal.is_open())
    assert portal.guide.ticket_count == 1


def test_a_frame_that_comes_in_behind_a_closed_panel_is_told_so(portal: Portal) -> None:
    portal.visit(body="<input id='own'>")
    portal.guide.answer_to_enter = None
    portal.click(".go")
    portal.until(lambda: portal.guide.entered_with)
    portal.page.keyboard.press("Escape")
    portal.page.locator("#own").focus()
    portal.say("{ type: 'entered' }")
    portal.until(lambda: len(portal.heard("hidden")) == 1)
    assert portal.heard("shown") == []
    assert portal.page.evaluate("document.activeElement.id") == "own"
    portal.say("{ type: 'unread', count: 1 }")
    portal.until(lambda: portal.inside("root.querySelector('.go b').textContent") == "1")


def test_opens_at_once_where_the_page_says_so(portal: Portal) -> None:
    portal.visit(attributes='data-opened="true"')
    portal.until_ready()
    assert portal.is_open()


def test_the_greeting_opens_and_can_be_dismissed(portal: Portal) -> None:
    portal.visit(attributes='data-greeting="Questions about lupus? <b>Ask</b>"')
    assert portal.inside("root.querySelector('.talk').textContent") == "Questions about lupus? <b>Ask</b>"
    portal.click(".say .shut")
    assert portal.inside("root.querySelector('.say')") is None
    assert portal.focused() == "go"
    assert portal.guide.paths() == ["GET /widget.js"]
    portal.visit(attributes='data-greeting="Questions?"')
    portal.click(".talk")
    portal.until_ready()
    assert portal.inside("root.querySelector('.say')") is None


@pytest.mark.parametrize(
    ("colour", "background", "text"),
    [
        ("#0F766E", "rgb(15, 118, 110)", "rgb(255, 255, 255)"),
        ("#ffd400", "rgb(255, 212, 0)", "rgb(0, 0, 0)"),
        ("#767676", "rgb(118, 118, 118)", "rgb(0, 0, 0)"),
        ("red;}*{display:none", "rgb(75, 63, 146)", "rgb(255, 255, 255)"),
    ],
    ids=["dark", "light", "middle", "not a colour"],
)
def test_takes_the_colour_side_and_label_of_the_page(portal: Portal, colour: str, background: str, text: str) -> None:
    portal.visit(attributes=f'data-colour="{colour}" data-position="left" data-label="Ask about lupus"')
    assert portal.style(".go", "backgroundColor") == background
    assert portal.style(".go", "color") == text
    assert portal.inside("root.querySelector('.go').getAttribute('aria-label')") == "Ask about lupus"
    assert portal.box(".go")["x"] == 20
    assert portal.box(".go")["height"] == 56
    portal.open()
    assert portal.box("dialog")["x"] == 20


# ---------------------------------------------------------------- sizes


def test_stands_in_a_corner_of_a_desk(portal: Portal) -> None:
    portal.visit()
    launcher = portal.box(".go")
    assert (launcher["width"], launcher["height"]) == (56, 56)
    assert (DESK["width"] - launcher["right"], DESK["height"] - launcher["bottom"]) == (20, 20)
    portal.open()
    panel = portal.box("dialog")
    assert (panel["width"], panel["height"]) == (400, 640)
    assert (DESK["width"] - panel["right"], launcher["top"] - panel["bottom"]) == (20, 12)
    shut = portal.box("dialog .shut")
    assert (shut["width"], shut["height"]) == (44, 44)
    assert shut["bottom"] - panel["top"] <= 52
    assert portal.style(".go", "visibility") == "visible"
    portal.page.set_viewport_size({"width": 1280, "height": 500})
    assert portal.box("dialog")["height"] == 380
    assert portal.box("dialog")["top"] >= 20


@pytest.mark.parametrize("size", [PHONE, {"width": 360, "height": 560}, {"width": 320, "height": 480}], ids=str)
def test_fills_a_phone_with_the_page_behind_it_still(open_window: Callable[..., Portal], size: dict[str, int]) -> None:
    portal = open_window(size, has_touch=True, is_mobile=True)
    portal.visit(body="<p>Text.</p>" * 200 + "<style>html{scroll-behavior:smooth}</style>")
    portal.page.evaluate("scrollTo({ top: 900, behavior: 'instant' })")
    assert portal.page.evaluate("scrollY") == 900
    box = portal.box(".go")
    portal.page.touchscreen.tap(box["x"] + 28, box["y"] + 28)
    portal.until_ready()
    panel = portal.box("dialog")
    assert (panel["x"], panel["y"], panel["width"], panel["height"]) == (0, 0, size["width"], size["height"])
    assert portal.inside("root.querySelector('dialog').matches(':modal')")
    assert portal.style(".go", "visibility") == "hidden"
    assert portal.page.evaluate("getComputedStyle(document.documentElement).overflow") == "hidden"
    portal.page.mouse.move(100, 300)
    portal.page.mouse.wheel(0, 500)
    portal.page.wait_for_timeout(100)
    portal.click("dialog .shut")
    portal.until(lambda: not portal.is_open())
    assert portal.page.evaluate("[scrollY, document.documentElement.style.overflow]") == [900, ""]
    assert portal.focused() == "go"
    assert portal.style(".go", "visibility") == "visible"


def test_escape_closes_the_full_screen(open_window: Callable[..., Portal]) -> None:
    portal = open_window(PHONE)
    portal.visit(head="<style>html{overflow:auto!important}</style>")
    portal.page.evaluate("document.documentElement.style.overflow = 'scroll'")
    portal.open()
    portal.inside("root.querySelector('dialog .shut').focus()")
    portal.page.keyboard.press("Escape")
    portal.until(lambda: not portal.is_open())
    portal.until(lambda: portal.focused() == "go")
    assert portal.page.evaluate("document.documentElement.style.overflow") == "scroll"


def test_a_window_that_changes_its_size_keeps_the_frame(portal: Portal) -> None:
    portal.visit()
    portal.page.evaluate(NOTE_EVENTS)
    portal.open()
    portal.frame().fill("#field", "half a question")
    portal.until(lambda: portal.focused() == "iframe")
    for size, is_modal in ((PHONE, True), (DESK, False), (PHONE, True)):
        portal.page.set_viewport_size(size)
        portal.until(
            lambda is_modal=is_modal: portal.inside("root.querySelector('dialog').matches(':modal')") == is_modal
        )
        portal.page.wait_for_timeout(60)
        assert portal.focused() == "iframe"
        assert portal.frame().input_value("#field") == "half a question"
    assert portal.events() == [["ready", {}], ["open", {}]] or portal.events() == [["open", {}], ["ready", {}]]
    assert portal.guide.ticket_count == 1
