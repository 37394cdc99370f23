from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.web.staff.words import in_words, moment, span


def test_a_moment_carries_its_machine_form_and_reads_in_utc() -> None:
    value = datetime(2026, 11, 5, 1, 4, 59, tzinfo=timezone(timedelta(hours=2)))
    assert moment(value) == '<time class="moment" datetime="2026-11-04T23:04:59Z">4 Nov 2026, 23:04 UTC</time>'
    assert moment(datetime(2026, 11, 5, tzinfo=UTC)).startswith("<time")
    assert moment(None) == "–"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 s"), (45, "45 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (7500, "2 h 5 min"),
     (86400, "1 d"), (273600, "3 d 4 h")],
)  # fmt: skip
def test_a_span_reads_in_its_two_largest_units(seconds: int, words: str) -> None:
    assert span(seconds) == span(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("asked_for_person", "Asked for a person"),
        ("low_support", "Low support"),
        ("staff.signed_in", "Staff: signed in"),
        ("", ""),
    ],
)
def test_a_code_reads_as_words(code: str, words: str) -> None:
    assert in_words(code) == words
