"""How long a message may be, how often one visitor or one address may write, and one message at a time.

The caller runs triage first: emergencies and crises get their reply without ever coming here, however long, often or
fast they are sent. The counts are kept in memory, one set for each process: they slow down a flood, they do not bill.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from bot.errors import LimitError

_KEY_BYTES = 32
# "Wait a moment" would be untrue for a rate as long as this.
_DAY_S = 24 * 60 * 60


class Limits:
    """The limits of one process; safe to call from many threads.

    Args:
        max_chars: Longest message, in characters.
        per_visitor: Rates of one visitor in the notation of the limits library, such as ``12/minute``; each counts in
            a moving window. Empty: none.
        per_address: Rates of one network address.
        to_person: Rates of one visitor while a person has the conversation; no other holds then.
        key: Hashes the addresses; empty: a fresh one, so that no address outlives the process in any form.
    """

    def __init__(
        self,
        *,
        max_chars: int,
        per_visitor: Sequence[str] = (),
        per_address: Sequence[str] = (),
        to_person: Sequence[str] = (),
        key: bytes = b"",
    ) -> None:
        self.max_chars = max_chars
        self._of_visitor = [parse(rate) for rate in per_visitor]
        self._of_address = [parse(rate) for rate in per_address]
        self._to_person = [parse(rate) for rate in to_person]
        self._key = key or secrets.token_bytes(_KEY_BYTES)
        self._window = MovingWindowRateLimiter(MemoryStorage())
        self._lock = threading.Lock()
        self._busy: set[str] = set()

    def check(
        self,
        *,
        text: str,
        visitor_id: str,
        address: str | None = None,
        is_to_person: bool = False,
        also: Sequence[str] = (),
    ) -> None:
        """Count a message, or refuse it; a refused message is not counted.

        Args:
            also: Further rates of this visitor, in the same notation.
            address: The visitor's network address; only its keyed hash is kept, no longer than its rate needs.
            is_to_person: A person has the conversation.

        Raises:
            LimitError: Code ``too_long`` for its length, ``too_fast`` or, for a day's, ``too_many`` for its rates.
        """
        if len(text) > self.max_chars:
            raise LimitError(f"A message has more than {self.max_chars} characters.", code="too_long")
        rates = self._rates(visitor_id, address, is_to_person=is_to_person)
        rates += [(parse(rate), "visitor of a partner", visitor_id) for rate in also]
        with self._lock:
            for item, kind, whose in rates:
                self._refuse_if_full(item, kind, whose)
            for item, kind, whose in rates:
                self._window.hit(item, kind, whose)

    @contextmanager
    def one_at_a_time(self, conversation_id: str) -> Iterator[None]:
        """Hold a conversation while one of its messages is answered.

        Raises:
            LimitError: Code ``busy``: another message of this conversation is being answered.
        """
        with self._lock:
            if conversation_id in self._busy:
                raise LimitError("A message of this conversation is still being answered.", code="busy")
            self._busy.add(conversation_id)
        try:
            yield
        finally:
            with self._lock:
                self._busy.discard(conversation_id)

    def _rates(
        self, visitor_id: str, address: str | None, *, is_to_person: bool
    ) -> list[tuple[RateLimitItem, str, str]]:
        if is_to_person:
            return [(item, "visitor with a person", visitor_id) for item in self._to_person]
        rates = [(item, "visitor", visitor_id) for item in self._of_visitor]
        if address is not None:
            rates += [(item, "address", self._hashed(address)) for item in self._of_address]
        return rates

    def _refuse_if_full(self, item: RateLimitItem, kind: str, whose: str) -> None:
        if not self._window.test(item, kind, whose):
            code = "too_many" if item.get_expiry() >= _DAY_S else "too_fast"
            raise LimitError(f"More than {item} for one {kind}.", code=code)

    def _hashed(self, address: str) -> str:
        return hmac.new(self._key, address.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
