"""``lupus-bot serve``: a taken or forbidden port is told before anything slow begins."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from bot.cli.serve import PortError, check_port
from tests.unit.cli.conftest import Ran


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_a_taken_port_is_one_line_that_says_what_to_do(run: Callable[..., Ran], taken_port: int) -> None:
    assert run("serve", "--port", taken_port) == Ran(
        1,
        "",
        f"lupus-bot: Port {taken_port} on 127.0.0.1 is taken or not allowed; choose another with BOT_PORT or --port.\n",
    )


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(PortError, match=r"Port 8000 on 192\.0\.2\.1"):
        check_port("192.0.2.1", 8000)


def test_a_port_is_free_again_after_the_check(taken_port: int) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    check_port("127.0.0.1", free)
    check_port("127.0.0.1", free)
