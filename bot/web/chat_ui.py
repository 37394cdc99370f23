"""The door to Chainlit: it draws, `bot.web.chat_talk` decides.

Of Chainlit's socket events the page needs six. Those that open and close a session stay Chainlit's, behind a
check of ids and ownership; message, stop and reconnect are ours, and one of our own says that the patient writes;
editing, favourites, audio, settings and window
messages are taken off the socket, since each works for a client that forges it even where the page hides it.

One page per process: Chainlit keeps its configuration and callbacks in module globals. The parts bound last
answer.
"""

from __future__ import annotations

import asyncio
import logging
import re
import shutil
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import chainlit as cl
from chainlit.auth import create_jwt
from chainlit.chat_context import chat_contexts
from chainlit.config import FILES_DIRECTORY
from chainlit.context import context
from chainlit.server import app as chainlit_app
from chainlit.server import sio
from chainlit.session import WebsocketSession
from chainlit.types import ThreadDict
from chainlit.utils import mount_chainlit
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from bot.errors import BotError, NotFoundError
from bot.web.chat_data import TranscriptDataLayer, reading_as
from bot.web.chat_presence import Presence
from bot.web.chat_screen import Press, Screen
from bot.web.chat_talk import Talk
from bot.web.chat_texts import ChatTexts
from bot.web.embed.gate import SCOPE_KEY, Embedded, Gate
from bot.web.embed.pass_cookie import Pass
from bot.web.guard import SCREEN_COOKIE
from bot.web.visitor import VisitorCookie

if TYPE_CHECKING:
    from bot.conversation.service import Service

logger = logging.getLogger(__name__)

_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_LEFT_TO_CHAINLIT = frozenset({"clear_session"})
# Open pages of one visitor: nobody reads as many, and each costs memory.
_MOST_LINES = 12
# One message of 20,000 characters of up to four bytes, with its wrapping.
_MAX_SOCKET_MESSAGE_BYTES = 128 * 1024
# A line that is dead without a word is noticed within 35 seconds, by both sides; the library's own 45 s are long for
# somebody who waits for a person.
_PING_EVERY_S, _PING_WAIT_S = 15, 20


@dataclass(frozen=True, slots=True)
class Parts:
    """What the screen works with."""

    service: Service
    talk: Talk
    presence: Presence
    texts: ChatTexts
    cookie: VisitorCookie
    gate: Gate | None = None


_bound: list[Parts] = []
_screens: WeakKeyDictionary[WebsocketSession, Screen] = WeakKeyDictionary()
_tasks: set[asyncio.Task[None]] = set()
_lines: dict[str, set[str]] = {}
_chainlit_connect = sio.handlers["/"]["connect"]
_chainlit_disconnect = sio.handlers["/"]["disconnect"]


def bind(parts: Parts) -> None:
    """Let these parts answer from now on."""
    _bound[:] = [parts]


def mount(app: FastAPI, *, target: str, path: str) -> None:
    """Mount Chainlit below `path`; a later app in the same process shares the one mounted first."""
    if chainlit_app.middleware_stack is None:
        mount_chainlit(app=app, target=target, path=path)
        sio.eio.max_http_buffer_size = _MAX_SOCKET_MESSAGE_BYTES
        sio.eio.ping_interval, sio.eio.ping_timeout = _PING_EVERY_S, _PING_WAIT_S
    else:
        app.mount(path, chainlit_app)


def authenticate(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Exchange the visitor cookie for Chainlit's own, request by request.

    The browser holds one cookie, ours; a token for Chainlit never leaves the server and lives for one request.
    """
    raw = b"; ".join(value for key, value in headers if key.lower() == b"cookie")
    visitor_id = _parts().cookie.read(raw.decode("latin-1"))
    crumbs = [crumb.strip() for crumb in raw.split(b";")]
    kept = [crumb for crumb in crumbs if crumb and not crumb.startswith(SCREEN_COOKIE)]
    if visitor_id is not None:
        kept.append(SCREEN_COOKIE + b"=" + create_jwt(cl.User(identifier=visitor_id)).encode())
    others = [(key, value) for key, value in headers if key.lower() != b"cookie"]
    return [*others, (b"cookie", b"; ".join(kept))] if kept else others


async def press(*, session_id: str, visitor_id: str, pressed: Press) -> bool:
    """Carry out a pressed button; False if the page is not this visitor's or no longer open."""
    session = WebsocketSession.get_by_id(session_id)
    if session is None or session.user is None or session.user.identifier != visitor_id:
        return False
    await _parts().talk.press(_screen_of(session), pressed)
    return True


def open_screens() -> list[Screen]:
    """Return the pages that are open, and those that may come back after a lost connection."""
    return list(_screens.values())


def clear_files() -> None:
    """Remove Chainlit's folder of temporary files; mounted, it never does so itself."""
    shutil.rmtree(FILES_DIRECTORY, ignore_errors=True)


def _parts() -> Parts:
    return _bound[0]


def _screen_of(session: WebsocketSession) -> Screen:
    """Return the screen of a session, making it at first sight."""
    if session not in _screens:
        _screens[session] = _make_screen(session)
    return _screens[session]


def _make_screen(session: WebsocketSession) -> Screen:
    # The session may outlive several sockets, so its sender is looked up at each event; and the screen must
    # not keep the session alive, or none would ever be freed.
    session_id = session.id

    async def send(event: str, data: Any) -> None:
        current = WebsocketSession.get_by_id(session_id)
        if current is not None:
            await current.emit(event, data)

    def on_open(conversation_id: str) -> None:
        current = WebsocketSession.get_by_id(session_id)
        if current is not None:
            _tie(current, conversation_id)

    visit = _visit_of(session.environ)
    return Screen(
        session_id=session_id,
        visitor_id=session.user.identifier if session.user else "",
        send=send,
        on_open=on_open,
        conversation_id=session.thread_id_to_resume,
        partner_id=None if visit is None else visit.partner_id,
        region=None if visit is None else visit.region,
        refusal=_refusal_of(visit),
        address=_address(session.environ),
    )


def _refusal_of(visit: Pass | None) -> Callable[[], str | None]:
    gate = _parts().gate
    return (lambda: None) if visit is None or gate is None else partial(gate.refusal, visit)


def _visit_of(environ: Mapping[str, Any]) -> Pass | None:
    """Return the pass of a page in a partner's page; None: the page is by itself."""
    embedded: Embedded | None = environ.get("asgi.scope", {}).get(SCOPE_KEY)
    return None if embedded is None else embedded.visit


def _address(environ: Mapping[str, Any]) -> str | None:
    """Return the network address of the page, for the rate limit; the socket library's own field is a constant."""
    client = environ.get("asgi.scope", {}).get("client")
    return str(client[0]) if client else None


def _tie(session: WebsocketSession, conversation_id: str) -> None:
    """Make Chainlit's thread our conversation, so that a reconnect comes back to it."""
    session.thread_id = conversation_id
    session.thread_id_to_resume = conversation_id
    session.has_first_interaction = True


@cl.data_layer
def _data_layer() -> TranscriptDataLayer:
    return TranscriptDataLayer(service=lambda: _parts().service, texts=lambda: _parts().texts)


@cl.header_auth_callback
async def _who(headers: Mapping[str, str]) -> cl.User | None:
    """Log the visitor in by their cookie; there is nothing to type."""
    visitor_id = _parts().cookie.read(headers.get("cookie"))
    return cl.User(identifier=visitor_id) if visitor_id else None


@cl.set_starters
async def _starters(user: cl.User | None, language: str | None) -> list[cl.Starter]:
    return [cl.Starter(label=starter.label, message=starter.message) for starter in _parts().texts.starters]


@cl.on_chat_resume
async def _resume(thread: ThreadDict) -> None:
    """Exist: Chainlit offers to resume only where this hook is registered; `_on_ready` does the work."""


@cl.on_chat_end
async def _end() -> None:
    """Free what Chainlit keeps for each session and never removes (its issue 2951)."""
    chat_contexts.pop(context.session.id, None)


async def _on_connect(sid: str, environ: dict[str, Any], auth: Any) -> Any:
    """Let in a visitor with well-formed ids, to a new conversation or their own.

    An event of this name that a client sends brings an environment of the client's making, and opens nothing.
    """
    if environ is not sio.get_environ(sid):
        return False
    visitor_id = _parts().cookie.read(environ.get("HTTP_COOKIE"))
    claims = auth if isinstance(auth, dict) else {}
    session_id, thread_id = claims.get("sessionId"), claims.get("threadId") or None
    if visitor_id is None or not _is_uuid4(session_id) or not (thread_id is None or _is_uuid4(thread_id)):
        raise ConnectionRefusedError("refused")
    if thread_id is not None and not await _owns(visitor_id, str(thread_id)):
        raise ConnectionRefusedError("refused")
    reading_as.set(visitor_id)
    checked = {"sessionId": session_id, "clientType": "webapp", "threadId": thread_id}
    if not _has_room(visitor_id):
        raise ConnectionRefusedError("refused")
    answer = await _chainlit_connect(sid, environ, checked)
    _lines.setdefault(visitor_id, set()).add(sid)
    session = WebsocketSession.get(sid)
    if session is not None and session in _screens:  # a line that came back, perhaps with a newer pass
        _screens[session].refusal = _refusal_of(_visit_of(environ))
    return answer


def _has_room(visitor_id: str) -> bool:
    """Tell whether a visitor may open one more page."""
    return len(_lines.get(visitor_id, ())) < _MOST_LINES


async def _on_disconnect(sid: str, *reason: Any) -> None:
    """Forget the line, then let Chainlit forget it; a client that sends an event of this name is still there."""
    if sio.manager.is_connected(sid, "/"):
        return
    for visitor_id, lines in list(_lines.items()):
        lines.discard(sid)
        if not lines:
            del _lines[visitor_id]
    await _chainlit_disconnect(sid)


async def _on_ready(sid: str) -> None:
    """Draw what there is: an empty page, or the conversation from its transcript."""
    session = WebsocketSession.get(sid)
    if session is None:
        return
    screen = _screen_of(session)
    await screen.send("task_end", {})
    # Where nothing may be said now, nothing is read either; the page keeps what it shows.
    if screen.conversation_id is None or await run_in_threadpool(screen.refusal) is not None:
        return
    try:
        _tie(session, screen.conversation_id)
        await _parts().talk.resume(screen)
        screen.told = None
        await _parts().presence.tell(screen)
    except NotFoundError:
        await _parts().presence.say_gone(screen)
    except Exception as error:  # noqa: BLE001  # whatever breaks, the page gets a sentence of ours
        logger.error("resume failed", extra={"kind": type(error).__name__})
        await screen.send("resume_thread_error", _parts().texts.status.not_found)


async def _on_message(sid: str, payload: Any) -> None:
    """Hand a patient's message on; whatever else a client may claim to send is dropped."""
    session = WebsocketSession.get(sid)
    message = payload.get("message") if isinstance(payload, dict) else None
    if session is None or not isinstance(message, dict):
        return
    text, message_id = message.get("output"), message.get("id")
    if message.get("type") != "user_message" or not isinstance(text, str) or not _is_uuid4(message_id):
        return
    _start(_parts().talk.write(_screen_of(session), text=text, message_id=str(message_id)))


async def _on_stop(sid: str) -> None:
    """Show the whole answer at once."""
    session = WebsocketSession.get(sid)
    if session is not None:
        await _parts().talk.stop(_screen_of(session))


async def _on_typing(sid: str, payload: Any = None) -> None:
    """Let the person who owns the talk know that the patient writes."""
    session = WebsocketSession.get(sid)
    if session is not None:
        await _parts().presence.hear_typing(_screen_of(session))


def _start(turn: Coroutine[Any, Any, None]) -> None:
    """Run a turn beside the socket, so that stop and reconnect are heard meanwhile."""
    task = asyncio.create_task(turn)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _owns(visitor_id: str, conversation_id: str) -> bool:
    try:
        await run_in_threadpool(_parts().service.history, conversation_id=conversation_id, visitor_id=visitor_id)
    except BotError:
        return False
    return True


def _is_uuid4(value: object) -> bool:
    return isinstance(value, str) and _UUID4.fullmatch(value) is not None


_OURS = {
    "connect": _on_connect,
    "connection_successful": _on_ready,
    "disconnect": _on_disconnect,
    "client_message": _on_message,
    "stop": _on_stop,
    "guide_typing": _on_typing,
}


def _take_over_socket() -> None:
    """Answer our events ourselves, and take off the socket what the page does not need."""
    for event, handler in _OURS.items():
        sio.on(event, handler)
    handlers = sio.handlers["/"]
    for event in set(handlers) - _OURS.keys() - _LEFT_TO_CHAINLIT:
        del handlers[event]


_take_over_socket()
