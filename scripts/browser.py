"""Finds a Chromium for the tests, and installs one where there is none.

First an installed Chrome or Chromium, then Debian's package where this account may install it, then Playwright's own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_NAMES = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "chrome", "microsoft-edge")
_APPLICATIONS = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("C:/Program Files/Google/Chrome/Application/chrome.exe"),
)
_ANSWER_TIMEOUT_S = 30


def main() -> int:
    """Make sure that there is a browser, and return the exit status."""
    for step in (find_browser, _from_debian, _from_playwright):
        if path := step():
            print(f"Browser for the tests: {path}")
            return 0
    print("No browser: install Chrome or Chromium, and run 'make test' again.", file=sys.stderr)
    return 1


def find_browser() -> str | None:
    """Return the path of a browser that starts, or None."""
    found = [shutil.which(name) for name in _NAMES]
    candidates = [path for path in found if path] + [str(path) for path in _APPLICATIONS if path.is_file()]
    return next((path for path in (*candidates, *_playwrights_own()) if _starts(path)), None)


def _playwrights_own() -> list[str]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return [path] if Path(path).is_file() else []


def _starts(path: str) -> bool:
    # Some systems have a 'chromium' that only says how to install the real one.
    try:
        done = subprocess.run((path, "--version"), capture_output=True, timeout=_ANSWER_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _from_debian() -> str | None:
    if not _is_debian() or shutil.which("apt-get") is None or (prefix := _as_root()) is None:
        return None
    print("Installing Debian's Chromium", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (("update", "-qq"), ("install", "-y", "-qq", "--no-install-recommends", "chromium")):
        done = subprocess.run((*prefix, "apt-get", *arguments), env=environment, check=False, stdout=subprocess.DEVNULL)
        if done.returncode != 0 and arguments[0] == "install":
            return None
    return find_browser()


def _is_debian() -> bool:
    # Its relatives' package 'chromium' may be a snap, which does not run in a container.
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return "ID=debian" in lines


def _as_root() -> tuple[str, ...] | None:
    if sys.platform != "win32" and os.geteuid() == 0:
        return ()
    sudo = ("sudo", "-n")
    if shutil.which("sudo") and subprocess.run((*sudo, "true"), capture_output=True, check=False).returncode == 0:
        return sudo
    return None


def _from_playwright() -> str | None:
    print("Installing Playwright's own Chromium", flush=True)
    options = ("--with-deps",) if sys.platform == "linux" and _as_root() is not None else ()
    subprocess.run((sys.executable, "-m", "playwright", "install", *options, "chromium"), check=False)
    return find_browser()


if __name__ == "__main__":
    sys.exit(main())
