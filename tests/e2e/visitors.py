"""Visitors without a browser, for tests over the wire: of the chat's own page, and of a partner's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import socketio

from tests.e2e.conftest import OTHER_PORTAL, PORTAL, ChatServer

WAIT_S = 10.0


class Client:
    """A visitor without a browser: one cookie, one socket, and what the socket received."""

    base = "/chat"

    def __init__(self, server: ChatServer) -> None:
        self.server = server
        self.http = httpx.AsyncClient(base_url=server.url)
        self.socket = socketio.AsyncClient(reconnection=False)
        self.session_id = str(uuid4())
        self.events: list[tuple[str, Any]] = []
        self.news = asyncio.Event()
        self.socket.on("*", self._receive)

    async def _receive(self, event: str, data: Any = None) -> None:
        self.events.append((event, data))
        self.news.set()

    async def visit(self) -> None:
        """Open the page, which gives the cookie."""
        response = await self.http.get("/chat/")
        assert response.status_code == 200

    async def connect(
        self, *, thread_id: str = "", origin: str | None = None, auth: dict[str, Any] | None = None
    ) -> None:
        """Open the socket as Chainlit's page does."""
        headers = {"Cookie": self.cookies(), "Origin": origin or self.server.url}
        claims = {"clientType": "webapp", "sessionId": self.session_id, "threadId": thread_id, **(auth or {})}
        await self.socket.connect(
            self.server.url,
            headers=headers,
            auth=claims,
            transports=["websocket"],
            socketio_path=f"{self.base}/ws/socket.io",
            wait_timeout=10,
        )
        await self.socket.emit("connection_successful")

    async def say(self, text: str, *, message_id: str | None = None, **more: Any) -> None:
        message = {"id": message_id or str(uuid4()), "type": "user_message", "output": text, "name": "x", **more}
        await self.socket.emit("client_message", {"message": message, "fileReferences": []})

    async def until(self, found: Callable[[list[tuple[str, Any]]], Any]) -> Any:
        """Wait for what the page would show."""
        async with asyncio.timeout(WAIT_S):
            while not (value := found(self.events)):
                await self.news.wait()
                self.news.clear()
        return value

    async def press(self, name: str, **payload: Any) -> httpx.Response:
        body = {"sessionId": self.session_id, "action": {"name": name, "payload": payload, "label": "", "id": "x"}}
        return await self.request("POST", "/project/action", json=body)

    async def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask for a path of the chat."""
        return await self.http.request(method, self.base + path, **more)

    def cookies(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())

    async def close(self) -> None:
        await self.socket.disconnect()
        await self.http.aclose()


def finished(events: list[tuple[str, Any]]) -> dict[str, Any] | None:
    """The last reply whose buttons have come, by its id."""
    drawn = [data["forId"] for event, data in events if event == "action" and data["name"] == "person"]
    steps = {data["id"]: data for event, data in events if event == "new_message"}
    return steps.get(drawn[-1]) if drawn else None


def names(events: list[tuple[str, Any]]) -> list[str]:
    return [event for event, _ in events]


C = TypeVar("C", bound=Client)


@asynccontextmanager
async def _there(client: C) -> AsyncIterator[C]:
    await client.visit()
    try:
        yield client
    finally:
        await client.close()


def visitor(server: ChatServer) -> AbstractAsyncContextManager[Client]:
    return _there(Client(server))


@asynccontextmanager
async def talking(server: ChatServer, text: str = "What is CAR-T?") -> AsyncIterator[tuple[Client, dict[str, Any]]]:
    """A visitor with one finished answer; "the moon" gives a short one."""
    async with visitor(server) as client:
        await client.connect()
        await client.say(text)
        yield client, await client.until(finished)


class FrameClient(Client):
    """A visitor whose chat is in a partner's page; `portal` is that page's origin."""

    def __init__(self, server: ChatServer, *, partner_id: str, portal: str) -> None:
        super().__init__(server)
        self.partner_id = partner_id
        self.portal = portal
        self.base = f"/embed/{partner_id}"
        self.passed = ""

    async def ticket(self, *, origin: str | None = None) -> httpx.Response:
        """Ask for a ticket, as the partner's page does."""
        return await self.http.post(f"{self.base}/ticket", headers={"Origin": origin or self.portal})

    async def enter(self, ticket: str, **changes: Any) -> httpx.Response:
        """Hand a ticket in, as the frame does."""
        headers = {"Origin": changes.pop("origin", self.server.url), "Cookie": self.passed}
        wish = {"ticket": ticket, "parent": self.portal, **changes}
        return await self.http.post(f"{self.base}/enter", json=wish, headers=headers)

    async def visit(self) -> None:
        """Come in: a ticket, then a pass."""
        given = await self.ticket()
        assert given.status_code == 200
        entered = await self.enter(given.json()["ticket"])
        assert entered.status_code == 200
        self.passed = entered.headers["set-cookie"].partition(";")[0]

    async def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask for a path of the chat; a client without HTTPS sends no secure cookie by itself."""
        headers = {"Cookie": self.passed, **more.pop("headers", {})}
        return await self.http.request(method, self.base + path, headers=headers, **more)

    def cookies(self) -> str:
        return self.passed


def framed(server: ChatServer, partner_id: str = "contract") -> AbstractAsyncContextManager[FrameClient]:
    portal = PORTAL if partner_id == "contract" else OTHER_PORTAL
    return _there(FrameClient(server, partner_id=partner_id, portal=portal))


@asynccontextmanager
async def talking_in_frame(
    server: ChatServer, text: str = "the moon"
) -> AsyncIterator[tuple[FrameClient, dict[str, Any]]]:
    async with framed(server) as client:
        await client.connect()
        await client.say(text)
        yield client, await client.until(finished)


def says(events: list[tuple[str, Any]], words: str) -> bool:
    """Tell whether the page was told a line with these words."""
    return any(event in ("new_message", "update_message") and words in data.get("output", "") for event, data in events)
