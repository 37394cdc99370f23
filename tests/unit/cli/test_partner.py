"""``lupus-bot partner``: every command over a real database file, and what it says next."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.bootstrap import visitor_secret
from bot.cli import partner as commands
from bot.conversation.identity import identity_secret
from bot.db.partner_values import IdentityMode, KeyKind, Logo, Partner
from bot.db.partners import PartnerTakenError
from bot.db.stores import Stores
from bot.errors import NotFoundError
from bot.settings import ROOT, load
from tests.fakes.console import quick_engine
from tests.fakes.partners import full_partner
from tests.unit.cli.conftest import Ran

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
TAG = '<script src="https://guide.example.org/widget.js" data-partner="st-mary" async></script>'
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 10
BLANK = Partner(id="st-mary", name="St Mary", created_at=NOW, updated_at=NOW)


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stores:
    """The database, where the commands find it, at a time that stands."""
    stores = Stores.over(quick_engine(tmp_path / "transcripts.db"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("BOT_PUBLIC_URL", "https://guide.example.org/")
    monkeypatch.setattr(commands, "_now", lambda: NOW)
    return stores


def _try(*arguments: str) -> Result:
    return CliRunner().invoke(commands.partner_app, list(arguments), catch_exceptions=False)


def _run(*arguments: str) -> str:
    result = _try(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def _add(*arguments: str) -> str:
    return _run("add", "st-mary", "--name", "St Mary", *arguments)


def test_adding_prints_the_tag_for_the_partners_pages(stores: Stores) -> None:
    assert _add("--origin", "https://Portal.example.org") == (f"st-mary is added.\nIts pages need this tag:\n{TAG}\n")
    assert stores.partners.everyone() == [replace(BLANK, origins=("https://portal.example.org",))]


def test_adding_says_what_is_missing_for_its_pages_and_its_server(stores: Stores) -> None:
    assert _add() == (
        "st-mary is added.\nNo page may embed it yet: lupus-bot partner set st-mary --origin https://HOST\n"
    )
    assert _run("set", "st-mary", "--origin", "https://a.example.org", "--identity", "optional") == (
        "st-mary is changed.\nIts server signs user ids with a key: lupus-bot partner rotate st-mary --kind identity\n"
    )


def test_every_option_sets_its_field(stores: Stores, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PNG)
    given = {
        "--origin": ["https://a.example.org", "https://b.example.org"],
        "--language": ["en"],
        "--region": ["gb"],
        "--colour": ["#123456"],
        "--emergency-number": ["999", "112"],
        "--car-t-line": ["+44 20 7946 0000"],
        "--support-hours": ["On weekdays"],
        "--support-schedule": ["Mon-Fri 09:00-17:00"],
        "--support-timezone": ["Europe/London"],
        "--notify-to": ["desk@example.org"],
        "--messages-per-day": ["10"],
        "--messages-per-visitor": ["3"],
        "--identity": ["required"],
        "--logo": ["logo.png"],
    }
    _add(*(word for option, values in given.items() for value in values for word in (option, value)))
    full = full_partner(
        created_at=BLANK.created_at,
        updated_at=BLANK.updated_at,
        languages=("en",),
        origins=("https://a.example.org", "https://b.example.org"),
        has_logo=True,
    )
    assert stores.partners.everyone() == [full]
    assert stores.partners.logo(partner_id="st-mary") == Logo(PNG, "image/png")
    assert _run("set", "st-mary") == (
        "st-mary is changed.\nIts server signs user ids with a key: lupus-bot partner rotate st-mary --kind identity\n"
    )
    assert stores.partners.everyone() == [full]
    emptied = (
        "--origin", "--region", "--colour", "--emergency-number", "--car-t-line", "--support-hours",
        "--support-schedule", "--support-timezone", "--notify-to", "--logo",
    )  # fmt: skip
    _run("set", "st-mary", *(word for option in emptied for word in (option, "")))
    expected = replace(BLANK, messages_per_day=10, messages_per_visitor=3, identity=IdentityMode.REQUIRED)
    assert stores.partners.everyone() == [expected]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--origin", "https://*.example.org"], "--origin: 'https://*.example.org' is no", id="origin"),
        pytest.param(["--language", ""], "--language: Name at least one language.", id="no-language"),
        pytest.param(["--language", "xx"], "--language: The guide does not speak 'xx'", id="language"),
        pytest.param(["--region", "zz"], "--region: No emergency numbers are known for 'ZZ'", id="region"),
        pytest.param(["--colour", "#ffffff"], "--colour: #ffffff is too pale", id="colour"),
        pytest.param(["--emergency-number", "help"], "--emergency-number: 'help' is no", id="number"),
        pytest.param(["--car-t-line", "help"], "--car-t-line: 'help' is no", id="line"),
        pytest.param(["--notify-to", "desk"], "--notify-to: 'desk' is no", id="address"),
        pytest.param(["--support-schedule", "always"], "--support-schedule: 'always' cannot", id="schedule"),
        pytest.param(["--support-timezone", "Mars"], "--support-timezone: 'Mars' is no", id="timezone"),
        pytest.param(["--messages-per-day", "0"], "--messages-per-day: A number from 1", id="day"),
        pytest.param(["--messages-per-visitor", "0"], "--messages-per-visitor: A number from 1", id="visitor"),
        pytest.param(["--name", ""], "--name: The name is missing.", id="name"),
        pytest.param(["--logo", "a.svg"], "--logo: The logo must be a PNG or JPEG file.", id="logo"),
    ],
)
def test_an_option_that_cannot_be_taken_is_named_and_nothing_is_changed(
    stores: Stores, tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "a.svg").write_text("<svg/>")
    _add()
    for command in (["set", "st-mary"], ["add", "other", "--name", "Other"]):
        with pytest.raises(commands.PartnerCommandError) as caught:
            _run(*command, *arguments)
        assert caught.value.detail.startswith(said)
    assert stores.partners.everyone() == [BLANK]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["add", "st-mary"], id="add-without-a-name"),
        pytest.param(["add", "st-mary", "--name", "x", "--identity", "maybe"], id="identity"),
        pytest.param(["add", "st-mary", "--name", "x", "--messages-per-day", "many"], id="number"),
        pytest.param(["rotate", "st-mary"], id="rotate-without-a-kind"),
        pytest.param(["rotate", "st-mary", "--kind", "root"], id="kind"),
        pytest.param(["rotate", "st-mary", "--kind", "api", "--grace-hours", "-1"], id="grace-negative"),
        pytest.param(["rotate", "st-mary", "--kind", "api", "--grace-hours", "9999999999"], id="grace-endless"),
        pytest.param(["figures", "st-mary", "--days", "0"], id="no-days"),
        pytest.param(["figures", "st-mary", "--days", "367"], id="too-many-days"),
    ],
)
def test_a_command_that_is_written_wrongly_changes_nothing(stores: Stores, arguments: list[str]) -> None:
    assert _try(*arguments).exit_code == 2
    assert stores.partners.everyone() == []


def test_an_id_that_addresses_use_is_refused(stores: Stores) -> None:
    with pytest.raises(commands.PartnerCommandError, match=r"^ID: The id must be 1 to 40 small letters"):
        _run("add", "widget", "--name", "Widget")


def test_an_id_is_given_once(stores: Stores) -> None:
    _add()
    with pytest.raises(PartnerTakenError, match=r"There is a partner st-mary already\. Choose another id"):
        _add()


def test_in_production_no_page_without_https_is_taken(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    _add("--origin", "http://localhost:3000")
    monkeypatch.setenv("BOT_ENVIRONMENT", "production")
    monkeypatch.setenv("BOT_SECRET_KEY", "s" * 43)
    with pytest.raises(commands.PartnerCommandError, match="is not encrypted; the origin must begin with https://"):
        _run("set", "st-mary", "--name", "St Mary")


def test_the_list_has_a_line_for_each_partner(stores: Stores) -> None:
    assert _run("list") == (
        "No partners yet; add the first with 'lupus-bot partner add ID --name NAME --origin https://HOST'.\n"
    )
    _add("--origin", "https://a.example.org", "--identity", "required", "--messages-per-day", "9")
    _run("add", "b", "--name", "Li & Co")
    _run("disable", "b")
    stores.partner_counts.count_message(partner_id="st-mary", most=9, now=NOW)
    stores.partner_counts.count_message(partner_id="st-mary", most=9, now=NOW - timedelta(days=1))
    assert _run("list").splitlines() == [
        "b        switched off  0 origins   identity none      0 of 5000 today  Li & Co",
        "st-mary  active        1 origin    identity required  1 of 9 today  St Mary",
    ]


def test_all_of_a_partner_is_shown_but_no_secret(stores: Stores) -> None:
    _add("--origin", "https://a.example.org", "--colour", "#123456")
    secret = _run("rotate", "st-mary", "--kind", "api").splitlines()[1]
    assert stores.partners.api_key(shown=secret, now=NOW) is not None
    for origin in ("https://evil.example\x1b[2J", ""):
        stores.partner_counts.count_refused(partner_id="st-mary", origin=origin, reason="origin_not_listed", now=NOW)
    (key,) = stores.partners.keys(partner_id="st-mary")
    shown = _run("show", "st-mary")
    assert secret not in shown
    assert [re.sub(r"(?<=\S) {2,}", "  ", line) for line in shown.splitlines()] == [
        "id  st-mary",
        "name  St Mary",
        "origins  https://a.example.org",
        "languages  en",
        "colour  #123456",
        "region  none",
        "emergency numbers  none",
        "car t line  none",
        "support hours  none",
        "support schedule  none",
        "support timezone  UTC",
        "notify to  none",
        "messages per day  5000",
        "messages per visitor  200",
        "identity  none",
        "logo  none",
        "state  active",
        "added  2026-11-29 12:00 UTC",
        "changed  2026-11-29 12:00 UTC",
        "messages today  0 of 5000",
        "",
        "Keys:",
        f"  {key.id}  api  made 2026-11-29 12:00 UTC, works, last used 2026-11-29 12:00 UTC",
        "  A new one: lupus-bot partner rotate st-mary --kind api",
        "",
        "Tag for its pages:",
        f"  {TAG}",
        "",
        "Turned away:",
        *(
            f"       1  origin_not_listed  {each.origin!a}  last 2026-11-29 12:00 UTC"
            for each in stores.partner_counts.refused(partner_id="st-mary")
        ),
    ]
    assert "'https://evil.example\\x1b[2J'" in shown


def test_a_new_api_key_is_printed_once_and_says_when_older_ones_end(stores: Stores) -> None:
    _add()
    first = _run("rotate", "st-mary", "--kind", "api").splitlines()
    second = _run("rotate", "st-mary", "--kind", "api", "--grace-hours", "2").splitlines()
    new, old = sorted(stores.partners.keys(partner_id="st-mary"), key=lambda key: key.expires_at is not None)
    assert (old.expires_at, new.expires_at) == (NOW + timedelta(hours=2), None)
    assert second == [
        f"The new api key {new.id} of st-mary; it is shown once, so hand it on now:",
        second[1],
        f"The older key {old.id} ends 2026-11-29 14:00 UTC.",
    ]
    assert len(first) == 2
    assert stores.partners.api_key(shown=second[1], now=NOW) == new
    third = _run("rotate", "st-mary", "--kind", "api", "--grace-hours", "0")
    assert third.count("ended 2026-11-29 12:00 UTC.") == 2
    assert stores.partners.api_key(shown=second[1], now=NOW) is None


def test_the_secret_of_an_identity_key_is_the_one_that_signatures_are_checked_with(stores: Stores) -> None:
    _add()
    secret = _run("rotate", "st-mary", "--kind", "identity").splitlines()[1]
    (key,) = stores.partners.keys(partner_id="st-mary")
    assert key.kind is KeyKind.IDENTITY
    assert secret == identity_secret(master=visitor_secret(load()), partner_id="st-mary", key_id=key.id)


def test_a_key_is_ended_now(stores: Stores) -> None:
    _add()
    key, _ = stores.partners.rotate(
        partner_id="st-mary", kind=KeyKind.API, grace=timedelta(), by=commands._by(), now=NOW
    )
    assert _run("revoke", "st-mary", key.id) == f"The key {key.id} of st-mary has ended.\n"
    assert stores.partners.keys(partner_id="st-mary") == [replace(key, expires_at=NOW)]


def test_a_partner_is_switched_off_and_on(stores: Stores) -> None:
    _add()
    assert _run("disable", "st-mary") == (
        "st-mary is switched off; 'lupus-bot partner enable st-mary' switches it on again.\n"
    )
    assert not stores.partners.get(partner_id="st-mary").is_active
    assert _run("enable", "st-mary") == "st-mary is switched on.\n"
    assert stores.partners.get(partner_id="st-mary").is_active


def test_figures_are_printed_for_the_days_that_have_any(stores: Stores) -> None:
    _add()
    assert _run("figures", "st-mary").splitlines()[1:] == ["Nothing happened in these days."]
    for days_ago in (0, 0, 2, 40):
        stores.partner_counts.count_open(partner_id="st-mary", now=NOW - timedelta(days=days_ago))
    assert _run("figures", "st-mary", "--days", "30").splitlines() == [
        "day         opens  conversations  questions  handoffs  helpful  unhelpful  refused",
        "2026-11-27      1              0          0         0        0          0        0",
        "2026-11-29      2              0          0         0        0          0        0",
    ]


def test_figures_are_written_as_csv_to_a_file_or_printed(stores: Stores, tmp_path: Path) -> None:
    _add()
    stores.partner_counts.count_open(partner_id="st-mary", now=NOW)
    assert _run("figures", "st-mary", "--days", "2", "--csv", "f.csv") == "f.csv holds 2 days of st-mary.\n"
    expected = (
        "\ufeffpartner,day,opens,conversations,questions,handoffs,helpful,unhelpful,refused\r\n"
        "st-mary,2026-11-28,0,0,0,0,0,0,0\r\n"
        "st-mary,2026-11-29,1,0,0,0,0,0,0\r\n"
    ).encode()
    assert (tmp_path / "f.csv").read_bytes() == expected
    assert _try("figures", "st-mary", "--days", "2", "--csv", "-").stdout_bytes == expected


@pytest.mark.parametrize(
    "command",
    [["set"], ["show"], ["rotate", "--kind", "api"], ["disable"], ["enable"], ["figures"]],
    ids=lambda command: command[0],
)
def test_an_unknown_id_is_told_with_where_to_look(stores: Stores, command: list[str]) -> None:
    with pytest.raises(NotFoundError, match="There is no such partner; 'lupus-bot partner list' shows all"):
        _run(command[0], "none", *command[1:])


def test_an_unknown_key_is_told(stores: Stores) -> None:
    _add()
    with pytest.raises(NotFoundError, match="The partner has no such key"):
        _run("revoke", "st-mary", "none")


def test_every_change_is_audited_as_the_command_lines(stores: Stores) -> None:
    _add()
    for command in (
        ["set", "st-mary", "--colour", "#123456"], ["rotate", "st-mary", "--kind", "api"], ["disable", "st-mary"],
        ["enable", "st-mary"],
    ):  # fmt: skip
        _run(*command)
    assert [(entry.action, entry.actor) for entry in reversed(stores.audit.entries(limit=10))] == [
        (action, "command line")
        for action in (
            "partner.added", "partner.changed", "partner.key_made", "partner.disabled", "partner.enabled"
        )
    ]  # fmt: skip


def test_a_logo_that_is_not_there_is_one_line(stores: Stores, run: Callable[..., Ran]) -> None:
    ran = run("partner", "add", "st-mary", "--name", "St Mary", "--logo", "none.png")
    assert (ran.code, ran.out, ran.err) == (
        1, "", "lupus-bot: none.png cannot be used: No such file or directory.\n"
    )  # fmt: skip
    assert stores.partners.everyone() == []


def test_every_command_of_the_document_runs(stores: Stores, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PNG)
    text = (ROOT / "docs" / "partners.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("lupus-bot partner ")]
    assert len(lines) > 10
    for line in lines:
        words = shlex.split(line)[2:]
        if words[0] == "revoke":
            words[2] = stores.partners.keys(partner_id=words[1])[0].id
        _run(*words)
