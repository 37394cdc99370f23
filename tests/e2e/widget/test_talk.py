"""What the page and the frame say to each other through the loader, and what happens when they cannot."""

from __future__ import annotations

import pytest
from playwright.sync_api import Error

from tests.e2e.widget.conftest import HOSTILE, LABEL, NOTE_EVENTS, SORRY, Portal

# ---------------------------------------------------------------- what the frame says


def test_unread_messages_are_counted_on_the_launcher(portal: Portal) -> None:
    portal.visit()
    portal.open()
    label = "root.querySelector('.go').getAttribute('aria-label')"
    badge = "root.querySelector('.go b').textContent"
    assert (portal.inside(label), portal.inside(badge), portal.style(".go b", "display")) == (LABEL, "", "none")
    portal.say("{ type: 'unread', count: 2 }")
    portal.until(lambda: portal.inside(label) == f"{LABEL}, 2 new messages")
    assert portal.inside(badge) == "2"
    portal.say("{ type: 'unread', count: 1 }")
    portal.until(lambda: portal.inside(label) == f"{LABEL}, 1 new message")
    portal.say("{ type: 'unread', count: 0 }")
    portal.until(lambda: portal.inside(label) == LABEL)


def test_tells_the_page_what_happens_and_never_what_is_said(portal: Portal) -> None:
    portal.visit()
    portal.page.evaluate(NOTE_EVENTS)
    portal.page.evaluate("() => void (window.stop = LupusGuide.on('unread', () => { throw new Error('of the page') }))")
    portal.open()
    portal.say("{ type: 'unread', count: 3, text: 'secret' }")
    portal.say("{ type: 'handoff', state: 'waiting', text: 'secret' }")
    portal.say("{ type: 'identity_needed', text: 'secret' }")
    portal.until(lambda: len(portal.events()) == 5)
    portal.page.evaluate("stop()")
    portal.say("{ type: 'unread', count: 4 }")
    portal.page.evaluate("LupusGuide.close()")
    portal.until(lambda: len(portal.events()) == 7)
    told = portal.events()
    assert told[:5] == [
        ["ready", {}],
        ["open", {}],
        ["unread", {"count": 3}],
        ["handoff", {"state": "waiting"}],
        ["identity_needed", {}],
    ] or told[:5] == [["open", {}], ["ready", {}], *told[2:5]]
    assert sorted(told[5:]) == [["close", {}], ["unread", {"count": 4}]]
    assert portal.failures == ["of the page"]
    portal.failures.clear()


@pytest.mark.parametrize(
    "message",
    [
        "{ type: 'unread', count: -1 }",
        "{ type: 'unread', count: 100 }",
        "{ type: 'unread', count: 1.5 }",
        "{ type: 'unread', count: '2' }",
        "{ type: 'unread' }",
        "{ type: 'handoff', state: 'robot' }",
        "{ type: 'handoff', state: ['bot'] }",
        "{ type: 'constructor' }",
        "{ type: '__proto__' }",
        "{ type: 'nonsense' }",
        "{}",
        "{ guide: 2, type: 'close' }",
        "{ guide: '1', type: 'close' }",
    ],
)
def test_ignores_what_is_not_of_the_protocol(portal: Portal, message: str) -> None:
    portal.visit()
    portal.open()
    portal.page.evaluate(NOTE_EVENTS)
    portal.until(lambda: portal.events() == [["ready", {}]])
    portal.say(message)
    portal.frame().evaluate("for (const odd of [null, 1, 'guide', []]) parent.postMessage(odd, '*')")
    portal.page.wait_for_timeout(60)
    assert portal.events() == [["ready", {}]]
    assert portal.is_open()


@pytest.mark.parametrize("whose", ["another origin", "another window of our origin"])
def test_ignores_other_frames_of_the_page(portal: Portal, whose: str) -> None:
    hostile = f"{portal.guide.origin}/hostile" if "our" in whose else portal.partner.put(HOSTILE)
    portal.visit()
    portal.open()
    portal.page.evaluate(NOTE_EVENTS)
    portal.page.evaluate(
        """(address) => new Promise((done) => {
        addEventListener("message", (event) => event.data === "spoken" && done());
        document.body.append(Object.assign(document.createElement("iframe"), { src: address }));
        for (const type of ["close", "refused"]) postMessage({ guide: 1, type, code: "hostile" }, "*"); })""",
        hostile,
    )
    portal.page.wait_for_timeout(60)
    assert portal.events() == [["ready", {}]]
    assert portal.is_open()


# ---------------------------------------------------------------- what the page says


def test_hands_the_context_over_and_later_changes_too(portal: Portal) -> None:
    portal.visit()
    portal.page.evaluate("LupusGuide.setContext({ identity: 'aa.bb.cc' })")
    portal.page.evaluate("LupusGuide.setContext({ question: '' })")
    portal.open()
    assert portal.heard("enter")[0]["context"] == {"identity": "aa.bb.cc", "question": ""}
    portal.page.evaluate("LupusGuide.setContext({ region: 'FR' })")
    later = {"origin": portal.partner.origin, "guide": 1, "type": "context", "context": {"region": "FR"}}
    portal.until(lambda: portal.heard("context") == [later])


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("{ colour: 'x' }", "colour"),
        ("JSON.parse('{\"__proto__\": 1}')", "__proto__"),
        ("{ constructor: 'x' }", "constructor"),
        ("{ region: 'de' }", "region"),
        ("{ region: ['DE'] }", "region"),
        ("{ identity: 'not a token' }", "identity"),
        ("{ identity: 'a'.repeat(4097) }", "identity"),
        ("{ question: 'a'.repeat(301) }", "question"),
        ("{ question: 5 }", "question"),
        ("{ region: 'DE', question: null }", "question"),
        ("null", "null"),
    ],
)
def test_refuses_a_wrong_context_by_name_and_keeps_none_of_it(portal: Portal, given: str, named: str) -> None:
    portal.visit()
    wrong = portal.page.evaluate(
        f"() => {{ try {{ LupusGuide.setContext({given}) }} catch (e) {{ return [e.name, e.message] }} }}"
    )
    assert wrong[0] == "TypeError"
    assert named in wrong[1]
    portal.open()
    assert portal.heard("enter")[0]["context"] == {}


def test_refuses_unknown_events_and_listeners_that_are_none(portal: Portal) -> None:
    portal.visit()
    for call in ("LupusGuide.on('message', () => {})", "LupusGuide.on('open', 'close()')"):
        with pytest.raises(Error, match=r"TypeError: LupusGuide: (event message|listener of open)"):
            portal.page.evaluate(call)


# ---------------------------------------------------------------- when it does not work


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("origin_not_allowed", SORRY),
        ("identity_needed", "Please sign in to the portal again."),
        ("identity_expired", "Please sign in to the portal again."),
    ],
)
@pytest.mark.parametrize("who", ["ticket", "frame"])
def test_a_refusal_is_told_kindly_with_a_way_on(portal: Portal, who: str, code: str, words: str) -> None:
    portal.visit()
    portal.page.evaluate(NOTE_EVENTS)
    if who == "ticket":
        portal.guide.refusal = code
    else:
        portal.guide.answer_to_enter = {"type": "refused", "code": code}
    portal.click(".go")
    portal.until(lambda: ["error", {"code": code}] in portal.events())
    assert portal.inside("root.querySelector('[role=status]').textContent") == words
    assert portal.focused() == "shut"
    link = "(({ href, target, rel }) => [href, target, rel])(root.querySelector('.note a'))"
    assert portal.inside(link) == [f"{portal.guide.origin}/chat/", "_blank", "noopener"]
    assert ("GET /embed/st-mary" in portal.guide.paths()) == (who == "frame")

    portal.guide.refusal, portal.guide.answer_to_enter = None, {"type": "entered"}
    portal.click(".again")
    portal.until_ready()
    assert portal.focused() == "iframe"
    assert len(portal.guide.entered_with) == len(set(portal.guide.entered_with))


@pytest.mark.parametrize("code", ["<b>", "", None, 7, "x" * 41])
def test_an_odd_code_is_never_passed_on(portal: Portal, code: object) -> None:
    portal.visit()
    portal.page.evaluate(NOTE_EVENTS)
    portal.guide.answer_to_enter = {"type": "refused", "code": code}
    portal.click(".go")
    portal.until(lambda: ["error", {"code": "refused"}] in portal.events())


def test_no_network_is_told_and_tried_again(portal: Portal) -> None:
    portal.visit()
    portal.page.evaluate(NOTE_EVENTS)
    portal.page.route("**/ticket", lambda route: route.abort())
    portal.click(".go")
    portal.until(lambda: ["error", {"code": "unreachable"}] in portal.events())
    portal.page.unroute("**/ticket")
    portal.click(".go")
    portal.click(".go")  # opening again tries again
    portal.until_ready()


def test_a_silent_frame_is_given_up_after_twenty_seconds_and_welcome_later(portal: Portal) -> None:
    portal.page.clock.install()
    portal.visit()
    portal.page.evaluate(NOTE_EVENTS)
    portal.guide.answer_to_enter = None
    portal.click(".go")
    portal.until(lambda: portal.guide.entered_with)
    assert portal.inside("root.querySelector('[role=status]').textContent") == "Opening the guide\u2026"
    portal.page.clock.fast_forward(15_000)
    assert not any(name == "error" for name, _ in portal.events())
    portal.page.clock.fast_forward(5_100)
    portal.until(lambda: ["error", {"code": "timeout"}] in portal.events())
    assert portal.inside("root.querySelector('[role=status]').textContent") == SORRY
    portal.say("{ type: 'entered' }")
    portal.until_ready()


def test_a_frame_that_loads_anew_gets_a_fresh_ticket(portal: Portal) -> None:
    portal.visit()
    portal.page.evaluate("LupusGuide.setContext({ identity: 'aa.bb.cc', question: 'Once only' })")
    portal.open()
    portal.frame().evaluate("location.reload()")
    portal.until(lambda: portal.guide.entered_with == ["ticket-1", "ticket-2"])
    portal.until_ready()
    assert portal.heard("enter")[0]["context"] == {"identity": "aa.bb.cc"}
    portal.until(lambda: portal.focused() == "iframe")
    assert portal.guide.ticket_count == 2
