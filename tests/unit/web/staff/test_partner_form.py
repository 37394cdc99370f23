"""A partner as text in a form, and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.conversation.partner_rules import PartnerError
from bot.db.partner_values import Partner
from bot.db.partners import blank_partner
from bot.web.staff.partner_form import filled_in, form_of
from tests.fakes.partners import full_partner

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
BLANK = blank_partner(partner_id="st-mary", name="St Mary", now=NOW)
FULL = full_partner(origins=("https://a.example.org", "https://b.example.org"), colour="#4b3f92")


def test_every_field_stands_in_the_form_as_text() -> None:
    assert form_of(FULL) == {
        "name": "St Mary",
        "origins": "https://a.example.org\nhttps://b.example.org",
        "languages": "de, en",
        "colour": "#4b3f92",
        "region": "GB",
        "emergency_numbers": "999\n112",
        "car_t_line": "+44 20 7946 0000",
        "support_hours": "On weekdays",
        "support_schedule": "Mon-Fri 09:00-17:00",
        "support_timezone": "Europe/London",
        "notify_to": "desk@example.org",
        "messages_per_day": "10",
        "messages_per_visitor": "3",
        "identity": "required",
    }


@pytest.mark.parametrize("partner", [BLANK, FULL], ids=["blank", "full"])
def test_what_a_form_shows_is_read_back_as_it_was(partner: Partner) -> None:
    assert filled_in(partner, form_of(partner)) == partner
    assert filled_in(replace(BLANK, is_active=False), form_of(FULL)) == replace(FULL, is_active=False)


def test_a_field_that_was_not_sent_stays() -> None:
    assert filled_in(FULL, {"colour": ""}) == replace(FULL, colour=None)


def test_lists_are_read_line_by_line_without_blanks() -> None:
    given = {"origins": " https://a.example.org \r\n\r\n https://b.example.org\r\n", "languages": "de,en  fr"}
    assert filled_in(BLANK, given) == replace(
        BLANK, origins=("https://a.example.org", "https://b.example.org"), languages=("de", "en", "fr")
    )


@pytest.mark.parametrize("field", ["messages_per_day", "messages_per_visitor"])
@pytest.mark.parametrize("text", ["", "many", "1.5", "1e3", "-5", "1_000", "٣", "1" * 10])
def test_what_is_no_number_is_named(field: str, text: str) -> None:
    with pytest.raises(PartnerError) as caught:
        filled_in(BLANK, {field: text})
    assert (caught.value.field, caught.value.detail) == (field, "Write a whole number, such as 5000.")


def test_a_choice_that_is_not_offered_is_named() -> None:
    with pytest.raises(PartnerError) as caught:
        filled_in(BLANK, {"identity": "sometimes"})
    assert (caught.value.field, caught.value.detail) == ("identity", "Choose one of these.")
