"""The guard of conftest.py: nothing that a test does leaves this machine."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.fakes.sockets import listening

# Addresses and names that are reserved for examples.
OUTSIDE = "203.0.113.7"
OUTSIDE_6 = "2001:db8::7"
NAME = "guide.example.org"


class Guard(Protocol):
    attempts: list[str]


@pytest.fixture
def attempts(socket_guard: Guard) -> Iterator[list[str]]:
    """Give the attempts of this test, and forgive them at its end."""
    yield socket_guard.attempts
    socket_guard.attempts.clear()


def _connect() -> None:
    with socket.socket() as outside:
        outside.connect((OUTSIDE, 443))


def _connect_ex() -> None:
    with socket.socket() as outside:
        outside.connect_ex((OUTSIDE, 443))


def _sendto() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outside:
        outside.sendto(b"?", (OUTSIDE, 53))


def _sendto_with_flags() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outside:
        outside.sendto(b"?", 0, (OUTSIDE, 53))


def _connect_6() -> None:
    with socket.socket(socket.AF_INET6) as outside:
        outside.connect((OUTSIDE_6, 443))


def _look_up() -> None:
    socket.getaddrinfo(NAME, 443)


def _look_up_bytes() -> None:
    socket.getaddrinfo(NAME.encode(), 443)


def _look_up_old() -> None:
    socket.gethostbyname(NAME)


def _create_connection() -> None:
    socket.create_connection((NAME, 443), timeout=1).close()


@pytest.mark.parametrize(
    ("reach", "host"),
    [
        pytest.param(_connect, OUTSIDE, id="connect"),
        pytest.param(_connect_ex, OUTSIDE, id="connect_ex"),
        pytest.param(_sendto, OUTSIDE, id="sendto"),
        pytest.param(_sendto_with_flags, OUTSIDE, id="sendto-with-flags"),
        pytest.param(_connect_6, OUTSIDE_6, id="ipv6"),
        pytest.param(_look_up, NAME, id="getaddrinfo"),
        pytest.param(_look_up_bytes, NAME, id="getaddrinfo-bytes"),
        pytest.param(_look_up_old, NAME, id="gethostbyname"),
        pytest.param(_create_connection, NAME, id="create_connection"),
    ],
)
def test_refuses_what_leaves_this_machine_and_names_the_host(
    reach: Callable[[], None], host: str, attempts: list[str]
) -> None:
    with pytest.raises(ConnectionError) as refused:
        reach()
    assert str(refused.value) == f"This test reaches for {host}: tests stay on this machine."
    assert attempts == [host]


def test_refuses_http_and_names_the_host(attempts: list[str]) -> None:
    with pytest.raises(OSError, match=NAME):
        urllib.request.urlopen(f"http://{NAME}/", timeout=1)
    assert attempts == [NAME]


def test_refuses_the_event_loop_too(attempts: list[str]) -> None:
    async def reach() -> None:
        await asyncio.open_connection(OUTSIDE, 443)

    with pytest.raises(OSError, match=OUTSIDE):
        asyncio.run(reach())
    assert attempts == [OUTSIDE]


def test_remembers_an_attempt_that_the_code_swallowed_in_a_thread(attempts: list[str]) -> None:
    def swallow() -> None:
        try:
            _connect()
        except OSError:
            return

    thread = threading.Thread(target=swallow)
    thread.start()
    thread.join()
    assert attempts == [OUTSIDE]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_lets_a_connection_to_this_machine_through(host: str, socket_guard: Guard) -> None:
    with listening() as port, socket.create_connection((host, port), timeout=5) as connection:
        assert connection.getpeername()[1] == port
    assert socket_guard.attempts == []


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no Unix sockets")
def test_lets_a_unix_socket_through(tmp_path: Path, socket_guard: Guard) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen(1)
        client.connect(path)
        assert client.getpeername() == path
    assert socket_guard.attempts == []


def test_starts_every_test_with_the_same_seed() -> None:
    assert random.random() == random.Random(20_261_122).random()


def test_hides_settings_and_tracing() -> None:
    assert [name for name in os.environ if name.startswith("BOT_")] == []
    assert (os.environ["LANGSMITH_TRACING"], os.environ["HF_HUB_OFFLINE"]) == ("false", "1")
