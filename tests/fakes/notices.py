"""Notices, channels that do as they are told, and receivers on this machine that fail in every way."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bot.db.outbox import REQUESTED, Notice

WRITTEN = datetime(2026, 11, 22, 20, 30, 15, tzinfo=UTC)


def make_notice(**changes: Any) -> Notice:
    """Build a notice at its first try; keyword arguments change single fields."""
    values: dict[str, Any] = {
        "id": "11111111-2222-4333-8444-555555555555",
        "channel": "webhook",
        "topic": REQUESTED,
        "conversation_id": "c1",
        "payload": {
            "reason": "asked_for_person",
            "waiting_since": WRITTEN.isoformat(),
            "language": "en",
            "partner": None,
        },
        "state": "pending",
        "attempts": 1,
        "next_attempt_at": WRITTEN,
        "last_error": None,
        "created_at": WRITTEN,
        "sent_at": None,
    }
    return Notice(**(values | changes))


@dataclass
class FakeChannel:
    """Fails as often as it is told to, then sends.

    Attributes:
        failures: What to raise, one after the other.
        sent: The ids of what was sent.
    """

    name: str = "webhook"
    failures: list[Exception] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def send(self, notice: Notice) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(notice.id)


@dataclass
class Receiver:
    """An HTTP receiver.

    Attributes:
        url: Where it listens.
        got: Path, headers and body of each request.
    """

    url: str
    got: list[tuple[str, dict[str, str], bytes]]


@contextlib.contextmanager
def http_receiver(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[Receiver]:
    """Run an HTTP receiver whose answers `answer` writes."""
    got: list[tuple[str, dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            with contextlib.suppress(OSError):
                answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Receiver(f"http://127.0.0.1:{server.server_port}/hook", got)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def status(code: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer with a status and headers."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """Answer a byte at a time, for ever: no single wait is long, all of them together are."""
    for _ in range(200):
        handler.wfile.write(b"H")
        handler.wfile.flush()
        time.sleep(0.02)


def closed_port() -> int:
    """Return a port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
