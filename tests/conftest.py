"""What holds for every test: no outside connection, fixed seeds, an environment without settings, markers by folder."""

from __future__ import annotations

import gc
import os
import random
import socket
from collections.abc import Callable, Iterator
from inspect import iscoroutinefunction
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest

TESTS = Path(__file__).resolve().parent
SEED = 20_261_122
# In the order in which they run.
_FOLDERS = ("unit", "integration", "quality", "e2e")
# In minutes of processor time: three, one, a half and a half.
_LONGEST = ("test_hostile_input.py", "test_development_set.py", "test_build.py", "test_generative.py")

for _name in [name for name in os.environ if name.upper().startswith("BOT_")]:
    del os.environ[_name]
os.environ.update(
    HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", LANGSMITH_TRACING="false", LANGCHAIN_TRACING_V2="false"
)
# A quarter of the console's tests went into looking, again and again, through what a process with all libraries holds
# anyway: 113 against 83 seconds of processor time for tests/unit/web/staff (runs of 29 November 2026).
gc.set_threshold(50_000, 20, 20)
hypothesis.settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("fixed")


class OutsideConnectionError(ConnectionError):
    """A test reached for another machine; the message names it."""


class SocketGuard:
    """Refuses every connection that leaves this machine, and remembers it.

    What a test swallows is remembered all the same: the test then fails at its end.

    Attributes:
        attempts: The hosts that were reached for since the test began.
    """

    def __init__(self) -> None:
        self.attempts: list[str] = []

    def check(self, host: object) -> None:
        """Raise for a host that is not this machine."""
        name = host.decode("idna") if isinstance(host, bytes) else host
        if name in (None, "", "localhost") or _is_local(str(name)):
            return
        self.attempts.append(str(name))
        raise OutsideConnectionError(f"This test reaches for {name}: tests stay on this machine.")

    def install(self) -> None:
        """Guard the socket class and the name look-ups of this process, for good."""
        for name in ("connect", "connect_ex", "sendto"):
            setattr(socket.socket, name, self._with_address(getattr(socket.socket, name)))
        for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
            setattr(socket, name, self._with_name(getattr(socket, name)))

    def _with_address(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(this: socket.socket, *arguments: Any) -> Any:
            address = arguments[-1]  # sendto's address comes last, with or without flags
            if this.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
                self.check(address[0])
            return original(this, *arguments)

        return guarded

    def _with_name(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(host: Any, *arguments: Any, **options: Any) -> Any:
            self.check(host)
            return original(host, *arguments, **options)

        return guarded


def _is_local(host: str) -> bool:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


_GUARD = SocketGuard()
_GUARD.install()


@pytest.fixture(autouse=True)
def socket_guard() -> Iterator[SocketGuard]:
    """The guard that every test runs under; a test that expects attempts clears them."""
    _GUARD.attempts.clear()
    yield _GUARD
    if _GUARD.attempts:
        pytest.fail(f"This test reached for {', '.join(sorted(set(_GUARD.attempts)))}: tests stay on this machine.")


@pytest.fixture(autouse=True)
def _fixed_seeds() -> None:
    random.seed(SEED)
    np.random.seed(SEED)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the settings of whoever runs the tests: BOT_ variables and the .env file."""
    from bot.settings import Settings

    for name in [name for name in os.environ if name.upper().startswith("BOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setitem(Settings.model_config, "env_file", None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each test by the folder it lies in, and run the quick folders first and the browser's files last.

    Where several processes share the tests, the longest files begin at once: nobody then waits for one alone.

    Playwright keeps an event loop running in this thread once it has started, and no asynchronous test runs after that.
    Files are handed out in this order, so that holds for each of several processes, too.
    """
    for item in items:
        if (folder := _folder_of(item)) in _FOLDERS:
            item.add_marker(folder)
    items.sort(key=lambda item: _FOLDERS.index(_folder_of(item)) if _folder_of(item) in _FOLDERS else 0)
    asynchronous = {item.path for item in items if iscoroutinefunction(getattr(item, "obj", None))}
    items.sort(key=lambda item: _folder_of(item) == "e2e" and item.path not in asynchronous)
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _LONGEST.index(item.path.name) if item.path.name in _LONGEST else len(_LONGEST))


def pytest_collection_finish() -> None:
    """Leave what was imported so far out of every later search for garbage."""
    gc.collect()
    gc.freeze()


def _folder_of(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
