"""How long to wait before a notice is tried again, and when to give up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

# 5 s, 10 s, 20 s, ... up to two hours apart, about twenty tries in a day: a receiver that restarts gets it within
# seconds, one that is down over night is not drummed upon. Standard Webhooks recommends tries over a day or more.
_FIRST = timedelta(seconds=5)
_LONGEST = timedelta(hours=2)
_GIVE_UP = timedelta(hours=24)
# Up to a quarter more or less, so that notices that failed together do not come back together.
_JITTER = 0.25
# 5 s doubled more often than this is longer than the longest wait anyhow.
_MOST_DOUBLINGS = 16


def next_try(
    *, created_at: datetime, attempts: int, now: datetime, asked: timedelta | None, draw: Callable[[], float]
) -> datetime | None:
    """Return when to try again, or None: it is time to give up.

    Args:
        created_at: When the notice was written.
        attempts: Tries so far, at least 1.
        now: When the last one failed.
        asked: What the receiver asked for; kept to where it is longer than our own wait and no longer than two hours.
        draw: Random numbers, evenly in 0..1.
    """
    doubled = min(_FIRST * 2 ** min(attempts - 1, _MOST_DOUBLINGS), _LONGEST)
    wait = doubled * (1 + _JITTER * (2 * draw() - 1))
    if asked is not None:
        wait = max(wait, min(asked, _LONGEST))
    return now + wait if now + wait <= created_at + _GIVE_UP else None
