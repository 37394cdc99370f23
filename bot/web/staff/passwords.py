"""Passwords: which are good enough, and how they are kept. The only door to argon2."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# NIST SP 800-63B-4 and OWASP ASVS 5: long rather than mixed, none of the common ones, no change without a reason.
MIN_CHARS = 12
MAX_CHARS = 200
_MIN_DISTINCT = 5
_MIN_NAME_CHARS = 3
# Each takes 64 MiB while it is checked (argon2-cffi's default, RFC 9106's second choice).
_AT_A_TIME = 3


class Passwords:
    """Hashes and checks passwords, a few at a time.

    Args:
        hasher: Tests pass a quick one.
    """

    def __init__(self, *, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = threading.BoundedSemaphore(_AT_A_TIME)

    @cached_property
    def _nobody(self) -> str:
        """What an unknown name is checked against, so that it takes the same time."""
        return self._hasher.hash("nobody signs in with this")

    def hash(self, password: str) -> str:
        """Return the Argon2id hash, salt and parameters within."""
        with self._turn:
            return self._hasher.hash(_normal(password))

    def is_right(self, password: str, stored: str | None) -> bool:
        """Compare with a stored hash; None takes as long and is never right."""
        known, against = stored is not None, stored or self._nobody
        # Never longer than may be set: a megabyte to hash is not a try, it is an attack.
        asked = _normal(password[: MAX_CHARS + 1])
        with self._turn:
            try:
                self._hasher.verify(against, asked)
            except (VerificationError, InvalidHashError):
                return False
        return known


def weakness(password: str, *, names: Iterable[str]) -> str | None:
    """Return why a password is not good enough, as a sentence for its owner; None: it is.

    Args:
        names: What others know of its owner: name, display name, e-mail address.
    """
    lowered = _normal(password).lower()
    if len(lowered) < MIN_CHARS:
        return f"Take at least {MIN_CHARS} characters. Four words that do not belong together are a good choice."
    if len(lowered) > MAX_CHARS:
        return f"Take at most {MAX_CHARS} characters."
    if len(set(lowered)) < _MIN_DISTINCT or lowered in _common() or _stem(lowered) in _common():
        return "This password is among the first that are tried. Take another."
    if any(part in lowered for name in names for part in _parts(name)):
        return "Leave your own name and address out of the password."
    return None


def _parts(name: str) -> list[str]:
    words = _normal(name).lower().replace("@", " ").replace(".", " ").replace("-", " ").replace("_", " ").split()
    return [word for word in words if len(word) >= _MIN_NAME_CHARS]


def _stem(lowered: str) -> str:
    """Take off the digits and signs that people put around a word."""
    return lowered.strip("0123456789!?.,-_*#$@ ")


@cache
def _common() -> frozenset[str]:
    lines = Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _normal(password: str) -> str:
    """Spell the same letters the same way, however the keyboard sent them (NIST SP 800-63B-4, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
