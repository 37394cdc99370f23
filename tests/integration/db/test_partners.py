from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from bot.db.audit import AuditStore
from bot.db.partner_tables import PARTNER_KEYS
from bot.db.partner_values import KeyKind, Logo, Partner
from bot.db.partners import PartnerChangedError, PartnerStore, PartnerTakenError, blank_partner
from bot.db.staff import By
from bot.errors import NotFoundError
from tests.fakes.partners import full_partner
from tests.fakes.stores import QuickStore

NOW = datetime(2026, 11, 29, 12, 0, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
BY = By(name="command line")


@pytest.fixture
def store(engine: Engine) -> PartnerStore:
    return PartnerStore(engine)


@pytest.fixture
def partner(store: PartnerStore) -> Partner:
    return _added(store)


def _added(store: PartnerStore, partner_id: str = "st-mary") -> Partner:
    return store.add(blank_partner(partner_id=partner_id, name="St Mary", now=NOW), by=BY, now=NOW)


def test_a_partner_is_read_back_as_it_was_written(store: PartnerStore) -> None:
    full = full_partner(id="full", created_at=NOW, updated_at=NOW)
    assert store.add(full, by=BY, now=NOW) == full
    assert store.get(partner_id="full") == full
    assert store.everyone() == [full]


def test_an_id_is_taken_once(store: PartnerStore, partner: Partner) -> None:
    with pytest.raises(PartnerTakenError):
        _added(store)


def test_a_change_is_kept_and_logged_by_the_names_of_its_fields(
    store: PartnerStore, partner: Partner, engine: Engine
) -> None:
    changed = replace(partner, origins=("https://portal.example.org",), colour="#4b3f92")
    assert store.save(changed, by=BY, now=LATER) == replace(changed, updated_at=LATER)
    store.save(changed, by=BY, now=LATER)  # nothing is different: nothing is logged
    entries = AuditStore(engine).entries(limit=10)
    assert [(entry.action, entry.detail) for entry in entries] == [
        ("partner.changed", {"fields": ["colour", "origins"]}),
        ("partner.added", {}),
    ]


def test_a_change_made_on_what_is_no_longer_so_is_not_written(store: PartnerStore, partner: Partner) -> None:
    theirs = store.save(replace(partner, name="Renamed"), by=BY, now=NOW)
    with pytest.raises(PartnerChangedError, match="Nothing was written"):
        store.save(replace(partner, colour="#4b3f92"), by=BY, now=LATER, seen=partner)
    assert store.get(partner_id="st-mary") == theirs
    assert store.save(replace(theirs, colour="#4b3f92"), by=BY, now=LATER, seen=theirs).colour == "#4b3f92"


def test_a_partner_is_switched_off_and_on(store: PartnerStore, partner: Partner) -> None:
    assert not store.set_active(partner_id=partner.id, is_active=False, by=BY, now=LATER).is_active
    assert store.set_active(partner_id=partner.id, is_active=True, by=BY, now=LATER).is_active


def test_a_picture_is_kept_and_taken_away(store: PartnerStore, partner: Partner) -> None:
    logo = Logo(b"\x89PNG\r\n\x1a\n\x00", "image/png")
    store.set_logo(partner_id=partner.id, logo=logo, by=BY, now=LATER)
    assert store.logo(partner_id=partner.id) == logo
    assert store.get(partner_id=partner.id).has_logo
    store.set_logo(partner_id=partner.id, logo=None, by=BY, now=LATER)
    assert store.logo(partner_id=partner.id) is None


def test_a_picture_that_stays_the_same_is_no_change(store: PartnerStore, partner: Partner, engine: Engine) -> None:
    logo = Logo(b"\x89PNG\r\n\x1a\n\x00", "image/png")
    for one in (None, logo, logo, None, None):
        store.set_logo(partner_id=partner.id, logo=one, by=BY, now=LATER)
    entries = AuditStore(engine).entries(limit=10)
    assert [(entry.action, entry.detail) for entry in entries] == [
        ("partner.changed", {"fields": ["logo"]}),
        ("partner.changed", {"fields": ["logo"]}),
        ("partner.added", {}),
    ]


def test_what_is_not_there_is_said_to_be_missing(store: PartnerStore) -> None:
    for call in (
        lambda: store.get(partner_id="none"),
        lambda: store.set_active(partner_id="none", is_active=False, by=BY, now=NOW),
        lambda: store.rotate(partner_id="none", kind=KeyKind.API, grace=timedelta(), by=BY, now=NOW),
        lambda: store.set_logo(partner_id="none", logo=None, by=BY, now=NOW),
        lambda: store.revoke(partner_id="none", key_id="none", by=BY, now=NOW),
    ):
        with pytest.raises(NotFoundError):
            call()
    assert store.logo(partner_id="none") is None
    assert store.api_key(shown="guide_none_none", now=NOW) is None
    assert store.api_key(shown="", now=NOW) is None


def test_an_api_key_is_shown_once_and_known_again(store: PartnerStore, partner: Partner, engine: Engine) -> None:
    key, shown = store.rotate(partner_id=partner.id, kind=KeyKind.API, grace=timedelta(), by=BY, now=NOW)
    assert shown is not None
    assert shown.startswith(f"guide_{key.id}_")
    found = store.api_key(shown=shown, now=NOW)
    assert found == key
    assert store.keys(partner_id=partner.id)[0].used_at == NOW.replace(second=0)
    with engine.connect() as connection:
        stored = connection.execute(select(PARTNER_KEYS)).one()
    assert shown not in str(stored)
    for wrong in (shown[:-1], shown + "x", f"guide_{key.id}_", shown.replace("guide_", "other_")):
        assert store.api_key(shown=wrong, now=NOW) is None


def test_an_older_key_works_for_the_time_of_grace(store: PartnerStore, partner: Partner) -> None:
    _, first = store.rotate(partner_id=partner.id, kind=KeyKind.API, grace=timedelta(), by=BY, now=NOW)
    _, second = store.rotate(partner_id=partner.id, kind=KeyKind.API, grace=timedelta(hours=2), by=BY, now=NOW)
    assert first is not None
    assert second is not None
    assert store.api_key(shown=first, now=LATER) is not None
    assert store.api_key(shown=first, now=NOW + timedelta(hours=2)) is None
    store.rotate(partner_id=partner.id, kind=KeyKind.API, grace=timedelta(hours=9), by=BY, now=LATER)
    assert store.api_key(shown=first, now=NOW + timedelta(hours=2)) is None
    assert store.api_key(shown=second, now=NOW + timedelta(hours=2)) is not None


def test_a_revoked_key_ends_at_once(store: PartnerStore, partner: Partner) -> None:
    key, shown = store.rotate(partner_id=partner.id, kind=KeyKind.API, grace=timedelta(), by=BY, now=NOW)
    assert shown is not None
    _added(store, "other")
    with pytest.raises(NotFoundError):
        store.revoke(partner_id="other", key_id=key.id, by=BY, now=LATER)
    store.revoke(partner_id=partner.id, key_id=key.id, by=BY, now=LATER)
    assert store.api_key(shown=shown, now=LATER) is None


def test_keys_of_one_kind_do_not_stand_for_the_other(store: PartnerStore, partner: Partner) -> None:
    api, _ = store.rotate(partner_id=partner.id, kind=KeyKind.API, grace=timedelta(), by=BY, now=NOW)
    signing, shown = store.rotate(partner_id=partner.id, kind=KeyKind.IDENTITY, grace=timedelta(), by=BY, now=NOW)
    assert shown is None
    assert store.working_key(partner_id=partner.id, key_id=signing.id, kind=KeyKind.IDENTITY, now=NOW) == signing
    assert store.working_key(partner_id=partner.id, key_id=signing.id, kind=KeyKind.API, now=NOW) is None
    assert store.working_key(partner_id=partner.id, key_id=api.id, kind=KeyKind.IDENTITY, now=NOW) is None
    assert store.working_key(partner_id="other", key_id=signing.id, kind=KeyKind.IDENTITY, now=NOW) is None
    assert store.api_key(shown=f"guide_{signing.id}_x", now=NOW) is None


def test_a_key_is_known_though_its_use_cannot_be_noted(tmp_path: Path) -> None:
    record = QuickStore(tmp_path / "record.db")
    store = PartnerStore(record.engine)
    _added(store)
    key, shown = store.rotate(partner_id="st-mary", kind=KeyKind.API, grace=timedelta(), by=BY, now=NOW)
    record.make_read_only()
    assert store.api_key(shown=shown or "", now=NOW) == key
    record.close()
