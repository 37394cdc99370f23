"""How many requests a key and a token may send and how often an address may be wrong; counted in memory, by process.

What one conversation's token sends beyond its own limit is counted for that token alone, so that it takes nothing from
the other patients of its key.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

from bot.web.rates import Rates as AddressRates

_WINDOW_S = 60.0
# Above its limit a key's messages are still read for emergencies, up to so many times the limit; a token's are one
# patient's, and nobody writes that much in a minute.
_READ_TIMES = 10
_READ_TIMES_OF_TOKEN = 1


@dataclass(frozen=True, slots=True)
class Window:
    """Where a key or a token stands.

    Attributes:
        limit: Requests in a minute.
        remaining: Requests left now.
        reset_s: Seconds until the oldest counted request is forgotten, and there is room for one more.
        is_over: This request is one too many.
        is_flood: It is a message, and so many of them are that not even emergencies are looked for.
    """

    limit: int
    remaining: int
    reset_s: int
    is_over: bool
    is_flood: bool

    def headers(self) -> dict[str, str]:
        """Write the headers that tell the caller."""
        return {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(self.remaining),
            "ratelimit-reset": str(self.reset_s),
        }


class Rates:
    """The counts of one process; safe to call from many threads. Addresses are kept as keyed hashes.

    Args:
        requests_per_minute: Of one key and all its tokens.
        requests_per_token: In a minute, of one token.
        failures_per_minute: Wrong keys and tokens of one address.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        *,
        requests_per_minute: int,
        requests_per_token: int = 120,
        failures_per_minute: int = 60,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_key = requests_per_minute
        self._per_token = requests_per_token
        self._failures = f"{failures_per_minute}/minute"
        self._addresses = AddressRates()
        self._requests = _Minute(clock)
        self._read = _Minute(clock)
        self._lock = threading.Lock()

    def request(self, key_id: str, *, talk_id: str | None = None, is_message: bool = False) -> Window:
        """Count a request, and return where its caller stands: the token, or its key where that has less left.

        Args:
            talk_id: The conversation of the token; None: the key itself was sent.
            is_message: A patient's words, which are read above the limit, too.
        """
        with self._lock:
            if talk_id is None:
                return self._of_key(key_id, is_message)
            own = self._count(f"token {talk_id}", self._per_token, _READ_TIMES_OF_TOKEN, is_message)
            if own.is_over:
                return own
            whole = self._of_key(key_id, is_message)
        return whole if whole.is_over or whole.remaining < own.remaining else own

    def known(self) -> int:
        """Return how many keys and tokens are kept in mind."""
        with self._lock:
            return len(self._requests)

    def failure(self, address: str) -> None:
        """Count a wrong key or token."""
        self._addresses.hit(self._failures, kind="failures", caller=address)

    def may_fail(self, address: str) -> bool:
        """Tell whether an address was wrong less often than it may be."""
        return self._addresses.has_room(self._failures, kind="failures", caller=address)

    def _of_key(self, key_id: str, is_message: bool) -> Window:
        return self._count(f"key {key_id}", self._per_key, _READ_TIMES, is_message)

    def _count(self, whose: str, limit: int, read_times: int, is_message: bool) -> Window:
        is_over = not self._requests.hit(whose, limit)
        is_flood = is_over and is_message and not self._read.hit(whose, limit * read_times)
        used, reset_s = self._requests.state(whose)
        return Window(limit, limit - used, math.ceil(reset_s), is_over, is_flood)


class _Minute:
    """What was counted in the last minute; those of whom nothing is left of it are forgotten.

    `limits` keeps an entry for everybody who ever came, and walks over all of them again and again: too much where
    each conversation has its own.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        # Those who were counted last are last.
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._times)

    def hit(self, whose: str, most: int) -> bool:
        """Count one; False: there were as many as may be already, and it is not counted."""
        now = self._clock()
        self._forget(now - _WINDOW_S)
        times = self._times.setdefault(whose, deque())
        while times and times[0] <= now - _WINDOW_S:
            times.popleft()
        if len(times) >= most:
            return False
        times.append(now)
        self._times.move_to_end(whose)
        return True

    def state(self, whose: str) -> tuple[int, float]:
        """Return how many are counted, and in how many seconds the oldest is forgotten."""
        times = self._times[whose]
        return len(times), max(0.0, times[0] + _WINDOW_S - self._clock())

    def _forget(self, until: float) -> None:
        while self._times:
            whose = next(iter(self._times))
            if self._times[whose][-1] > until:
                return
            del self._times[whose]
