"""``lupus-bot serve`` as a program of its own: it answers, it ends cleanly, it refuses a damaged index in one line."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.settings import ROOT

_START_S = 90.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=20) as response:  # noqa: S310  # our own server
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start ``python -m bot serve``; whatever still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start(index_dir: Path, *, port: int, **settings: str) -> subprocess.Popen[bytes]:
        folders = {"BOT_INDEX_DIR": str(index_dir), "BOT_DATA_DIR": str(tmp_path / "data")}
        environment = {**os.environ, **folders, **settings}
        command = [sys.executable, "-m", "bot", "serve", "--port", str(port)]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _wait_until_alive(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1].decode()
        try:
            if _get(f"http://127.0.0.1:{port}/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the server did not answer in time")


def test_the_server_answers_and_ends_cleanly(
    serve: Callable[..., subprocess.Popen[bytes]], guide_index_dir: Path
) -> None:
    port = _free_port()
    process = serve(guide_index_dir, port=port)
    _wait_until_alive(process, port)
    site = f"http://127.0.0.1:{port}"
    pages = {path: _get(f"{site}{path}") for path in ("/healthz", "/readyz", "/chat/", "/guide", "/", "/no-such-page")}
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert {path: status for path, (status, _) in pages.items()} == {
        "/healthz": 200,
        "/readyz": 200,
        "/chat/": 200,
        "/guide": 200,
        "/": 200,
        "/no-such-page": 404,
    }
    assert '"ready"' in pages["/readyz"][1]
    assert "not medical advice" in pages["/guide"][1]
    assert (process.returncode, b"Traceback" in err) == (0, False), err.decode()
    assert out.decode() == f"The guide is at {site}/chat   (stop it with Ctrl+C)\n"


@pytest.mark.parametrize(
    ("settings", "is_believed"),
    [
        pytest.param({}, True, id="on_this_machine"),
        pytest.param({"BOT_TRUSTED_PROXIES": "10.9.9.9"}, False, id="elsewhere"),
    ],
)
def test_what_a_proxy_says_of_a_request_is_believed_of_named_ones_alone(
    serve: Callable[..., subprocess.Popen[bytes]], mini_index_dir: Path, settings: dict[str, str], is_believed: bool
) -> None:
    port = _free_port()
    process = serve(mini_index_dir, port=port, **settings)
    _wait_until_alive(process, port)
    forwarded = {"X-Forwarded-Proto": "https"}
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/healthz", headers=forwarded)  # as below
    with urllib.request.urlopen(asked, timeout=20) as response:  # noqa: S310  # our own server
        assert ("strict-transport-security" in response.headers) is is_believed
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)


def test_a_damaged_index_is_one_line(
    serve: Callable[..., subprocess.Popen[bytes]], mini_index_dir: Path, tmp_path: Path
) -> None:
    damaged = Path(shutil.copytree(mini_index_dir, tmp_path / "damaged"))
    chunks = next(damaged.glob("versions/*/chunks.jsonl"))
    content = bytearray(chunks.read_bytes())
    content[len(content) // 2] ^= 1
    chunks.write_bytes(bytes(content))
    process = serve(damaged, port=_free_port())
    out, err = process.communicate(timeout=_START_S)
    assert (process.returncode, out) == (1, b"")
    assert err.decode().startswith("lupus-bot: ")
    assert err.count(b"\n") == 1
    assert b"lupus-bot index build" in err
