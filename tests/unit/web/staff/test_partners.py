"""The partners' pages: added, changed, given keys and ended by admins, and by nobody else."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.db.partner_values import KeyKind, Logo, Partner
from bot.db.partners import blank_partner
from bot.domain import Role
from bot.web.staff.partner_form import form_of
from bot.web.widget.loader import read_loaders, tag
from tests.fakes.console import ADMIN, Console, StaffClient, make_console
from tests.fakes.partners import full_partner, make_partner_desk

PATH = "/staff/partners/st-mary"
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return make_console(tmp_path, partners=make_partner_desk())


@pytest.fixture
def admin(console: Console) -> StaffClient:
    return console.client(Role.ADMIN, "anna")


@pytest.fixture
def partner(console: Console) -> Partner:
    now = console.clock()
    return console.stores.partners.add(
        replace(blank_partner(partner_id="st-mary", name="St Mary", now=now), origins=("https://portal.example.org",)),
        by=ADMIN,
        now=now,
    )


def _field(page: str, name: str) -> tuple[str, bool, str]:
    """Return what stands in a field, whether it is marked as wrong, and what is said below it."""
    found = re.search(rf'<(?:input|textarea) id="{name}"[^>]*>(?:\n?([^<]*)</textarea>)?', page)
    assert found is not None
    given = re.search(r' value="([^"]*)"', found[0])
    said = re.search(rf'<p id="{name}-hint"[^>]*>([^<]*)</p>', page)
    value = given[1] if given else found[1] or ""
    return html.unescape(value), 'aria-invalid="true"' in found[0], html.unescape(said[1]) if said else ""


def _secret(page: str) -> str:
    found = re.search(r'id="secret">([^<]+)<', page)
    assert found is not None
    return found[1]


def test_an_admin_adds_a_partner_and_comes_to_its_page(console: Console, admin: StaffClient) -> None:
    assert "No partners yet." in admin.get("/staff/partners").text
    given = {"id": " st-mary ", "name": " St  Mary", "origins": "https://Portal.example.org\r\nhttps://b.example.org"}
    response = admin.post("/staff/partners", data=given)
    assert (response.status_code, response.headers["location"]) == (303, PATH)
    blank = blank_partner(partner_id="st-mary", name="St Mary", now=console.clock())
    expected = replace(blank, origins=("https://portal.example.org", "https://b.example.org"), languages=("de",))
    assert console.stores.partners.everyone() == [expected]
    assert "St Mary was added." in admin.get(PATH).text


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        pytest.param({"id": "St Mary"}, "id", "The id must be 1 to 40 small letters", id="id"),
        pytest.param({"id": "st-mary"}, "id", "There is a partner st-mary already.", id="id-taken"),
        pytest.param({"name": " "}, "name", "The name is missing.", id="name"),
        pytest.param({"origins": "https://*.example.org"}, "origins", "'https://*.example.org' is no", id="origin"),
        pytest.param({"origins": "http://localhost"}, "origins", "'http://localhost' is not encrypted", id="http"),
    ],
)
def test_what_cannot_be_added_is_told_beside_its_field_and_stays_typed(
    console: Console, admin: StaffClient, partner: Partner, *, given: dict[str, str], field: str, said: str
) -> None:
    typed = {"id": "new", "name": '="<b>', "origins": "https://b.example.org"} | given
    response = admin.post("/staff/partners", data=typed)
    assert response.status_code == 400
    fields = {name: _field(response.text, name) for name in typed}
    assert {name: value for name, (value, _, _) in fields.items()} == typed
    assert [name for name, (_, is_wrong, _) in fields.items() if is_wrong] == [field]
    assert fields[field][2].startswith(said)
    assert "<b>" not in response.text
    assert console.stores.partners.everyone() == [partner]


def test_every_field_is_changed_by_the_form(console: Console, admin: StaffClient, partner: Partner) -> None:
    console.clock.forward(minutes=10)
    expected = full_partner(
        name="St Mary's", languages=("en", "de"), created_at=partner.created_at, updated_at=console.clock()
    )
    response = admin.post(PATH, data=form_of(expected))
    assert (response.status_code, response.headers["location"]) == (303, PATH)
    assert console.stores.partners.get(partner_id="st-mary") == expected
    page = admin.get(PATH).text
    shown = {name: _field(page, name)[0] for name in form_of(expected) if name not in ("identity", "region")}
    assert shown == {name: value for name, value in form_of(expected).items() if name in shown}
    assert '<option value="required" selected>' in page
    assert '<option value="GB" selected>' in page
    assert "The saved colour #123456 has a contrast of 12.19 to 1 on white: easy enough to read." in page


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "x" * 81, "More than 80 characters; shorten it."),
        ("languages", "en, fr", "The guide does not speak 'fr'; it speaks de, en."),
        ("origins", "\n".join(f"https://p{n}.example.org" for n in range(1000)), "More than 20 origins."),
        ("colour", "#cccccc", "#cccccc is too pale to read"),
        ("emergency_numbers", "112\nhelp", "'help' is no telephone number"),
        ("car_t_line", "javascript:x", "'javascript:x' is no telephone number"),
        ("support_hours", "x" * 201, "More than 200 characters; shorten it."),
        ("support_schedule", "always", "'always' cannot be read; write it like"),
        ("support_timezone", "Mars", "'Mars' is no time zone"),
        ("notify_to", "desk", "'desk' is no e-mail address"),
        ("messages_per_day", "many", "Write a whole number, such as 5000."),
        ("messages_per_visitor", "0", "A number from 1 to 10,000,000 is needed."),
    ],
)
def test_what_cannot_be_saved_is_told_beside_its_field_and_nothing_typed_is_lost(
    console: Console, admin: StaffClient, partner: Partner, *, field: str, typed: str, said: str
) -> None:
    given = form_of(partner) | {"name": "Typed", "support_hours": "typed too"} | {field: typed}
    response = admin.post(PATH, data=given)
    assert response.status_code == 400
    fields = {name: _field(response.text, name) for name in given if name not in ("identity", "region")}
    assert {name: value for name, (value, _, _) in fields.items()} == {name: given[name] for name in fields}
    assert [name for name, (_, is_wrong, _) in fields.items() if is_wrong] == [field]
    assert fields[field][2].startswith(said)
    assert f'<a href="#{field}">It says there why.</a>' in response.text
    assert console.stores.partners.get(partner_id="st-mary") == partner


@pytest.mark.parametrize(("field", "said"), [("identity", "Choose one of these."), ("region", "No emergency numbers")])
def test_a_choice_that_is_not_offered_is_refused(
    console: Console, admin: StaffClient, partner: Partner, field: str, said: str
) -> None:
    response = admin.post(PATH, data={field: "zz"})
    assert (response.status_code, f'<p class="quiet">{said}' in response.text) == (400, True)
    assert console.stores.partners.get(partner_id="st-mary") == partner


def test_what_somebody_else_saved_meanwhile_is_not_written_over_unseen(
    console: Console, admin: StaffClient, partner: Partner
) -> None:
    first = admin.get(PATH).text
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', first)
    assert seen is not None
    theirs = replace(partner, origins=("https://new.example.org",), name="Renamed")
    console.stores.partners.save(theirs, by=ADMIN, now=console.clock())
    mine = form_of(partner) | {"name": "Mine", "seen": seen[1]}
    # A mistake of one's own is told first, and makes nothing forgotten.
    mistaken = admin.post(PATH, data=mine | {"messages_per_day": "many"})
    assert (mistaken.status_code, f'name="seen" value="{seen[1]}"' in mistaken.text) == (400, True)
    told = admin.post(PATH, data=mine)
    assert told.status_code == 409
    assert "Not saved yet: somebody else changed this partner" in told.text
    assert _field(told.text, "name") == ("Mine", True, "Saved now: Renamed. Yours is written when you save again.")
    assert _field(told.text, "origins")[2].startswith("Saved now: https://new.example.org.")
    assert console.stores.partners.get(partner_id="st-mary").name == "Renamed"
    again = re.search(r'name="seen" value="([0-9a-f]+)"', told.text)
    assert again is not None
    assert admin.post(PATH, data=mine | {"seen": again[1]}).status_code == 303
    assert console.stores.partners.get(partner_id="st-mary").name == "Mine"


def test_a_form_changes_nothing_that_it_does_not_show(console: Console, admin: StaffClient, partner: Partner) -> None:
    response = admin.post(PATH, data={"id": "other", "is_active": "", "has_logo": "1", "created_at": "x"})
    assert response.status_code == 303
    assert console.stores.partners.everyone() == [partner]


def test_a_partner_is_switched_off_and_on(console: Console, admin: StaffClient, partner: Partner) -> None:
    for change, is_active, notice in (("disable", False, "switched off"), ("enable", True, "switched on")):
        assert admin.post(f"{PATH}/{change}").headers["location"] == PATH
        assert console.stores.partners.get(partner_id="st-mary").is_active is is_active
        assert f"St Mary is {notice}." in admin.get(PATH).text


def test_an_api_key_is_shown_once_and_older_ones_end_after_the_grace(
    console: Console, admin: StaffClient, partner: Partner
) -> None:
    first = _secret(admin.post(f"{PATH}/keys", data={"kind": "api", "grace": "0"}).text)
    page = admin.post(f"{PATH}/keys", data={"kind": "api", "grace": "24"}).text
    second = _secret(page)
    store, now = console.stores.partners, console.clock()
    new, old = sorted(store.keys(partner_id="st-mary"), key=lambda key: key.expires_at is not None)
    assert (first.split("_")[:2], second.split("_")[:2]) == (["guide", old.id], ["guide", new.id])
    assert (old.expires_at, new.expires_at) == (now + timedelta(hours=24), None)
    assert f"<code>{old.id}</code> works until" in page
    shown = admin.get(PATH).text
    assert (first in shown, second in shown, "ends in 1 d" in shown) == (False, False, True)
    assert store.api_key(shown=second, now=now) is not None
    admin.post(f"{PATH}/keys", data={"kind": "api", "grace": "0"})
    assert store.api_key(shown=second, now=now) is None


def test_the_secret_of_an_identity_key_is_derived_and_shown_with_its_id(
    console: Console, admin: StaffClient, partner: Partner
) -> None:
    page = admin.post(f"{PATH}/keys", data={"kind": "identity", "grace": "24"}).text
    (key,) = console.stores.partners.keys(partner_id="st-mary")
    assert key.kind is KeyKind.IDENTITY
    assert _secret(page) == f"gids_of_st-mary_{key.id}"
    assert f"<code>kid</code> is <code>{key.id}</code>" in page


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="empty"),
        pytest.param({"kind": "api"}, id="no-grace"),
        pytest.param({"kind": "root", "grace": "24"}, id="kind"),
        pytest.param({"kind": "api", "grace": "9999999"}, id="grace-too-long"),
        pytest.param({"kind": "api", "grace": "-1"}, id="grace-negative"),
    ],
)
def test_a_key_that_is_not_offered_is_not_made(
    console: Console, admin: StaffClient, partner: Partner, given: dict[str, str]
) -> None:
    response = admin.post(f"{PATH}/keys", data=given)
    assert (response.status_code, "Choose what the key is for and when older ones end." in response.text) == (400, True)
    assert console.stores.partners.keys(partner_id="st-mary") == []


def test_a_key_is_ended_now_and_only_by_its_own_partners_page(
    console: Console, admin: StaffClient, partner: Partner
) -> None:
    store, now = console.stores.partners, console.clock()
    store.add(blank_partner(partner_id="other", name="Other", now=now), by=ADMIN, now=now)
    key, _ = store.rotate(partner_id="st-mary", kind=KeyKind.API, grace=timedelta(), by=ADMIN, now=now)
    assert admin.post(f"/staff/partners/other/keys/{key.id}/revoke").status_code == 404
    assert store.keys(partner_id="st-mary") == [key]
    assert admin.post(f"{PATH}/keys/{key.id}/revoke").headers["location"] == PATH
    assert store.keys(partner_id="st-mary") == [replace(key, expires_at=now)]


def test_a_logo_is_kept_served_as_a_picture_and_taken_away(
    console: Console, admin: StaffClient, partner: Partner
) -> None:
    assert admin.get(f"{PATH}/logo").status_code == 404
    response = admin.post(f"{PATH}/logo", files={"logo": ("x.html", PNG, "text/html")})
    assert (response.status_code, response.headers["location"]) == (303, PATH)
    assert console.stores.partners.logo(partner_id="st-mary") == Logo(PNG, "image/png")
    served = admin.get(f"{PATH}/logo")
    assert (served.content, served.headers["content-type"], served.headers["x-content-type-options"]) == (
        PNG, "image/png", "nosniff"
    )  # fmt: skip
    assert 'alt="Logo of St Mary"' in admin.get(PATH).text
    assert admin.post(f"{PATH}/logo/delete", files={"logo": ("", b"")}).status_code == 303
    assert console.stores.partners.logo(partner_id="st-mary") is None


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param({"logo": ("a.svg", b"<svg/>", "image/png")}, "The logo must be a PNG or JPEG file.", id="svg"),
        pytest.param({"logo": ("a.png", PNG.ljust(100_001))}, "The logo has more than 100 kB", id="large"),
        pytest.param({"logo": ("a.png", PNG.ljust(2_000_000))}, "The logo has more than 100 kB", id="huge"),
        pytest.param({"logo": ("", b"")}, "Choose a file first.", id="none-chosen"),
        pytest.param({"logo": (None, "text")}, "Choose a file first.", id="text-for-a-file"),
        pytest.param({"other": ("a.png", PNG)}, "Choose a file first.", id="another-field"),
    ],
)
def test_what_is_no_logo_is_told_beside_the_file(
    console: Console, admin: StaffClient, partner: Partner, files: dict[str, tuple[str, bytes]], said: str
) -> None:
    response = admin.post(f"{PATH}/logo", files=files)
    assert (response.status_code, f'<p id="logo-hint" class="problem">{said}' in response.text) == (400, True)
    assert console.stores.partners.get(partner_id="st-mary") == partner


@pytest.mark.parametrize("csrf", ["", "forged"])
def test_a_file_without_the_token_is_refused(console: Console, admin: StaffClient, partner: Partner, csrf: str) -> None:
    response = admin.post(f"{PATH}/logo", data={"csrf": csrf}, files={"logo": ("a.png", PNG)})
    assert (response.status_code, console.stores.partners.logo(partner_id="st-mary")) == (403, None)


def test_the_page_shows_the_tag_and_one_that_stays(admin: StaffClient, partner: Partner) -> None:
    page = admin.get(PATH).text
    shown = [html.unescape(found) for found in re.findall(r'<code class="hand-on" id="\w+">([^<]+)</code>', page)]
    origin, version = "https://guide.example.org", list(read_loaders())[-1]
    assert shown == [
        tag(origin=origin, partner_id="st-mary"), tag(origin=origin, partner_id="st-mary", version=version)
    ]  # fmt: skip


def test_what_was_turned_away_is_shown_as_text_with_its_reason(
    console: Console, admin: StaffClient, partner: Partner
) -> None:
    assert "Nothing so far." in admin.get(PATH).text
    evil = "https://evil.example/<script>alert(1)</script>"
    counts, now = console.stores.partner_counts, console.clock()
    for origin, reason in ((evil, "origin_not_listed"), (evil, "origin_not_listed"), ("", "some_new_code")):
        counts.count_refused(partner_id="st-mary", origin=origin, reason=reason, now=now)
    page = admin.get(PATH).text
    rows = re.findall(r'data-label="(From|Why|Times)"[^>]*>(?:<[^>]+>)?([^<]*)<', page)
    assert sorted(html.unescape(value) for _, value in rows) == sorted(
        [evil, "A page that is not among the origins asked to embed the chat", "2", "not told", "Some new code", "1"]
    )
    assert "<script>alert" not in page


def test_todays_messages_stand_against_the_quota(console: Console, admin: StaffClient, partner: Partner) -> None:
    console.stores.partners.save(replace(partner, messages_per_day=2), by=ADMIN, now=console.clock())
    counts = console.stores.partner_counts
    counts.count_message(partner_id="st-mary", most=2, now=console.clock() - timedelta(days=1))
    for expected in (1, 2):
        counts.count_message(partner_id="st-mary", most=2, now=console.clock())
        page, listed = admin.get(PATH).text, admin.get("/staff/partners").text
        assert f'Today <strong class="number">{expected}</strong> of <span class="number">2</span> messages.' in page
        assert ("full until midnight UTC" in page, ">full<" in listed) == (expected == 2, expected == 2)
        assert f'{expected} <span class="quiet">of 2</span>' in listed


def test_every_change_is_audited_with_who_made_it(console: Console, admin: StaffClient) -> None:
    before = len(console.audited())
    admin.post("/staff/partners", data={"id": "st-mary", "name": "St Mary"})
    admin.post(PATH, data={"colour": "#123456"})
    admin.post(f"{PATH}/logo", files={"logo": ("a.png", PNG)})
    admin.post(f"{PATH}/keys", data={"kind": "api", "grace": "0"})
    (key,) = console.stores.partners.keys(partner_id="st-mary")
    for change in (f"keys/{key.id}/revoke", "disable", "enable"):
        admin.post(f"{PATH}/{change}")
    assert console.audited()[before:] == [
        "partner.added", "partner.changed", "partner.changed", "partner.key_made", "partner.key_revoked",
        "partner.disabled", "partner.enabled",
    ]  # fmt: skip
    assert {(entry.actor, entry.staff_id) for entry in console.stores.audit.entries(limit=7)} == {
        ("anna", admin.staff.id)
    }


def test_a_lead_finds_no_partners_and_changes_none(console: Console, partner: Partner) -> None:
    lead = console.client(Role.LEAD)
    assert '"/staff/partners"' not in lead.get("/staff/settings").text
    for path in ("/staff/partners", PATH, f"{PATH}/figures", f"{PATH}/figures.csv", f"{PATH}/logo"):
        assert lead.get(path).status_code == 404
    for path in ("/staff/partners", PATH, f"{PATH}/disable", f"{PATH}/keys", f"{PATH}/logo", f"{PATH}/logo/delete"):
        assert lead.post(path, data={"id": "x", "name": "x", "kind": "api", "grace": "0"}).status_code == 404
    assert console.stores.partners.everyone() == [partner]
    assert '"/staff/partners"' in console.client(Role.ADMIN).get("/staff/settings").text


def test_outside_production_pages_of_this_machine_may_embed_without_https(tmp_path: Path) -> None:
    console = make_console(tmp_path, partners=make_partner_desk(is_production=False))
    given = {"id": "st-mary", "name": "St Mary", "origins": "http://localhost:3000"}
    assert console.client(Role.ADMIN).post("/staff/partners", data=given).status_code == 303
    assert console.stores.partners.get(partner_id="st-mary").origins == ("http://localhost:3000",)
