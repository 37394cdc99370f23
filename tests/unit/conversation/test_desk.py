"""The desk in words: what patients and staff read, when the patient is told to wait longer, what they take away."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.conversation.desk import STAFF_OUTCOMES, Desk, WaitingView
from bot.conversation.hours import Hours
from bot.conversation.partners import Partners
from bot.conversation.texts import Texts
from bot.db.partners import blank_partner
from bot.db.staff import By
from bot.db.stores import Stores
from bot.domain import Author, Speaker
from bot.errors import FloorError, LimitError, NotFoundError
from tests.fakes.stores import QuickStore

MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
WEEKDAYS = Hours(schedule="Mon-Fri 09:00-17:00")


@dataclass
class House:
    """A desk, its clock, and the conversation of visitor ``v``."""

    desk: Desk
    stores: Stores
    store: QuickStore
    talk: str
    now: datetime = MONDAY_NOON

    def ask(self) -> None:
        self.stores.transcripts.request_handoff(conversation_id=self.talk, reason="asked_for_person", now=self.now)

    def take(self) -> None:
        self.desk.take(conversation_id=self.talk, staff_id="ada", display_name="Ada")

    def view(self) -> WaitingView:
        return self.desk.waiting_view(conversation_id=self.talk, visitor_id="v")

    def last(self) -> str:
        return self.desk.messages(conversation_id=self.talk)[-1].text


@pytest.fixture
def open_house(tmp_path: Path, empty_database: Path, texts: Texts) -> Iterator[Callable[..., House]]:
    opened: list[QuickStore] = []

    def open_(*, hours: Hours = WEEKDAYS, timeout_min: int | None = 15) -> House:
        path = tmp_path / "desk.db"
        shutil.copy(empty_database, path)
        store = QuickStore(path)
        opened.append(store)
        stores = Stores.over(store.engine)
        talk = store.open_conversation(visitor_id="v", channel="test", language="en", now=MONDAY_NOON)
        house: House
        desk = Desk(
            stores=stores,
            texts=texts,
            hours=hours,
            queue_timeout=None if timeout_min is None else timedelta(minutes=timeout_min),
            region="US",
            partners=Partners(stores.partners),
            clock=lambda: house.now,
        )
        house = House(desk, stores, store, talk.id)
        return house

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    return open_house()


def test_with_the_guide_alone_there_is_nothing_to_wait_for(house: House) -> None:
    hours = "Monday to Friday, 09:00 to 17:00 (UTC)"
    assert house.view() == WaitingView(state=Speaker.BOT, step="", hours=hours)


def test_who_waits_reads_the_place_in_line(house: House, texts: Texts) -> None:
    house.ask()
    view = house.view()
    assert (view.state, view.position, view.since) == (Speaker.WAITING, 1, MONDAY_NOON)
    assert (view.step, view.is_overdue) == (texts.desk("step_waiting", position=1), False)


def test_who_waits_while_nobody_is_there_reads_when_somebody_is(house: House, texts: Texts) -> None:
    house.now += timedelta(hours=6)
    house.ask()
    view = house.view()
    assert (view.is_open, view.step) == (False, texts.desk("step_closed", next="tomorrow from 09:00 (UTC)"))


def test_who_talks_with_a_person_reads_with_whom(house: House, texts: Texts) -> None:
    house.ask()
    house.take()
    view = house.view()
    assert (view.state, view.position) == (Speaker.HUMAN, None)
    # Without an account there is no name; with one it is tested on the real tables.
    assert view.step == texts.desk("step_human", name="A person")
    assert house.last() == texts.desk("joined", name="Ada")


def test_the_end_is_told_by_whom_it_came_and_can_be_rated(house: House, texts: Texts) -> None:
    house.ask()
    house.take()
    house.desk.release(conversation_id=house.talk, staff_id="ada", display_name="Ada", outcome="answered")
    assert (house.last(), house.view().state) == (texts.desk("released", name="Ada"), Speaker.BOT)
    assert "guide" in house.last()
    assert house.view().may_rate
    house.desk.rate(conversation_id=house.talk, visitor_id="v", rating=4)
    assert not house.view().may_rate
    house.ask()
    house.desk.close(conversation_id=house.talk, staff_id="ada", display_name="Ada", outcome="spam")
    assert (house.last(), house.view().state) == (texts.desk("closed", name="Ada"), Speaker.CLOSED)


@pytest.mark.parametrize("outcome", ["", "patient_left", "done", "Answered"])
def test_an_outcome_that_is_none_is_refused_and_nothing_ends(outcome: str, house: House) -> None:
    house.ask()
    house.take()
    with pytest.raises(LimitError) as caught:
        house.desk.release(conversation_id=house.talk, staff_id="ada", display_name="Ada", outcome=outcome)
    assert caught.value.code == "outcome"
    assert house.view().state is Speaker.HUMAN
    assert [code.value for code in STAFF_OUTCOMES] == ["answered", "referred", "no_reply", "spam", "other"]


@pytest.mark.parametrize("is_taken", [False, True])
def test_the_patient_leaves_and_the_guide_is_back(is_taken: bool, house: House, texts: Texts) -> None:
    house.ask()
    if is_taken:
        house.take()
    assert house.desk.end_talk(conversation_id=house.talk, visitor_id="v")
    assert house.last() == texts.desk("ended_by_patient" if is_taken else "left_line")
    assert house.view().state is Speaker.BOT
    assert not house.desk.end_talk(conversation_id=house.talk, visitor_id="v")


@pytest.mark.parametrize("rating", [0, 6, -1])
def test_a_mark_is_one_to_five(rating: int, house: House) -> None:
    with pytest.raises(LimitError) as caught:
        house.desk.rate(conversation_id=house.talk, visitor_id="v", rating=rating)
    assert caught.value.code == "rating"


@pytest.mark.parametrize(
    ("kind", "value", "consent", "code"),
    [
        ("email", "ada@example.org", False, "consent"),
        ("email", "ada", True, "contact_email"),
        ("phone", "ada", True, "contact_phone"),
        ("pigeon", "ada", True, "contact_kind"),
    ],
)
def test_a_contact_that_is_not_kept_is_explained(  # noqa: PLR0917 - parameters
    kind: str, value: str, consent: bool, code: str, house: House, texts: Texts
) -> None:
    house.ask()
    with pytest.raises(LimitError) as caught:
        house.desk.leave_contact(conversation_id=house.talk, visitor_id="v", kind=kind, value=value, consent=consent)
    assert caught.value.code == code
    assert house.desk.contact_problem(code) == texts.desk(f"problem_{code}")
    assert house.view().contacts == ()


def test_a_contact_is_kept_noted_without_its_value_and_withdrawn(house: House, texts: Texts) -> None:
    house.ask()
    kept = house.desk.leave_contact(
        conversation_id=house.talk, visitor_id="v", kind="phone", value="202 555 0143", consent=True
    )
    assert (kept.value, kept.consented_at) == ("+1 202-555-0143", MONDAY_NOON)
    assert (house.view().contacts, house.last()) == (("phone",), texts.desk("contact_phone"))
    assert house.desk.case(conversation_id=house.talk).contacts == (kept,)
    assert house.desk.withdraw_contact(conversation_id=house.talk, visitor_id="v")
    assert (house.view().contacts, house.last()) == ((), texts.desk("contact_withdrawn"))


def test_who_waits_longer_than_promised_is_told_once_what_else_helps(house: House, texts: Texts) -> None:
    house.ask()
    house.now += timedelta(minutes=14)
    assert house.desk.remind_waiting() == []
    house.now += timedelta(minutes=1)
    assert house.desk.remind_waiting() == [house.talk]
    assert house.desk.remind_waiting() == []
    assert [message.text for message in house.desk.messages(conversation_id=house.talk)] == [texts.desk("overdue")]
    assert (house.view().is_overdue, house.view().step) == (True, texts.desk("step_overdue"))


def test_time_in_which_nobody_is_there_does_not_count(house: House) -> None:
    house.now = MONDAY_NOON.replace(hour=20)
    house.ask()
    told = []
    for hour, minute in ((8, 0), (9, 5), (9, 15)):
        house.now = MONDAY_NOON.replace(day=24, hour=hour, minute=minute)
        told.append(len(house.desk.remind_waiting()))
    assert told == [0, 0, 1]


def test_who_gets_no_answer_from_a_person_is_told_once_for_each_time_they_wrote(house: House, texts: Texts) -> None:
    house.ask()
    house.take()
    told = []
    for text in ("Are you there?", "Hello?"):
        house.store.add_patient_message(conversation_id=house.talk, text=text, now=house.now)
        told.append(house.desk.remind_waiting())
        house.now += timedelta(minutes=15)
        told += [house.desk.remind_waiting(), house.desk.remind_waiting()]
    assert told == [[], [house.talk], []] * 2
    assert house.last() == texts.desk("unanswered")
    house.desk.say(
        conversation_id=house.talk, staff_id="ada", text="I am back", client_message_id="m", display_name="Ada"
    )
    house.now += timedelta(minutes=15)
    assert house.desk.remind_waiting() == []


def test_without_a_limit_nobody_is_told(open_house: Callable[..., House]) -> None:
    house = open_house(timeout_min=None)
    house.ask()
    house.now += timedelta(days=1)
    assert house.desk.remind_waiting() == []


def test_what_staff_say_is_bounded_and_not_empty(house: House) -> None:
    house.ask()
    house.take()
    codes = []
    for text in ("", " \n", "a" * 4001):
        with pytest.raises(LimitError) as caught:
            house.desk.say(conversation_id=house.talk, staff_id="ada", text=text, client_message_id="m")
        codes.append(caught.value.code)
    assert codes == ["empty", "empty", "too_long"]
    said = house.desk.say(
        conversation_id=house.talk, staff_id="ada", text=" Hello ", client_message_id="m", display_name="Ada"
    )
    assert (said.author, said.text, said.display_name) == (Author.STAFF, "Hello", "Ada")


def test_of_a_stranger_every_call_of_a_patient_finds_nothing(house: House) -> None:
    house.ask()
    whose = {"conversation_id": house.talk, "visitor_id": "eve"}
    calls: list[Callable[[], object]] = [
        lambda: house.desk.waiting_view(**whose),
        lambda: house.desk.leave_contact(**whose, kind="email", value="eve@example.org", consent=True),
        lambda: house.desk.withdraw_contact(**whose),
        lambda: house.desk.end_talk(**whose),
        lambda: house.desk.rate(**whose, rating=5),
        lambda: house.desk.download(**whose),
        lambda: house.desk.erase(**whose),
        lambda: house.desk.patient_types(**whose),
    ]
    before = house.view()
    for call in calls:
        with pytest.raises(NotFoundError):
            call()
    assert house.view() == before


def test_what_is_erased_is_gone(house: House) -> None:
    house.ask()
    assert house.desk.erase(conversation_id=house.talk, visitor_id="v")["conversations"] == 1
    with pytest.raises(NotFoundError):
        house.view()


def test_a_second_person_reads_that_the_first_has_it(house: House) -> None:
    house.ask()
    house.take()
    house.take()
    with pytest.raises(FloorError) as caught:
        house.desk.take(conversation_id=house.talk, staff_id="bo", display_name="Bo")
    assert caught.value.code == "taken"
    assert len(house.desk.messages(conversation_id=house.talk)) == 1


# ---- Partners with hours of their own ----


def test_a_partners_patients_wait_by_the_partners_hours(open_house: Callable[..., House], texts: Texts) -> None:
    house = open_house(hours=Hours(schedule="Sat-Sun 09:00-17:00"))
    partner = replace(
        blank_partner(partner_id="own", name="Own", now=MONDAY_NOON), support_schedule="Mon-Fri 09:00-17:00"
    )
    house.stores.partners.add(partner, by=By(name="test"), now=MONDAY_NOON)
    own = house.store.open_conversation(
        visitor_id="v", channel="widget", language="en", now=MONDAY_NOON, partner_id="own"
    ).id
    house.ask()
    house.stores.transcripts.request_handoff(conversation_id=own, reason="asked_for_person", now=MONDAY_NOON)
    view = house.desk.waiting_view(conversation_id=own, visitor_id="v")
    assert (view.is_open, view.hours) == (True, "Monday to Friday, 09:00 to 17:00 (UTC)")
    assert not house.view().is_open
    house.now = MONDAY_NOON + timedelta(minutes=16)
    assert house.desk.remind_waiting() == [own]
    # On Saturday it is the others' turn.
    house.now = MONDAY_NOON + timedelta(days=5)
    assert house.desk.remind_waiting() == [house.talk]
    assert house.last() == texts.desk("overdue")


def test_a_telephone_number_is_read_as_one_of_the_partners_country(open_house: Callable[..., House]) -> None:
    house = open_house()
    partner = replace(blank_partner(partner_id="uk", name="UK", now=MONDAY_NOON), region="GB")
    house.stores.partners.add(partner, by=By(name="test"), now=MONDAY_NOON)
    talk = house.store.open_conversation(
        visitor_id="v", channel="widget", language="en", now=MONDAY_NOON, partner_id="uk"
    ).id
    house.stores.transcripts.request_handoff(conversation_id=talk, reason="asked_for_person", now=MONDAY_NOON)
    kept = house.desk.leave_contact(
        conversation_id=talk, visitor_id="v", kind="phone", value="020 7946 0018", consent=True
    )
    assert kept.value == "+44 20 7946 0018"
