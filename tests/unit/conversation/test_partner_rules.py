"""What a partner may be: each field with what is taken, how it is then spelt, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.conversation.partner_rules import (
    PartnerError,
    checked_logo,
    checked_partner,
    contrast,
    contrast_on_white,
    ratio_in_words,
    spoken_languages,
)
from bot.db.partner_values import Logo, Partner
from bot.db.partners import blank_partner
from bot.settings import ROOT
from tests.fakes.partners import full_partner

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
PARTNER = blank_partner(partner_id="st-mary", name="St Mary", now=NOW)
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"


def _checked(*, is_production: bool = True, **fields: Any) -> Partner:
    return checked_partner(
        replace(PARTNER, **fields), regions=("DE", "GB"), languages=("de", "en"), is_production=is_production
    )


def _error(**fields: Any) -> PartnerError:
    with pytest.raises(PartnerError) as caught:
        _checked(**fields)
    return caught.value


def test_a_partner_whose_fields_are_well_written_stays_as_it_is() -> None:
    full = full_partner(is_active=False, has_logo=True)
    assert checked_partner(full, regions=("GB",), languages=("de", "en"), is_production=True) == full


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"id": "a"}, {"id": "a"}, id="id-of-one-letter"),
        pytest.param({"id": "a" * 40}, {"id": "a" * 40}, id="id-of-forty"),
        pytest.param({"name": "  St\n Mary\t"}, {"name": "St Mary"}, id="name-in-one-line"),
        pytest.param({"name": "=1+1"}, {"name": "=1+1"}, id="name-like-a-formula"),
        pytest.param({"name": "<b>"}, {"name": "<b>"}, id="name-like-markup"),
        pytest.param({"name": "می‌خواهم"}, {"name": "می‌خواهم"}, id="name-with-a-joiner"),
        pytest.param({"languages": ("de", "de", "en")}, {"languages": ("de", "en")}, id="language-twice"),
        pytest.param({"colour": " #4B3F92 "}, {"colour": "#4b3f92"}, id="colour-in-capitals"),
        pytest.param({"colour": "  "}, {"colour": None}, id="colour-blank"),
        pytest.param({"region": " gb "}, {"region": "GB"}, id="region-in-small-letters"),
        pytest.param({"region": " "}, {"region": None}, id="region-blank"),
        pytest.param({"car_t_line": "  "}, {"car_t_line": None}, id="line-blank"),
        pytest.param({"car_t_line": " +44  20 7946 "}, {"car_t_line": "+44 20 7946"}, id="line-spaces"),
        pytest.param({"car_t_line": "(555) 123-4567"}, {"car_t_line": "(555) 123-4567"}, id="line-brackets"),
        pytest.param({"car_t_line": "555.123.4567"}, {"car_t_line": "555.123.4567"}, id="line-dots"),
        pytest.param(
            {"emergency_numbers": ("999", " 999", "112")}, {"emergency_numbers": ("999", "112")}, id="number-twice"
        ),
        pytest.param({"support_hours": " "}, {"support_hours": None}, id="hours-blank"),
        pytest.param(
            {"support_schedule": " Mon-Fri  09:00-17:00 "},
            {"support_schedule": "Mon-Fri 09:00-17:00"},
            id="schedule-spaces",
        ),
        pytest.param({"support_schedule": ""}, {"support_schedule": None}, id="schedule-blank"),
        pytest.param({"support_timezone": " "}, {"support_timezone": "UTC"}, id="timezone-blank"),
        pytest.param({"support_timezone": " Europe/Berlin"}, {"support_timezone": "Europe/Berlin"}, id="timezone"),
        pytest.param({"notify_to": (" a@b.org ", "a@b.org")}, {"notify_to": ("a@b.org",)}, id="address-twice"),
        pytest.param({"messages_per_day": 10_000_000}, {"messages_per_day": 10_000_000}, id="most-messages"),
        pytest.param({"messages_per_visitor": 1}, {"messages_per_visitor": 1}, id="one-message"),
    ],
)
def test_a_field_is_kept_in_its_usual_spelling(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    assert _checked(**fields) == replace(PARTNER, **expected)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        pytest.param("HTTPS://Portal.Example.ORG", "https://portal.example.org", id="capitals"),
        pytest.param("https://portal.example.org:443", "https://portal.example.org", id="usual-port"),
        pytest.param("https://portal.example.org:", "https://portal.example.org", id="empty-port"),
        pytest.param("https://portal.example.org:08443", "https://portal.example.org:8443", id="port-with-a-zero"),
        pytest.param("  https://intranet\n", "https://intranet", id="one-word-and-blanks"),
        pytest.param("https://xn--spital-zrich-thb.ch", "https://xn--spital-zrich-thb.ch", id="punycode"),
        pytest.param("https://192.0.2.7:8443", "https://192.0.2.7:8443", id="ipv4"),
        pytest.param("https://[2001:DB8:0:0::1]", "https://[2001:db8::1]", id="ipv6-as-a-browser-writes-it"),
        pytest.param("https://[::1]:443", "https://[::1]", id="ipv6-usual-port"),
        pytest.param("https://localhost:8443", "https://localhost:8443", id="this-machine-encrypted"),
        pytest.param("https://" + ".".join(["a" * 63] * 3), "https://" + ".".join(["a" * 63] * 3), id="long-labels"),
    ],
)
def test_an_origin_is_kept_as_a_browser_writes_it(typed: str, kept: str) -> None:
    assert _checked(origins=(typed, typed)).origins == (kept,)


@pytest.mark.parametrize(
    "origin",
    [
        pytest.param("", id="empty"),
        pytest.param("*", id="any"),
        pytest.param("https://*", id="any-host"),
        pytest.param("https://*.example.org", id="wildcard"),
        pytest.param("https://example.*", id="wildcard-behind"),
        pytest.param("null", id="null"),
        pytest.param("portal.example.org", id="no-scheme"),
        pytest.param("//portal.example.org", id="no-scheme-but-slashes"),
        pytest.param("https://", id="no-host"),
        pytest.param("https://:443", id="port-alone"),
        pytest.param("https://portal.example.org/", id="slash"),
        pytest.param("https://portal.example.org/chat", id="path"),
        pytest.param("https://portal.example.org?", id="query"),
        pytest.param("https://portal.example.org#a", id="fragment"),
        pytest.param("https://user@portal.example.org", id="user"),
        pytest.param("https://user:pass@portal.example.org", id="password"),
        pytest.param("https://@portal.example.org", id="empty-user"),
        pytest.param("https://good.org@evil.org", id="host-as-user"),
        pytest.param("https://good.org\\@evil.org", id="backslash"),
        pytest.param("javascript:alert(1)", id="javascript"),
        pytest.param("data:text/html,x", id="data"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("ftp://portal.example.org", id="ftp"),
        pytest.param("wss://portal.example.org", id="websocket"),
        pytest.param("https://spital-zürich.ch", id="unicode"),
        pytest.param("https://portal.ехample.org", id="look-alike"),
        pytest.param("https://portal.example.org.", id="dot-at-the-end"),
        pytest.param("https://portal..org", id="empty-label"),
        pytest.param("https://-portal.org", id="hyphen-first"),
        pytest.param("https://a_b.org", id="underscore"),
        pytest.param("https://a.org b.org", id="two-in-one-line"),
        pytest.param("https://a.org; script-src *", id="into-the-policy"),
        pytest.param("https://a.org, https://b.org", id="comma"),
        pytest.param("https://a.org\nhttps://b.org", id="line-break"),
        pytest.param("https://a.o\trg", id="tab-inside"),
        pytest.param("https://portal.example.org:0", id="port-zero"),
        pytest.param("https://portal.example.org:65536", id="port-too-high"),
        pytest.param("https://portal.example.org:x", id="port-no-number"),
        pytest.param("https://portal.example.org:-1", id="port-negative"),
        pytest.param("https://::1", id="ipv6-without-brackets"),
        pytest.param("https://[::1", id="ipv6-half"),
        pytest.param("https://[fe80::1%25eth0]", id="ipv6-zone"),
        pytest.param("https://[fe80::1%eth0]", id="ipv6-zone-plain"),
        pytest.param("https://[::ffff:192.0.2.1]", id="ipv4-in-ipv6"),
        pytest.param("https://[x]", id="brackets-around-a-word"),
        pytest.param("https://127.1", id="ipv4-short"),
        pytest.param("https://2130706433", id="ipv4-as-a-number"),
        pytest.param("https://0x7f.0.0.0x1", id="ipv4-hexadecimal"),
        pytest.param("https://1.2.3.4.5", id="ipv4-of-five"),
        pytest.param("https://" + "a" * 64 + ".org", id="label-too-long"),
        pytest.param("https://" + "a." * 126 + "org", id="host-too-long"),
        pytest.param("https://" + "a" * 100_000, id="huge"),
        pytest.param("https://a\x00.org", id="nul"),
        pytest.param("https://a\ud800.org", id="half-a-character"),
    ],
)
@pytest.mark.parametrize("is_production", [True, False], ids=["production", "development"])
def test_what_is_no_exact_origin_is_refused_and_shown_cut(origin: str, is_production: bool) -> None:
    error = _error(origins=("https://good.example.org", origin), is_production=is_production)
    assert error.field == "origins"
    assert error.detail.endswith(
        " is no exact origin. Write scheme and host, such as https://portal.example.org, without a path or a "
        "wildcard; foreign letters in the browser's spelling (xn--…)."
    )
    assert len(error.detail) < 600


@pytest.mark.parametrize(
    ("origin", "kept"),
    [
        pytest.param("http://localhost:3000", "http://localhost:3000", id="localhost"),
        pytest.param("http://localhost:80", "http://localhost", id="usual-port"),
        pytest.param("http://app.localhost", "http://app.localhost", id="below-localhost"),
        pytest.param("http://127.0.0.1:3000", "http://127.0.0.1:3000", id="ipv4"),
        pytest.param("http://[0:0::1]:3000", "http://[::1]:3000", id="ipv6"),
    ],
)
def test_without_https_this_machine_alone_and_outside_production_is_taken(origin: str, kept: str) -> None:
    assert _checked(origins=(origin,), is_production=False).origins == (kept,)
    error = _error(origins=(origin,))
    assert (error.field, error.detail) == (
        "origins", f"{origin!r} is not encrypted; the origin must begin with https://."
    )  # fmt: skip


@pytest.mark.parametrize(
    "origin",
    ["http://portal.example.org", "http://localhost.evil.org", "http://notlocalhost", "http://192.168.0.1", "http://128.0.0.1"],
)  # fmt: skip
def test_other_machines_need_https_in_development_too(origin: str) -> None:
    error = _error(origins=(origin,), is_production=False)
    assert (error.field, error.detail) == (
        "origins", f"{origin!r} is not encrypted; the origin must begin with https://."
    )  # fmt: skip


def test_twenty_origins_are_taken_and_a_thousand_refused() -> None:
    many = tuple(f"https://p{number}.example.org" for number in range(1000))
    assert _checked(origins=many[:20]).origins == many[:20]
    for count in (21, 1000):
        error = _error(origins=many[:count])
        assert (error.field, error.detail) == ("origins", "More than 20 origins.")


_ID_DETAIL = (
    "The id must be 1 to 40 small letters, digits and hyphens, such as st-mary, and no word that addresses use already."
)
_NUMBER_DETAIL = "is no telephone number; write one such as +44 20 7946 0000."
_AMOUNT_DETAIL = "A number from 1 to 10,000,000 is needed."
_UNSEEN_DETAIL = "Only letters, digits and signs that can be seen are taken."


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        *(
            pytest.param({"id": value}, _ID_DETAIL, id=f"id-{name}")
            for name, value in {
                "empty": "",
                "capitals": "St-Mary",
                "hyphen-first": "-a",
                "hyphen-last": "a-",
                "too-long": "a" * 41,
                "path": "../etc",
                "slash": "a/b",
                "line-break": "a\n",
                "look-alike": "st-m\u0430ry",
                "blank": "st mary",
                "formula": "=a",
                "reserved": "widget",
            }.items()
        ),
        pytest.param({"name": " \n"}, "The name is missing.", id="name-blank"),
        pytest.param({"name": "x" * 81}, "More than 80 characters; shorten it.", id="name-too-long"),
        pytest.param({"name": "a\x00b"}, _UNSEEN_DETAIL, id="name-nul"),
        pytest.param({"name": "a\x1b[31mb"}, _UNSEEN_DETAIL, id="name-terminal-code"),
        pytest.param({"name": "a\u202eb"}, _UNSEEN_DETAIL, id="name-turned-round"),
        pytest.param({"name": "a\ud800"}, _UNSEEN_DETAIL, id="name-half-a-character"),
        pytest.param({"languages": ()}, "Name at least one language.", id="languages-none"),
        pytest.param(
            {"languages": ("en", "fr")}, "The guide does not speak 'fr'; it speaks de, en.", id="languages-unknown"
        ),
        pytest.param(
            {"languages": ("../de",)}, "The guide does not speak '../de'; it speaks de, en.", id="languages-path"
        ),
        pytest.param({"colour": "#fff"}, "'#fff' is no colour; write one such as #4b3f92.", id="colour-short"),
        pytest.param({"colour": "purple"}, "'purple' is no colour; write one such as #4b3f92.", id="colour-word"),
        pytest.param(
            {"colour": "#4b3f92;}*{"}, "'#4b3f92;}*{' is no colour; write one such as #4b3f92.", id="colour-css"
        ),
        pytest.param(
            {"colour": "#ffffff"},
            "#ffffff is too pale to read: its contrast on the chat's white is 1 to 1, and 4.5 to 1 is needed. "
            "Choose a darker shade.",
            id="colour-white",
        ),
        pytest.param(
            {"colour": "#777777"},
            "#777777 is too pale to read: its contrast on the chat's white is 4.29 to 1, and 4.5 to 1 is needed. "
            "Choose a darker shade.",
            id="colour-nearly",
        ),
        pytest.param({"region": "zz"}, "No emergency numbers are known for 'ZZ'; known: DE, GB.", id="region-unknown"),
        pytest.param({"emergency_numbers": ("",)}, f"'' {_NUMBER_DETAIL}", id="number-empty"),
        pytest.param({"emergency_numbers": ("112", "help")}, f"'help' {_NUMBER_DETAIL}", id="number-word"),
        pytest.param({"emergency_numbers": ("1",)}, f"'1' {_NUMBER_DETAIL}", id="number-one-digit"),
        pytest.param({"emergency_numbers": ("١١٢",)}, f"'١١٢' {_NUMBER_DETAIL}", id="number-other-digits"),
        pytest.param(
            {"emergency_numbers": ("112](javascript:x)",)}, f"'112](javascript:x)' {_NUMBER_DETAIL}", id="number-link"
        ),
        pytest.param({"emergency_numbers": tuple(map(str, range(110, 116)))}, "More than 5 of them.", id="numbers"),
        pytest.param({"car_t_line": "9" * 26}, f"'{'9' * 26}' {_NUMBER_DETAIL}", id="line-too-long"),
        pytest.param({"car_t_line": "tel:112"}, f"'tel:112' {_NUMBER_DETAIL}", id="line-address"),
        pytest.param({"support_hours": "x" * 201}, "More than 200 characters; shorten it.", id="hours-too-long"),
        pytest.param(
            {"support_schedule": "always"},
            "'always' cannot be read; write it like “Mon-Fri 09:00-17:00; Sat 10:00-12:00”.",
            id="schedule",
        ),
        pytest.param(
            {"support_schedule": "Mon 09:00-10:00;" * 1000},
            "More than 200 characters; shorten it.",
            id="schedule-too-long",
        ),
        *(
            pytest.param(
                {"support_timezone": value},
                f"{value!r} is no time zone this machine knows; write one such as Europe/Berlin.",
                id=f"timezone-{name}",
            )
            for name, value in {
                "unknown": "Mars/Base",
                "path": "../../etc/passwd",
                "folder": "Europe",
                "nul": "a\x00b",
            }.items()
        ),
        *(
            pytest.param(
                {"notify_to": (value,)},
                f"{value!r} is no e-mail address; write one such as desk@example.org.",
                id=f"address-{name}",
            )
            for name, value in {
                "empty": "",
                "no-at": "desk",
                "two-ats": "a@b@c",
                "list": "a@b.org,c@d.org",
                "semicolon": "a@b.org;c",
                "named": "Desk <a@b.org>",
                "header": "a@b.org\r\nBcc: c@d.org",
                "nul": "a\x00@b.org",
                "quotes": '"a"@b.org',
            }.items()
        ),
        pytest.param(
            {"notify_to": tuple(f"d{number}@example.org" for number in range(6))},
            "More than 5 of them.",
            id="addresses",
        ),
        pytest.param({"messages_per_day": 0}, _AMOUNT_DETAIL, id="day-zero"),
        pytest.param({"messages_per_day": 10_000_001}, _AMOUNT_DETAIL, id="day-too-many"),
        pytest.param({"messages_per_visitor": -1}, _AMOUNT_DETAIL, id="visitor-negative"),
    ],
)
def test_a_field_that_cannot_be_taken_is_named_with_what_to_write(fields: dict[str, Any], detail: str) -> None:
    error = _error(**fields)
    assert (error.field, error.detail) == (next(iter(fields)), detail)


def test_what_is_repeated_of_a_huge_text_is_cut() -> None:
    error = _error(region="x" * 100_000)
    assert error.detail == f"No emergency numbers are known for '{'X' * 80}…'; known: DE, GB."


def test_a_colour_at_the_limit_is_never_told_to_have_what_it_lacks() -> None:
    assert (ratio_in_words(4.4999), ratio_in_words(4.5), ratio_in_words(21.0)) == ("4.49 to 1", "4.5 to 1", "21 to 1")
    assert _checked(colour="#737373").colour == "#737373"
    assert contrast_on_white("#737373") >= 4.5 > contrast_on_white("#757575")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#ffffff", "#000000", 21.0), ("#777777", "#ffffff", 4.478)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.001)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        pytest.param(PNG + b"x", "image/png", id="png"),
        pytest.param(JPEG + b"x", "image/jpeg", id="jpeg"),
        pytest.param(PNG.ljust(100_000, b"x"), "image/png", id="just-small-enough"),
    ],
)
def test_a_small_png_or_jpeg_is_a_logo(content: bytes, media_type: str) -> None:
    assert checked_logo(content) == Logo(content, media_type)


_NO_PICTURE = "The logo must be a PNG or JPEG file."


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        pytest.param(b"", _NO_PICTURE, id="empty"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", _NO_PICTURE, id="svg"),
        pytest.param(b"<?xml version='1.0'?><svg/>", _NO_PICTURE, id="svg-with-a-head"),
        pytest.param(b"GIF89a", _NO_PICTURE, id="gif"),
        pytest.param(b"RIFF\x00\x00\x00\x00WEBP", _NO_PICTURE, id="webp"),
        pytest.param(b"\xef\xbb\xbf" + PNG, _NO_PICTURE, id="png-behind-a-mark"),
        pytest.param(PNG[:7], _NO_PICTURE, id="half-a-beginning"),
        pytest.param(PNG.ljust(100_001, b"x"), "The logo has more than 100 kB; make it smaller.", id="too-large"),
    ],
)
def test_anything_else_is_no_logo(content: bytes, detail: str) -> None:
    with pytest.raises(PartnerError) as caught:
        checked_logo(content)
    assert (caught.value.field, caught.value.detail) == ("logo", detail)


def test_a_language_is_spoken_where_replies_and_the_chats_words_are_there(tmp_path: Path) -> None:
    for name in ("replies.en", "chat.en", "replies.de", "chat.fr", "chat.de", "replies.es"):
        (tmp_path / f"{name}.yaml").touch()
    (tmp_path / "chat.es.yaml.bak").touch()
    assert spoken_languages(tmp_path) == ("de", "en")
    assert "en" in spoken_languages(ROOT / "prompts")
