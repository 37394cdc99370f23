"""How many failed sign-ins one network address may make; counted in memory, one count for each process."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from ipaddress import IPv6Address, ip_address

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

# A hospital is one address: enough for a bad morning, far too few to guess a password.
_RATES = ("20/5 minutes", "100/hour")
_KEY_BYTES = 32
_IPV6_HOST_BITS = 64


class Tries:
    """Counts the failures of addresses.

    Args:
        rates: In the notation of the limits library.
    """

    def __init__(self, *, rates: tuple[str, ...] = _RATES) -> None:
        self._rates = [parse(rate) for rate in rates]
        self._window = MovingWindowRateLimiter(MemoryStorage())
        # No address outlives the process in any form.
        self._key = secrets.token_bytes(_KEY_BYTES)

    def may_try(self, address: str) -> bool:
        """Tell whether an address may try again."""
        place = self._place(address)
        return all(self._window.test(rate, "sign-in", place) for rate in self._rates)

    def count(self, address: str) -> None:
        """Count a failure."""
        place = self._place(address)
        for rate in self._rates:
            self._window.hit(rate, "sign-in", place)

    def _place(self, address: str) -> str:
        return hmac.new(self._key, _network(address).encode(), hashlib.sha256).hexdigest()


def _network(address: str) -> str:
    """Return the part of an address that its owner cannot choose; of IPv6 that is the first half."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or int(parsed) >> _IPV6_HOST_BITS)
    return str(parsed)
