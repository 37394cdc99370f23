"""The widget's loader on a partner's page of another site, with a guide that only plays its part of the protocol."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
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
