"""A server that speaks OpenAI's protocol on this machine and says what the test's script tells it to, well or badly."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# Where the condensing prompt begins; all else is asked for an answer.
_CONDENSE = "You complete short questions."


@dataclass(frozen=True)
class Said:
    """One answer of the server, as data.

    Attributes:
        text: What the model says.
        size: Characters of each piece.
        status: HTTP status; others than 200 come with a short error in the protocol's form.
        body: Sent as it is, in place of the stream.
        wait_s: Silence before the first byte.
        drip_s: Silence before each piece.
        stall_after: After so many characters nothing more comes, and the line stays open.
        cut_after: After so many characters the line is cut.
        finish: Why the model stopped; None: it does not say.
    """

    text: str = ""
    size: int = 40
    status: int = 200
    body: bytes | None = None
    wait_s: float = 0.0
    drip_s: float = 0.0
    stall_after: int | None = None
    cut_after: int | None = None
    finish: str | None = "stop"


def lines(*objects: dict[str, Any]) -> str:
    """Write objects as the JSON Lines that a well-behaved model says."""
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in objects)


def sentence(text: str, quote: str | None = None, passages: Sequence[int] = (1,)) -> dict[str, Any]:
    """One object of an answer; without a quote the sentence is its own."""
    return {"sentence": text, "passages": list(passages), "quote": text if quote is None else quote}


class ModelServer:
    """The server; use it in a ``with`` statement.

    Attributes:
        answers: What it says to questions, in turn; the last one again and again.
        answer: Answers each question instead, where a test sets it.
        rewrites: The same for follow-ups to complete.
        requests: The bodies of what it was asked, in their order.
        headers: The headers beside them, names in small letters.
    """

    def __init__(self) -> None:
        self.answers: list[Said]
        self.answer: Callable[[dict[str, Any]], Said] | None
        self.rewrites: list[Said]
        self.requests: list[dict[str, Any]]
        self.headers: list[dict[str, str]]
        self.reset()
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"model": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def say(self, *said: Said | str) -> None:
        """Set what it answers from now on."""
        self.answers = [Said(item) if isinstance(item, str) else item for item in said]

    def reset(self) -> None:
        """Forget what was asked, and say nothing until told what."""
        self.answers, self.answer, self.rewrites = [Said()], None, [Said()]
        self.requests, self.headers = [], []

    def prompts(self) -> list[str]:
        """Return all words that came in messages, a text for each request."""
        return ["\n".join(message["content"] for message in request["messages"]) for request in self.requests]

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def next_for(self, request: dict[str, Any], headers: Iterable[tuple[str, str]]) -> Said:
        with self._lock:
            self.requests.append(request)
            self.headers.append({name.lower(): value for name, value in headers})
            is_rewrite = request["messages"][0]["content"].startswith(_CONDENSE)
            if self.answer is not None and not is_rewrite:
                return self.answer(request)
            queue = self.rewrites if is_rewrite else self.answers
            return queue.pop(0) if len(queue) > 1 else queue[0]

    def wait(self, seconds: float) -> None:
        """Be silent, but not longer than the test runs."""
        if seconds:
            self._closing.wait(seconds)


class _Handler(BaseHTTPRequestHandler):
    model: ModelServer

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = self.model.next_for(request, self.headers.items())
        try:
            self.model.wait(said.wait_s)
            self._say(said)
        except (BrokenPipeError, ConnectionResetError):
            pass  # whoever asked has gone

    def _say(self, said: Said) -> None:
        whole = said.body
        if said.status != 200 and whole is None:
            whole = json.dumps({"error": {"message": "scripted", "type": "scripted"}}).encode()
        self.send_response(said.status)
        self.send_header("Content-Type", "application/json" if whole is not None else "text/event-stream")
        if whole is not None:
            self.send_header("Content-Length", str(len(whole)))
        self.end_headers()
        self.wfile.write(whole if whole is not None else b"")
        if whole is None:
            self._stream(said)

    def _stream(self, said: Said) -> None:
        sent = 0
        for piece in _pieces(said):
            self.model.wait(said.drip_s)
            if said.stall_after is not None and sent >= said.stall_after:
                self.model.wait(60)
                return
            if said.cut_after is not None and sent >= said.cut_after:
                return
            self._event({"content": piece})
            sent += len(piece)
        self._event({}, finish=said.finish)
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, delta: dict[str, str], finish: str | None = None) -> None:
        choice = {"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": finish}
        event = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass  # a test's output is not the place


def _pieces(said: Said) -> Iterator[str]:
    for start in range(0, len(said.text), said.size):
        yield said.text[start : start + said.size]
