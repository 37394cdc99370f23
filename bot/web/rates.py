"""How often something may be asked for from one address; counted in memory, one set for each process."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

_KEY_BYTES = 32


class Rates:
    """Counts by kind and caller; safe to call from many threads.

    Callers are kept as keyed hashes, whose key is of this process alone.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(_KEY_BYTES)
        self._window = MovingWindowRateLimiter(MemoryStorage())
        self._lock = threading.Lock()

    def hit(self, rate: str, *, kind: str, caller: str) -> bool:
        """Count one; False: there were as many as the rate allows, such as ``60/minute``, already."""
        with self._lock:
            return self._window.hit(parse(rate), kind, self._hashed(caller))

    def has_room(self, rate: str, *, kind: str, caller: str) -> bool:
        """Tell whether `hit` would count one more now."""
        with self._lock:
            return self._window.test(parse(rate), kind, self._hashed(caller))

    def _hashed(self, caller: str) -> str:
        return hmac.new(self._key, caller.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
