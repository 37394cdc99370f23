"""The console's cookies: the session, one notice, and what a sign-in needs on its way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

_LONGEST_NOTICE_CHARS = 300


@dataclass(frozen=True, slots=True)
class Cookies:
    """Names and attributes of the console's cookies.

    Attributes:
        is_secure: The site is served over HTTPS: cookies carry ``Secure`` and the ``__Host-`` promise.
    """

    is_secure: bool

    def name(self, short: str) -> str:
        """Return the full name of a cookie."""
        return f"__Host-guide_{short}" if self.is_secure else f"guide_{short}"

    def read(self, request: Request, short: str) -> str | None:
        """Return a cookie's value, or None."""
        return request.cookies.get(self.name(short)) or None

    def set(
        self,
        response: Response,
        short: str,
        value: str,
        *,
        max_age_s: int | None = None,
        same_site: Literal["strict", "lax"] = "strict",
    ) -> None:
        """Set a cookie that no script reads and no other site sends; without an age it ends with the browser."""
        response.set_cookie(
            self.name(short),
            value,
            max_age=max_age_s,
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite=same_site,
        )

    def drop(self, response: Response, short: str) -> None:
        """Make the browser forget a cookie."""
        response.delete_cookie(self.name(short), path="/", secure=self.is_secure, httponly=True, samesite="strict")


def notice_value(notice: str) -> str:
    """Write a notice as a cookie's value."""
    return quote(notice[:_LONGEST_NOTICE_CHARS], safe="")


def notice_of(value: str | None) -> str | None:
    """Read a notice back."""
    return unquote(value)[:_LONGEST_NOTICE_CHARS] if value else None
