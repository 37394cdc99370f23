"""Chainlit's data layer over our transcripts: it reads through the service and writes nothing.

Conversations, replies and feedback are written by `bot.conversation` before a page draws them. Steps that a
client forges, edits or deletes end here: each write of Chainlit's is accepted and forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

from chainlit.data.base import BaseDataLayer
from chainlit.types import Feedback, PageInfo, PaginatedResponse, Pagination, ThreadDict, ThreadFilter
from chainlit.user import PersistedUser, User
from starlette.concurrency import run_in_threadpool

from bot.errors import NotFoundError
from bot.web import chat_steps
from bot.web.chat_texts import ChatTexts

if TYPE_CHECKING:
    from bot.conversation.service import Service

# Chainlit asks for a thread without saying for whom; the socket door names the visitor here first.
reading_as: ContextVar[str | None] = ContextVar("reading_as", default=None)
# Every visitor exists by holding a valid cookie; there is no account and so no date of one.
_NO_DATE = "1970-01-01T00:00:00Z"


class TranscriptDataLayer(BaseDataLayer):
    """Reads conversations as threads; forgets every write."""

    def __init__(self, *, service: Callable[[], Service], texts: Callable[[], ChatTexts]) -> None:
        """Keep the ways to the parts; Chainlit keeps one data layer for ever, the parts may be bound anew."""
        self._service = service
        self._texts = texts

    async def get_user(self, identifier: str) -> PersistedUser | None:
        """Return the visitor; the signed cookie is the proof."""
        return PersistedUser(id=identifier, createdAt=_NO_DATE, identifier=identifier)

    async def create_user(self, user: User) -> PersistedUser | None:
        """Return the visitor; nothing is stored."""
        return await self.get_user(user.identifier)

    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        """Read a conversation of the visitor named in `reading_as`; anybody else's does not exist."""
        visitor_id = reading_as.get()
        if visitor_id is None:
            return None
        try:
            messages = await run_in_threadpool(
                self._service().history, conversation_id=thread_id, visitor_id=visitor_id
            )
        except NotFoundError:
            return None
        drawn = chat_steps.thread(messages, conversation_id=thread_id, visitor_id=visitor_id, texts=self._texts())
        return cast("ThreadDict", drawn)

    async def get_thread_author(self, thread_id: str) -> str:
        """Return the visitor if the conversation is theirs, else nobody."""
        found = await self.get_thread(thread_id)
        return (found["userIdentifier"] or "") if found else ""

    async def list_threads(self, pagination: Pagination, filters: ThreadFilter) -> PaginatedResponse[ThreadDict]:
        """List nothing: the page has no history column."""
        return PaginatedResponse(pageInfo=PageInfo(hasNextPage=False, startCursor=None, endCursor=None), data=[])

    async def get_element(self, thread_id: str, element_id: str) -> None:
        """Return nothing: sources are read through their own route."""

    async def get_favorite_steps(self, user_id: str) -> list[Any]:
        """Return nothing: there are no favourites."""
        return []

    async def upsert_feedback(self, feedback: Feedback) -> str:
        """Forget it: feedback comes through the buttons, which check whose reply it is."""
        return ""

    async def delete_feedback(self, feedback_id: str) -> bool:
        """Forget it."""
        return False

    async def create_step(self, step_dict: Any) -> None:
        """Forget it."""

    async def update_step(self, step_dict: Any) -> None:
        """Forget it."""

    async def delete_step(self, step_id: str) -> None:
        """Forget it."""

    async def create_element(self, element: Any) -> None:
        """Forget it."""

    async def delete_element(self, element_id: str, thread_id: str | None = None) -> None:
        """Forget it."""

    async def delete_thread(self, thread_id: str) -> None:
        """Forget it: erasing is the service's, with proof."""

    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[Any, Any] | None = None,
        tags: list[str] | None = None,
    ) -> None:
        """Forget it."""

    async def build_debug_url(self) -> str:
        """Return no address."""
        return ""

    async def close(self) -> None:
        """Close nothing: the service owns its connections."""
