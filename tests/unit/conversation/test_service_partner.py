"""A partner's visitors: its numbers, its hours, its quotas; and what is answered whatever it allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.conversation.compose import Composer
from bot.conversation.limits import Limits
from bot.conversation.partners import Partners
from bot.conversation.quotas import Quotas
from bot.conversation.service import ConversationService
from bot.conversation.texts import Texts, link
from bot.db.partner_counts import PartnerCountStore
from bot.db.partner_values import Partner
from bot.db.partners import PartnerStore, blank_partner
from bot.db.staff import By
from bot.domain import Outcome, Reply
from bot.errors import StoreError
from tests.unit.conversation.conftest import CRISIS, DANGER, PERSON, START, Desk

BY = By(name="test")


class Clinic:
    """A service that knows one partner; `fields` are the partner's."""

    def __init__(self, desk: Desk, texts: Texts, **fields: Any) -> None:
        partner = replace(blank_partner(partner_id="st-mary", name="St Mary", now=START), **fields)
        store = PartnerStore(desk.store.engine)
        self.partner: Partner = store.add(partner, by=BY, now=START)
        partners = Partners(store)
        self.counts = PartnerCountStore(desk.store.engine)
        self.now = START
        self.desk = desk
        self.service = ConversationService(
            store=desk.store,
            source=desk.source,  # type: ignore[arg-type]
            triage=desk.triage,  # type: ignore[arg-type]
            composer=Composer(texts=texts, region="US", car_t_line="555 0100"),
            limits=Limits(max_chars=2000),
            partners=partners,
            quotas=Quotas(partners=partners, counter=self.counts, clock=lambda: self.now),
            clock=lambda: self.now,
        )

    def open(self, *, visitor_id: str = "v", partner_id: str | None = "st-mary", region: str | None = None) -> str:
        opened = self.service.open(visitor_id=visitor_id, channel="widget", partner_id=partner_id, region=region)
        assert (opened.partner_id, opened.region) == (partner_id, region)
        return opened.id

    def say(self, text: str, conversation_id: str, *, visitor_id: str = "v", **more: Any) -> Reply:
        return self.service.reply(conversation_id=conversation_id, visitor_id=visitor_id, text=text, **more)


@pytest.fixture
def clinic(desk: Desk, texts: Texts) -> Callable[..., Clinic]:
    return lambda **fields: Clinic(desk, texts, **fields)


def test_an_emergency_names_the_partners_own_number(clinic: Callable[..., Clinic]) -> None:
    opened = clinic(region="GB", emergency_numbers=("020 7946 0000",), car_t_line="020 7946 0999")
    text = opened.say(DANGER, opened.open()).text
    assert link("020 7946 0000") in text
    assert link("999") not in text
    assert link("911") not in text


def test_without_an_own_number_it_names_the_one_of_the_partners_region(clinic: Callable[..., Clinic]) -> None:
    opened = clinic(region="GB")
    assert link("999") in opened.say(DANGER, opened.open()).text
    assert link("116 123") in opened.say(CRISIS, opened.open()).text


def test_a_region_that_the_page_tells_goes_before_the_partners_number(clinic: Callable[..., Clinic]) -> None:
    opened = clinic(region="GB", emergency_numbers=("020 7946 0000",))
    text = opened.say(DANGER, opened.open(region="DE")).text
    assert link("112") in text
    assert link("020 7946 0000") not in text


def test_a_conversation_without_a_partner_has_the_settings_number(clinic: Callable[..., Clinic]) -> None:
    opened = clinic(region="GB", emergency_numbers=("020 7946 0000",))
    assert link("911") in opened.say(DANGER, opened.open(partner_id=None)).text


def test_the_partners_number_is_named_while_the_database_is_away(clinic: Callable[..., Clinic]) -> None:
    opened = clinic(region="GB", emergency_numbers=("020 7946 0000",))
    known = opened.open()
    opened.say("What is lupus?", known)
    opened.desk.store.destroy()
    begun = opened.open()  # held in memory, since it cannot be stored
    assert link("020 7946 0000") in opened.say(DANGER, begun).text


def test_a_person_answers_in_the_partners_hours(clinic: Callable[..., Clinic]) -> None:
    opened = clinic(support_hours="on Tuesdays, 10 to 12")
    assert "on Tuesdays, 10 to 12" in opened.say(PERSON, opened.open()).text


def test_after_the_partners_quota_only_what_cannot_wait_is_answered(
    clinic: Callable[..., Clinic], texts: Texts
) -> None:
    opened = clinic(messages_per_day=2)
    first, second = opened.open(), opened.open(visitor_id="w")
    assert opened.say("What is lupus?", first).outcome is Outcome.ANSWERED
    assert opened.say("What is lupus?", second, visitor_id="w").outcome is Outcome.ANSWERED
    full = opened.say("What is a flare?", first)
    assert (full.reason, full.text) == ("limit.partner_full", texts.fixed("partner_full"))
    assert opened.say(DANGER, first).outcome is Outcome.EMERGENCY
    assert opened.say(CRISIS, first).outcome is Outcome.CRISIS
    assert opened.say(PERSON, second, visitor_id="w").outcome is Outcome.HANDOFF
    assert opened.say("What is lupus?", opened.open(partner_id=None)).outcome is Outcome.ANSWERED
    opened.now += timedelta(days=1)
    assert opened.say("What is a flare?", first).outcome is Outcome.ANSWERED


def test_one_visitor_has_a_share_of_the_quota(clinic: Callable[..., Clinic]) -> None:
    opened = clinic(messages_per_visitor=1)
    first, second = opened.open(), opened.open(visitor_id="w")
    assert opened.say("What is lupus?", first).outcome is Outcome.ANSWERED
    assert opened.say("What is lupus?", first).reason == "limit.too_many"
    assert opened.say("What is lupus?", second, visitor_id="w").outcome is Outcome.ANSWERED


def test_a_message_sent_again_is_counted_once(clinic: Callable[..., Clinic]) -> None:
    opened = clinic(messages_per_day=1)
    talk = opened.open()
    first = opened.say("What is lupus?", talk, client_message_id="m1")
    assert opened.say("What is lupus?", talk, client_message_id="m1") == first
    day = opened.counts.days(partner_id="st-mary", since=START.date(), until=START.date() + timedelta(days=1))
    assert [counted.messages for counted in day] == [1]


def test_what_cannot_be_counted_is_answered(clinic: Callable[..., Clinic], monkeypatch: pytest.MonkeyPatch) -> None:
    opened = clinic(messages_per_day=1)

    def broken(*args: object, **kwargs: object) -> bool:
        raise StoreError("gone")

    monkeypatch.setattr(opened.counts, "count_message", broken)
    talk = opened.open()
    assert [opened.say("What is lupus?", talk).outcome for _ in range(2)] == [Outcome.ANSWERED] * 2


@pytest.mark.parametrize("code", ["signed_out", "partner_off"])
def test_a_channels_refusal_holds_for_all_but_dangers(clinic: Callable[..., Clinic], texts: Texts, code: str) -> None:
    opened = clinic()
    talk = opened.open()
    for text in ("What is lupus?", PERSON):
        refused = opened.say(text, talk, refusal=code)
        assert (refused.reason, refused.text) == (f"limit.{code}", texts.fixed(code))
    assert opened.service.history(conversation_id=talk, visitor_id="v") == []
    assert opened.say(DANGER, talk, refusal=code).outcome is Outcome.EMERGENCY
    assert opened.say(CRISIS, talk, refusal=code).outcome is Outcome.CRISIS


def test_a_visitor_comes_back_to_the_talk_of_the_last_day(clinic: Callable[..., Clinic]) -> None:
    opened = clinic()
    assert opened.service.latest(visitor_id="nobody", channel="widget") is None
    opened.open()
    opened.now += timedelta(minutes=5)
    newest = opened.open()
    opened.open(visitor_id="w")
    opened.say("What is lupus?", newest)
    latest = opened.service.latest(visitor_id="v", channel="widget")
    assert latest is not None
    assert latest.id == newest
    assert opened.service.latest(visitor_id="v", channel="api") is None
    opened.now = latest.updated_at + timedelta(days=1)
    assert opened.service.latest(visitor_id="v", channel="widget") is None
    opened.desk.store.destroy()
    assert opened.service.latest(visitor_id="v", channel="widget") is None
