"""How long a fresh process takes, and how large it grows: python -m benchmarks.cold_start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
_QUESTION = "When does fever start after the infusion?"
_PATIENCE_S = 300.0


@dataclass(frozen=True, slots=True)
class Run:
    """One process: wall time, processor time, and the largest it became."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def main() -> None:
    """Start each command a few times and print the medians."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="how often each is started, after one warm-up")
    parser.add_argument("--index", type=Path, default=ROOT / "index", help="index folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as data:
        environment = {**os.environ, "BOT_DATA_DIR": data, "BOT_INDEX_DIR": str(options.index), "HF_HUB_OFFLINE": "1"}
        search, ask = ["search", _QUESTION], ["ask", _QUESTION]
        rows: dict[str, Callable[[], Run]] = {
            "python -c pass (for comparison)": lambda: finished([sys.executable, "-c", "pass"], environment),
            "lupus-bot search, one query": lambda: finished([sys.executable, "-m", "bot", *search], environment),
            "lupus-bot ask, one question": lambda: finished([sys.executable, "-m", "bot", *ask], environment),
            "lupus-bot serve, until /readyz": lambda: ready(environment),
        }
        print("| process | wall s | processor s | peak MB |\n| --- | --- | --- | --- |")
        for name, start in rows.items():
            start()
            runs = [start() for _ in range(options.runs)]
            wall, cpu = median(run.wall_s for run in runs), median(run.cpu_s for run in runs)
            print(f"| {name} | {wall:.2f} | {cpu:.2f} | {median(run.peak_mb for run in runs):.0f} |", flush=True)


def finished(command: list[str], environment: dict[str, str]) -> Run:
    """Run a command to its end."""
    started = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, cwd=ROOT)
    return _reaped(process, started)


def ready(environment: dict[str, str]) -> Run:
    """Start the server, wait until it is ready, stop it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "bot", "serve", "--port", str(port)]
    started = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    try:
        while not _answers(f"http://127.0.0.1:{port}/readyz"):
            if process.poll() is not None or time.monotonic() - started > _PATIENCE_S:
                raise SystemExit("the server did not become ready")
            time.sleep(0.02)
        wall = time.monotonic() - started
    finally:
        process.send_signal(signal.SIGTERM)
    run = _reaped(process, started)
    return Run(wall, run.cpu_s, run.peak_mb)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _reaped(process: subprocess.Popen[bytes], started: float) -> Run:
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
