"""A small client of the guide's HTTP API, for a partner's server: copy it, and change what you like.

with GuideClient("https://guide.hospital.example", key=os.environ["GUIDE_KEY"]) as guide:
    talk = guide.open()
    reply = guide.send(talk, "What is CAR-T therapy?", on_progress=print)
    print(reply.text, [source.title for source in reply.citations])
    guide.erase(talk)

It needs httpx alone. One client may serve many threads; nothing here is for a browser.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

# A lost answer is asked for again under the same Idempotency-Key: it is the same message, and gets the same reply.
_TRIES = 3
_LONGEST_PAUSE_S = 10.0
_MAY_PASS = frozenset({"limit.busy", "limit.too_fast", "rate_limited", "unavailable"})
_GATEWAY = frozenset({502, 503, 504})
T = TypeVar("T")


@dataclass(frozen=True)
class Conversation:
    """One patient's conversation; keep both where only your server reads them."""

    id: str
    token: str
    disclaimer: str


@dataclass(frozen=True)
class Citation:
    """What a marker such as [1] in a reply rests on."""

    marker: int
    title: str
    quote: str
    url: str


@dataclass(frozen=True)
class Reply:
    """One reply; `text` is Markdown. Show emergencies and crises at once, and as they are."""

    id: str
    outcome: str
    text: str
    citations: tuple[Citation, ...]
    follow_ups: tuple[str, ...]
    state: str

    @property
    def is_urgent(self) -> bool:
        """Tell whether somebody may be in danger."""
        return self.outcome in ("emergency", "crisis")


class GuideError(Exception):
    """The guide refused; `text` is a sentence to show the patient, where there is one."""

    def __init__(self, status: int, problem: dict[str, Any], retry_after: str = "1") -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status = status
        self.code = str(problem.get("code", "unknown"))
        self.text: str | None = problem.get("text")
        self.retry_after_s = float(retry_after) if retry_after.isdigit() else 1.0

    @property
    def may_pass(self) -> bool:
        """Tell whether the same request may be taken in a moment."""
        return self.retry_after_s <= _LONGEST_PAUSE_S and (self.code in _MAY_PASS or self.status in _GATEWAY)


class GuideClient:
    """Talks to one guide with one partner's key.

    Args:
        url: Where the guide is, without ``/api/v1``.
        key: The partner's key.
        identity: Returns the signed user id of who writes now; None: they are anonymous.
    """

    def __init__(self, url: str, *, key: str, identity: Callable[[], str] | None = None) -> None:
        self._http = httpx.Client(base_url=f"{url.rstrip('/')}/api/v1", timeout=httpx.Timeout(60.0, connect=5.0))
        self._key = key
        self._identity = identity

    def __enter__(self) -> GuideClient:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def open(self, **wishes: str) -> Conversation:
        """Open a conversation; `wishes` are language, region and visitor."""
        opened = self._call("POST", "/conversations", bearer=self._key, body=wishes)
        return Conversation(opened["conversation_id"], opened["token"], opened["disclaimer"])

    def send(self, talk: Conversation, text: str, *, on_progress: Callable[[str], None] | None = None) -> Reply:
        """Send what the patient wrote; `on_progress` gets the text so far while a language model writes.

        Raises:
            GuideError: It was refused.
            httpx.TransportError: The guide could not be reached.
        """
        headers = {"idempotency-key": str(uuid.uuid4())}
        path, body = f"/conversations/{talk.id}/messages", {"text": text}
        if on_progress is None:
            return _reply(self._call("POST", path, bearer=talk.token, body=body, headers=headers))
        return self._again(lambda: self._streamed(talk, path, body, headers, on_progress))

    def ask_for_person(self, talk: Conversation) -> Reply:
        """Ask for a person, as a button does."""
        return _reply(self._call("POST", f"/conversations/{talk.id}/handoff", bearer=talk.token))

    def follow(self, talk: Conversation, *, after: int | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield what persons write and who speaks, as names and values, until the stream ends; then call it again.

        Args:
            after: The `seq` of the last line that was seen.
        """
        headers = self._headers(talk.token) | ({} if after is None else {"last-event-id": str(after)})
        with self._http.stream("GET", f"/conversations/{talk.id}/events", headers=headers) as response:
            _raise_for(response)
            yield from _events(response)

    def erase(self, talk: Conversation) -> dict[str, Any]:
        """Erase the conversation, and return the proof."""
        return self._call("DELETE", f"/conversations/{talk.id}", bearer=talk.token)

    def erase_person(self, *, visitor: str | None = None, identity: str | None = None) -> dict[str, Any]:
        """Erase all conversations of one patient, and return the proof.

        Args:
            visitor: The id that their conversations were opened with here.
            identity: Their signed user id; conversations in the widget are erased as well.
        """
        headers = {} if identity is None else {"Guide-Identity": identity}
        body = {} if visitor is None else {"visitor": visitor}
        return self._call("POST", "/erasures", bearer=self._key, body=body, headers=headers)

    def _call(
        self, method: str, path: str, *, bearer: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        def once() -> dict[str, Any]:
            response = self._http.request(method, path, json=body, headers=self._headers(bearer) | (headers or {}))
            _raise_for(response)
            answer: dict[str, Any] = response.json()
            return answer

        # What cannot be done twice without harm is tried once: a message can, with its key.
        return self._again(once) if method in ("GET", "PUT", "DELETE") or headers else once()

    def _streamed(
        self, talk: Conversation, path: str, body: Any, headers: dict[str, str], on_progress: Callable[[str], None]
    ) -> Reply:
        sent = self._headers(talk.token) | headers | {"accept": "text/event-stream"}
        with self._http.stream("POST", path, json=body, headers=sent) as response:
            _raise_for(response)
            for name, values in _events(response):
                if name == "progress":
                    on_progress(values["text"])
                elif name == "reply":
                    return _reply(values)
                elif name == "error":  # too late for a status
                    raise GuideError(values["status"], values)
        raise httpx.RemoteProtocolError("The stream ended without a reply.")

    def _again(self, once: Callable[[], T]) -> T:
        """Do it; where that may help, do it again after the pause that the guide asks for."""
        for left in reversed(range(_TRIES)):
            try:
                return once()
            except GuideError as error:
                if not left or not error.may_pass:
                    raise
                time.sleep(error.retry_after_s)
            except httpx.TransportError:
                if not left:
                    raise
                time.sleep(1.0)
        raise AssertionError("never reached")

    def _headers(self, bearer: str) -> dict[str, str]:
        named = {} if self._identity is None else {"guide-identity": self._identity()}
        return {"authorization": f"Bearer {bearer}", **named}


def _raise_for(response: httpx.Response) -> None:
    if response.is_success:
        return
    response.read()
    is_problem = response.headers.get("content-type") == "application/problem+json"
    raise GuideError(
        response.status_code, response.json() if is_problem else {}, response.headers.get("retry-after", "1")
    )


def _events(response: httpx.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read server-sent events: each is an empty line's worth of fields, and comments keep the line open."""
    name = ""
    for line in response.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def _reply(values: dict[str, Any]) -> Reply:
    citations = (Citation(each["marker"], each["title"], each["quote"], each["url"]) for each in values["citations"])
    return Reply(
        id=values["reply_id"],
        outcome=values["outcome"],
        text=values["text"],
        citations=tuple(citations),
        follow_ups=tuple(values["follow_ups"]),
        state=values["handoff"]["state"],
    )
