"""Notices by webhook, signed as Standard Webhooks asks for (https://www.standardwebhooks.com)."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
from standardwebhooks import Webhook

from bot.conversation.notify.failure import SendError
from bot.db.outbox import Notice

# A receiver that has to answer within seconds is what the standard recommends: 15 to 30.
_TIMEOUT_S = 15.0
_GONE = 410
_SECONDS = re.compile("[0-9]{1,6}")


class WebhookChannel:
    """Posts each notice to one address.

    Args:
        url: Where to; a redirect counts as a failure, so that nothing is posted elsewhere.
        secret: ``whsec_`` and Base64, shared with the receiver.
        link_to: Makes the console's address of a conversation.
        timeout_s: Longest time for a whole exchange, however slowly it drips.
        clock: The time, UTC.
    """

    name = "webhook"

    def __init__(
        self,
        *,
        url: str,
        secret: str,
        link_to: Callable[[str], str],
        timeout_s: float = _TIMEOUT_S,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._url = url
        self._webhook = Webhook(secret)
        self._link_to = link_to
        self._timeout_s = timeout_s
        self._clock = clock

    def send(self, notice: Notice) -> None:
        """Post a notice.

        Raises:
            SendError: The receiver did not say that it has it.
        """
        body = self.body(notice)
        now = self._clock()
        headers = {
            "content-type": "application/json",
            "user-agent": "lupus-bot",
            "webhook-id": notice.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(notice.id, now, body),
        }
        try:
            status, wait = asyncio.run(self._post(body, headers))
        except (TimeoutError, httpx.TimeoutException):
            code = "timeout"
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            code = type(error).__name__
        else:
            if 200 <= status < 300:
                return
            raise SendError(f"http_{status}", wait=wait, is_final=status == _GONE)
        raise SendError(code)

    def body(self, notice: Notice) -> str:
        """Word the notice as JSON; the same at every try."""
        data = {
            "conversation_id": notice.conversation_id,
            "reason": notice.payload["reason"],
            "waiting_since": notice.payload["waiting_since"],
            "language": notice.payload["language"],
            "partner": notice.payload["partner"],
            "link": self._link_to(notice.conversation_id),
        }
        document = {"type": notice.topic, "timestamp": notice.created_at.isoformat(), "data": data}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"))

    async def _post(self, body: str, headers: dict[str, str]) -> tuple[int, timedelta | None]:
        # The limit holds for all of it; httpx's own would begin anew with each byte that arrives.
        async with (
            asyncio.timeout(self._timeout_s),
            httpx.AsyncClient(follow_redirects=False, timeout=self._timeout_s) as client,
            # The answer's body is nobody's business and is not read.
            client.stream("POST", self._url, content=body.encode(), headers=headers) as response,
        ):
            return response.status_code, _wait(response.headers.get("retry-after"))


def _wait(value: str | None) -> timedelta | None:
    """Read a ``Retry-After`` in seconds; a date, or nonsense, is left to our own waiting."""
    return timedelta(seconds=int(value)) if value is not None and _SECONDS.fullmatch(value) else None
