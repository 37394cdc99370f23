from __future__ import annotations

from pathlib import Path

import pytest

from scripts import browser


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder that is the whole path, on a machine without any browser."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "_APPLICATIONS", ())
    monkeypatch.setattr(browser, "_playwrights_own", list)
    return tmp_path


def _program(folder: Path, name: str, *, status: int = 0) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {status}\n")
    path.chmod(0o755)
    return str(path)


def test_finds_an_installed_browser(programs: Path) -> None:
    path = _program(programs, "chromium")
    assert browser.find_browser() == path


def test_prefers_chrome(programs: Path) -> None:
    _program(programs, "chromium")
    path = _program(programs, "google-chrome")
    assert browser.find_browser() == path


def test_passes_over_one_that_does_not_start(programs: Path) -> None:
    _program(programs, "google-chrome", status=1)
    path = _program(programs, "chromium")
    assert browser.find_browser() == path


def test_takes_playwrights_own_last(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = _program(programs, "own")
    monkeypatch.setattr(browser, "_playwrights_own", lambda: [own])
    assert browser.find_browser() == own


@pytest.mark.usefixtures("programs")
def test_finds_none_where_there_is_none() -> None:
    assert browser.find_browser() is None


@pytest.mark.parametrize(
    ("works", "tried"),
    [
        pytest.param("installed", ["installed"], id="installed"),
        pytest.param("debian", ["installed", "debian"], id="debian"),
        pytest.param("playwright", ["installed", "debian", "playwright"], id="playwright"),
    ],
)
def test_tries_the_cheapest_way_first_and_stops_at_the_first_that_works(
    works: str, tried: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    order: list[str] = []
    for name, way in (("find_browser", "installed"), ("_from_debian", "debian"), ("_from_playwright", "playwright")):
        monkeypatch.setattr(browser, name, _way(way, works=works, order=order))
    assert browser.main() == 0
    assert order == tried
    assert capsys.readouterr().out == f"Browser for the tests: /{works}\n"


def test_says_what_to_do_when_no_way_works(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("find_browser", "_from_debian", "_from_playwright"):
        monkeypatch.setattr(browser, name, lambda: None)
    assert browser.main() == 1
    assert capsys.readouterr().err == "No browser: install Chrome or Chromium, and run 'make test' again.\n"


@pytest.mark.usefixtures("programs")
def test_leaves_debians_package_alone_without_apt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "_is_debian", lambda: True)
    assert browser._from_debian() is None


def _way(way: str, *, works: str, order: list[str]) -> object:
    def attempt() -> str | None:
        order.append(way)
        return f"/{way}" if way == works else None

    return attempt
