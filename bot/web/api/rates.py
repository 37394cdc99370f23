"""How many requests a key may send and how often an address may be wrong; counted in memory, for each process."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from bot.web.rates import Rates as AddressRates

# Above its limit a key's messages are still read for emergencies, up to so many times the limit.
_READ_TIMES = 10


@dataclass(frozen=True, slots=True)
class Window:
    """Where a key stands.

    Attributes:
        limit: Requests in a minute.
        remaining: Requests left now.
        reset_s: Seconds until the oldest counted request is forgotten, and there is room for one more.
        is_over: This request is one too many.
        is_flood: So many that not even emergencies are looked for.
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
        requests_per_minute: Of one key.
        failures_per_minute: Wrong keys and tokens of one address.
    """

    def __init__(self, *, requests_per_minute: int, failures_per_minute: int = 60) -> None:
        self._requests = RateLimitItemPerMinute(requests_per_minute)
        self._read = RateLimitItemPerMinute(requests_per_minute * _READ_TIMES)
        self._failures = f"{failures_per_minute}/minute"
        self._addresses = AddressRates()
        self._window = MovingWindowRateLimiter(MemoryStorage())
        self._lock = threading.Lock()

    def request(self, key_id: str) -> Window:
        """Count a request of a key."""
        with self._lock:
            is_over = not self._window.hit(self._requests, "requests", key_id)
            is_flood = is_over and not self._window.hit(self._read, "read", key_id)
            stats = self._window.get_window_stats(self._requests, "requests", key_id)
        reset_s = max(0, int(stats.reset_time - time.time() + 0.999))
        return Window(self._requests.amount, stats.remaining, reset_s, is_over, is_flood)

    def failure(self, address: str) -> None:
        """Count a wrong key or token."""
        self._addresses.hit(self._failures, kind="failures", caller=address)

    def may_fail(self, address: str) -> bool:
        """Tell whether an address was wrong less often than it may be."""
        return self._addresses.has_room(self._failures, kind="failures", caller=address)
