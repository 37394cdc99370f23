from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import staff as commands
from bot.db.staff import LastAdminError, NameTakenError, StaffStore
from bot.domain import Role
from tests.fakes.console import START, quick_engine


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StaffStore:
    """The accounts, where the commands find them."""
    store = StaffStore(quick_engine(tmp_path / "transcripts.db"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOT_DATA_DIR", str(tmp_path))
    return store


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(commands.staff_app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_adding_prints_a_link_and_no_password(store: StaffStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_PUBLIC_URL", "https://guide.example.org/")
    output = _run("add", "Maria", "--role", "admin")
    first, link = output.splitlines()
    assert first == "maria (admin) chooses a password here, once and within 24 hours:"
    assert re.fullmatch(r"https://guide\.example\.org/staff/invite/[\w-]{43}", link)
    member = store.find(name="maria")
    assert member is not None
    assert (member.display_name, member.role, member.has_password) == ("Maria", Role.ADMIN, False)


def test_without_a_public_address_the_link_leads_to_this_machine(
    store: StaffStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOT_HOST", "::")
    monkeypatch.setenv("BOT_PORT", "8123")
    assert "\nhttp://localhost:8123/staff/invite/" in _run("add", "maria", "--role", "admin")


def test_nobody_is_added_without_a_role(store: StaffStore) -> None:
    result = CliRunner().invoke(commands.staff_app, ["add", "maria"])
    assert result.exit_code == 2
    assert store.is_empty()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["x"], "Name: Take 2 to 60 of", id="name"),
        pytest.param(["maria", "--email", "nobody"], "Email: This is no e-mail address.", id="email"),
        pytest.param(["maria", "--display-name", "x" * 61], "Display name: Take 1 to 60", id="display-name"),
    ],
)
def test_particulars_that_cannot_be_taken_are_named(store: StaffStore, arguments: list[str], said: str) -> None:
    with pytest.raises(commands.StaffError, match=said):
        _run("add", "--role", "agent", *arguments)
    assert store.is_empty()


def test_a_name_is_given_once(store: StaffStore) -> None:
    _run("add", "maria", "--role", "admin")
    with pytest.raises(NameTakenError):
        _run("add", "MARIA", "--role", "agent")


def test_the_list_shows_who_may_sign_in(store: StaffStore) -> None:
    assert "No staff yet" in _run("list")
    _run("add", "maria", "--role", "admin")
    _run("add", "li", "--role", "agent", "--display-name", "Li")
    _run("disable", "li")
    assert [line.split() for line in _run("list").splitlines()] == [
        ["li", "agent", "switched", "off", "never", "seen", "Li"],
        ["maria", "admin", "invited", "never", "seen", "Maria"],
    ]


def test_a_role_a_switch_and_a_new_link(store: StaffStore) -> None:
    _run("add", "maria", "--role", "admin")
    before = _run("add", "li", "--role", "agent").splitlines()[-1].rpartition("/")[2]
    assert _run("role", "li", "lead") == "li has the role lead now.\n"
    after = _run("invite", "li").splitlines()[-1].rpartition("/")[2]
    assert store.invited(token=before, now=START) is None
    assert after != before
    assert _run("disable", "li") == "li is switched off.\n"
    with pytest.raises(commands.StaffError, match="li is switched off; 'lupus-bot staff enable li' comes first"):
        _run("invite", "li")
    assert _run("enable", "li") == "li may sign in again.\n"


def test_the_last_admin_stays(store: StaffStore) -> None:
    _run("add", "maria", "--role", "admin")
    with pytest.raises(LastAdminError):
        _run("disable", "maria")


@pytest.mark.parametrize("command", [["role", "nobody", "lead"], ["disable", "nobody"], ["invite", "nobody"]])
def test_an_unknown_name_is_told(store: StaffStore, command: list[str]) -> None:
    with pytest.raises(commands.StaffError, match="Nobody signs in as nobody"):
        _run(*command)
