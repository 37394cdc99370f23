"""The widget's loader on a partner's page of another site, with a guide that only plays its part of the protocol."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from playwright.sync_api import Browser, CDPSession, Error, Frame, Page

from bot.web.widget.loader import tag, widget_router

LABEL = "Open the lupus and CAR-T guide"
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
SORRY = "The guide cannot open just now. If it is urgent, call your care team or emergency number."
# What the frame's page says and hears; "say" is how tests let it speak.
STUB = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Guide</title>
<style>body{font:16px system-ui;margin:60px 16px}</style>
<main><h1>Guide</h1><label>Your question <input id="field"></label></main>
<script>
const heard = [];
const say = (more) => parent.postMessage({ guide: 1, ...more }, "*");
addEventListener("message", (event) => {
  if (event.source !== parent) return;
  heard.push({ origin: event.origin, ...event.data });
  if (event.data.type === "enter") fetch(location.pathname + "/enter", { method: "POST", body: event.data.ticket })
    .then((answer) => answer.json()).then((answer) => answer.type && say(answer));
});
addEventListener("keydown", (event) => event.key === "Escape" && say({ type: "close" }));
</script>"""
WATCH = """
window.seen = { shifts: [], longTasks: [], violations: [] };
new PerformanceObserver((list) => seen.shifts.push(...list.getEntries().map((e) => e.value)))
  .observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => seen.longTasks.push(...list.getEntries().map((e) => e.duration)))
  .observe({ type: "longtask", buffered: true });
document.addEventListener("securitypolicyviolation", (e) => seen.violations.push([e.violatedDirective, e.blockedURI]));
"""
NOTE_EVENTS = """() => { window.events = []; for (const name of
["ready", "open", "close", "unread", "handoff", "error", "identity_needed"])
  LupusGuide.on(name, (detail) => events.push([name, detail])); }"""


@dataclass
class Guide:
    """Our origin: what it answers, and what it was asked."""

    origin: str = ""
    refusal: str | None = None
    answer_to_enter: dict[str, Any] | None = field(default_factory=lambda: {"type": "entered"})
    ticket_count: int = 0
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    entered_with: list[str] = field(default_factory=list)

    def reset(self) -> None:
        self.refusal, self.answer_to_enter = None, {"type": "entered"}
        self.asked.clear()
        self.entered_with.clear()
        self.ticket_count = 0

    def paths(self) -> list[str]:
        return [f"{method} {path}" for method, path, _ in self.asked]


@dataclass
class Partner:
    """The portal: pages by path, as bytes and headers."""

    origin: str = ""
    pages: dict[str, tuple[bytes, dict[str, str]]] = field(default_factory=dict)

    def put(self, body: str | bytes, **headers: str) -> str:
        content = body if isinstance(body, bytes) else body.encode("utf-8")
        shown = {"content-type": "text/html; charset=utf-8", **{k.replace("_", "-"): v for k, v in headers.items()}}
        path = f"/{len(self.pages)}"
        self.pages[path] = (content, shown)
        return f"{self.origin}{path}"


def guide_app(guide: Guide) -> FastAPI:
    app = FastAPI()
    app.include_router(widget_router())

    @app.middleware("http")
    async def note(request: Request, call_next: Callable[..., Any]) -> Response:
        guide.asked.append((request.method, request.url.path, dict(request.headers)))
        answer: Response = await call_next(request)
        return answer

    @app.post("/embed/{partner}/ticket")
    def ticket(partner: str) -> Response:
        headers = {"access-control-allow-origin": "*"}
        if guide.refusal is not None:
            return JSONResponse({"code": guide.refusal}, status_code=403, headers=headers)
        guide.ticket_count += 1
        answer = {"ticket": f"ticket-{guide.ticket_count}", "expires_in_s": 60}
        return JSONResponse(answer, headers=headers)

    @app.post("/embed/{partner}/enter")
    async def enter(partner: str, request: Request) -> Response:
        guide.entered_with.append((await request.body()).decode())
        return JSONResponse(guide.answer_to_enter or {})

    @app.get("/embed/{partner}")
    def frame(partner: str) -> Response:
        return HTMLResponse(STUB)

    @app.get("/hostile")
    def hostile() -> Response:
        return HTMLResponse(HOSTILE)

    return app


HOSTILE = """<!doctype html><title>Hostile</title><script>
for (const message of [{ type: "close" }, { type: "unread", count: 7 }, { type: "handoff", state: "human" },
  { type: "refused", code: "hostile" }]) parent.postMessage({ guide: 1, ...message }, "*");
parent.postMessage("spoken", "*");
</script>"""


def partner_app(partner: Partner) -> FastAPI:
    app = FastAPI(openapi_url=None)

    @app.get("/{path:path}")
    def page(path: str) -> Response:
        body, headers = partner.pages.get(f"/{path}", (b"", {"content-type": "image/png"}))
        return Response(body, headers=headers)

    return app


class _ThreadServer(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """Install none: signals stay the tests'."""


def _serve(app: FastAPI) -> tuple[_ThreadServer, threading.Thread, int]:
    server = _ThreadServer(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive(), "the server stopped while starting"
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.02)
    return server, thread, server.servers[0].sockets[0].getsockname()[1]


@pytest.fixture(scope="module")
def _both() -> Iterator[tuple[Guide, Partner]]:
    guide, partner = Guide(), Partner()
    running = [_serve(guide_app(guide)), _serve(partner_app(partner))]
    guide.origin = f"http://127.0.0.1:{running[0][2]}"
    partner.origin = f"http://localhost:{running[1][2]}"
    yield guide, partner
    for server, thread, _ in running:
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture
def guide(_both: tuple[Guide, Partner]) -> Guide:
    _both[0].reset()
    return _both[0]


@pytest.fixture
def partner(_both: tuple[Guide, Partner]) -> Partner:
    return _both[1]


class Portal:
    """One visitor on a partner's page, who looks into the closed shadow root through the browser's debugger."""

    def __init__(self, page: Page, guide: Guide, partner: Partner) -> None:
        self.page, self.guide, self.partner = page, guide, partner
        self.failures: list[str] = []
        self.requests: list[Any] = []
        self.debugger: CDPSession = page.context.new_cdp_session(page)
        page.on("pageerror", lambda error: self.failures.append(str(error)))
        page.on("request", self._note_request)
        page.add_init_script(WATCH)

    def _note_request(self, request: Any) -> None:
        self.requests.append(request)

    def visit(self, *, attributes: str = "", body: str = "", head: str = "", **headers: str) -> None:
        self.visit_html(self.html(attributes=attributes, body=body, head=head), **headers)

    def html(self, *, attributes: str = "", body: str = "", head: str = "") -> str:
        return (
            '<!doctype html><html lang="en"><head><meta name="viewport" content="width=device-width">'
            f'<title>St Mary</title><link rel="icon" href="data:,">{head}</head><body><main><h1>St Mary</h1>'
            f'<p>Your next visit is on Monday. <a href="#visit">More</a></p>{body}</main>'
            f"{self.tag(attributes)}</body></html>"
        )

    def tag(self, attributes: str = "") -> str:
        written = tag(origin=self.guide.origin, partner_id="st-mary")
        return written.replace(" async>", f" {attributes} async>")

    def visit_html(self, html: str | bytes, **headers: str) -> None:
        self.page.goto(self.partner.put(html, **headers))
        self.until(lambda: self.page.evaluate("!!window.LupusGuide && !!document.querySelector('lupus-guide')"))

    def until(self, claim: Callable[[], Any], *, timeout_s: float = 8) -> Any:
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                if found := claim():
                    return found
            except Error:  # the page or the frame is on its way to another document
                pass
            assert time.monotonic() < deadline, "what was awaited did not come"
            self.page.wait_for_timeout(25)

    def inside(self, expression: str) -> Any:
        """Evaluate an expression with ``root`` as the widget's closed shadow root."""
        document = self.debugger.send("DOM.getDocument", {"depth": -1, "pierce": True})["root"]
        root = next(node["shadowRoots"][0] for node in _walk(document) if node["nodeName"] == "LUPUS-GUIDE")
        handle = self.debugger.send("DOM.resolveNode", {"backendNodeId": root["backendNodeId"]})["object"]["objectId"]
        answer = self.debugger.send(
            "Runtime.callFunctionOn",
            {
                "objectId": handle,
                "functionDeclaration": f"function () {{ const root = this; return ({expression}); }}",
                "returnByValue": True,
            },
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def box(self, selector: str) -> dict[str, float]:
        found: dict[str, float] = self.inside(f"root.querySelector('{selector}').getBoundingClientRect().toJSON()")
        return found

    def click(self, selector: str) -> None:
        box = self.box(selector)
        self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def style(self, selector: str, name: str) -> str:
        value: str = self.inside(f"getComputedStyle(root.querySelector('{selector}')).{name}")
        return value

    def focused(self) -> str:
        """What has the focus: a class or tag within the widget, otherwise 'page'."""
        found: str = self.inside(
            "root.activeElement ? root.activeElement.className || root.activeElement.localName : 'page'"
        )
        return found

    def is_open(self) -> bool:
        return bool(self.inside("!!root.querySelector('dialog[open]')"))

    def open(self) -> None:
        self.page.evaluate("LupusGuide.open()")
        self.until_ready()

    def until_ready(self) -> None:
        self.until(lambda: self.inside("root.querySelector('dialog').className === 'ready'"))

    def frame(self) -> Frame:
        found: Frame = self.until(
            lambda: next((f for f in self.page.frames if f"{self.guide.origin}/embed/" in f.url), None)
        )
        return found

    def say(self, message: str) -> None:
        self.frame().evaluate(f"say({message})")

    def heard(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.frame().evaluate("(kind) => heard.filter((m) => m.type === kind)", kind)
        return found

    def events(self) -> list[list[Any]]:
        found: list[list[Any]] = self.page.evaluate("events")
        return found


def _walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("children", []):
        yield from _walk(child)


@pytest.fixture
def open_window(browser: Browser, guide: Guide, partner: Partner) -> Iterator[Callable[..., Portal]]:
    """Opens windows; whatever a page of the tests throws itself is taken out of ``failures`` by the test."""
    opened: list[Portal] = []

    def make(size: dict[str, int] | None = None, **options: Any) -> Portal:
        context = browser.new_context(viewport=size or DESK, **options)
        context.set_default_timeout(10_000)
        opened.append(Portal(context.new_page(), guide, partner))
        return opened[-1]

    yield make
    for portal in opened:
        portal.page.context.close()
    assert [portal.failures for portal in opened] == [[] for _ in opened]


@pytest.fixture
def portal(open_window: Callable[..., Portal]) -> Portal:
    return open_window()


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


# ---------------------------------------------------------------- the page around it


def test_a_strict_policy_is_kept_trusted_types_included(portal: Portal) -> None:
    ours = portal.guide.origin
    policy = (
        f"default-src 'none'; script-src {ours}; frame-src {ours}; connect-src {ours}; style-src 'none'; "
        "img-src data:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    portal.visit(attributes='data-greeting="Hello" data-colour="#0f766e"', content_security_policy=policy)
    assert portal.style(".go", "backgroundColor") == "rgb(15, 118, 110)"
    portal.click(".go")
    portal.until_ready()
    assert portal.box("dialog")["width"] == 400
    portal.say("{ type: 'unread', count: 2 }")
    portal.page.set_viewport_size(PHONE)
    portal.until(lambda: portal.box("dialog")["width"] == 390)
    portal.page.evaluate("LupusGuide.close()")
    assert portal.page.evaluate("seen.violations") == []


def test_draws_itself_in_browsers_without_shared_sheets(portal: Portal) -> None:
    portal.page.add_init_script("delete window.CSSStyleSheet; window.CSSStyleSheet = undefined")
    portal.visit()
    assert portal.style(".go", "backgroundColor") == "rgb(75, 63, 146)"
    portal.open()


def test_opens_the_chat_page_in_browsers_without_dialogs(portal: Portal) -> None:
    portal.page.add_init_script("delete HTMLDialogElement.prototype.show")
    portal.visit()
    with portal.page.context.expect_page() as opened:
        portal.click(".go")
    assert opened.value.url == f"{portal.guide.origin}/chat/"


@pytest.mark.parametrize("charset", ["", "; charset=iso-8859-1"], ids=["none", "latin-1"])
def test_pages_without_utf8_show_the_same_letters(portal: Portal, charset: str) -> None:
    html = portal.html(body="<p>caf\u00e9</p>").replace("<!doctype html>", "").encode("latin-1")
    portal.visit_html(html, content_type=f"text/html{charset}")
    assert portal.page.evaluate("document.characterSet") in {"windows-1252", "ISO-8859-1"}
    portal.guide.answer_to_enter = None
    portal.click(".go")
    portal.until(portal.is_open)
    assert portal.inside("root.querySelector('[role=status]').textContent") == "Opening the guide\u2026"


def test_the_rules_of_the_page_do_not_leak_in(open_window: Callable[..., Portal]) -> None:
    rules = (
        "* { display: none !important; color: red !important; position: static !important; opacity: .1 !important }"
        "html, body { display: block !important }"
        ":root { --p: red; --s: red } lupus-guide { --p: red !important; z-index: -1 !important; transform: scale(3) }"
        "button, a, dialog, div, iframe, p, b, svg { background: red !important; font: 40px serif !important;"
        " width: 7px !important; border: 9px solid red !important; text-transform: uppercase; letter-spacing: 1em }"
        "body { text-transform: uppercase; letter-spacing: 1em; line-height: 4; cursor: wait; visibility: hidden }"
    )
    looks = []
    for head in ("", f"<style>{rules}</style>"):
        portal = open_window()
        portal.visit(head=head, attributes='data-greeting="Hello" data-label="Ask"')
        everything = (
            "[...root.querySelectorAll('*')].map((e) => { const s = getComputedStyle(e); return [e.localName, "
            "e.getBoundingClientRect().toJSON(), ...['display', 'color', 'backgroundColor', 'font', 'opacity', "
            "'visibility', 'textTransform', 'letterSpacing', 'cursor', 'borderTopWidth'].map((n) => s[n])] })"
        )
        closed = portal.inside(everything)
        portal.open()
        portal.page.wait_for_timeout(250)
        looks.append((closed, portal.inside(everything)))
    assert looks[0] == looks[1]


def test_printing_leaves_it_out(portal: Portal) -> None:
    portal.visit()
    portal.page.emulate_media(media="print")
    assert portal.inside("getComputedStyle(root.host).display") == "none"


def test_dark_and_still_where_the_visitor_wishes_so(open_window: Callable[..., Portal]) -> None:
    portal = open_window(color_scheme="dark", reduced_motion="reduce")
    portal.visit()
    assert portal.style(".go", "backgroundColor") == "rgb(183, 171, 242)"
    portal.open()
    assert portal.style("dialog", "backgroundColor") == "rgb(28, 33, 40)"
    assert portal.style("dialog", "transitionDuration") == "0s"


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


# ---------------------------------------------------------------- for everyone


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_has_no_serious_barrier(open_window: Callable[..., Portal], size: dict[str, int], scheme: str) -> None:
    portal = open_window(size, color_scheme=scheme, reduced_motion="reduce")
    # For this test only: axe looks into open shadow roots alone.
    portal.page.add_init_script(
        "const attach = Element.prototype.attachShadow;"
        "Element.prototype.attachShadow = function () { return attach.call(this, { mode: 'open' }) };"
    )
    portal.visit(attributes='data-greeting="Questions about lupus?"')
    _assert_accessible(portal)
    portal.guide.refusal = "origin_not_allowed"
    portal.click(".go")
    portal.until(lambda: portal.inside("root.querySelector('dialog').className === 'failed'"))
    _assert_accessible(portal)
    portal.guide.refusal = None
    portal.click(".again")
    portal.until_ready()
    portal.say("{ type: 'unread', count: 2 }")
    _assert_accessible(portal)


def _assert_accessible(portal: Portal) -> None:
    found = Axe().run(portal.page).response["violations"]
    serious = [(v["id"], [n["html"] for n in v["nodes"]]) for v in found if v["impact"] in {"critical", "serious"}]
    assert serious == []


def test_screen_readers_hear_a_button_that_opens_a_dialog(portal: Portal) -> None:
    portal.visit()
    portal.open()
    nodes = portal.debugger.send("Accessibility.getFullAXTree")["nodes"]
    spoken = {
        (node["role"]["value"], node["name"]["value"])
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in {"button", "dialog", "Iframe", "image", "img"}
    }
    assert spoken == {
        ("button", LABEL),
        ("dialog", "Lupus and CAR-T guide"),
        ("button", "Close"),
        ("Iframe", "Lupus and CAR-T guide"),
    }
