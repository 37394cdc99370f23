from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.answer.generative.gate import Gate, Passed, dropped
from bot.answer.generative.parse import Claim
from bot.domain import DroppedSentence, Span
from tests.fakes.indexes import FEVER, LUPUS, make_chunk
from tests.fakes.language_models import ScriptedJudge

CRS, SLE = make_chunk("crs", FEVER), make_chunk("lupus", LUPUS)
QUOTE = "Fever is the first sign of CRS."
GOOD = Claim("The first sign of CRS is fever.", (1,), QUOTE)


def check(claim: Claim, judge: Any = None) -> Passed | DroppedSentence:
    return Gate(judge=judge or ScriptedJudge(), chunks=[CRS, SLE]).check(claim)


def test_a_sentence_passes_with_its_quote_in_the_passage_and_the_verifiers_word() -> None:
    judge = ScriptedJudge()
    assert check(GOOD, judge) == Passed(GOOD.text, ((CRS, Span(0, len(QUOTE))),), 0.9)
    assert judge.asked == [(GOOD.text, FEVER)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"passages": ()}, "no_citation", id="no-citation"),
        pytest.param({"passages": (3,)}, "unknown_passage", id="invented-citation"),
        pytest.param({"passages": (0,)}, "unknown_passage", id="zero"),
        pytest.param({"passages": (-1,)}, "unknown_passage", id="from-the-end"),
        pytest.param({"passages": (1, 1000)}, "unknown_passage", id="one-invented"),
        pytest.param({"passages": (1, 2, 3, 4)}, "too_many_citations", id="four"),
        pytest.param({"passages": (2,)}, "quote_not_found", id="other-passage"),
        pytest.param({"passages": (1, 2)}, "quote_not_found", id="quote-in-one-of-two"),
        pytest.param({"quote": "Fever is the last sign of CRS."}, "quote_not_found", id="invented-quote"),
        pytest.param({"quote": ""}, "quote_not_found", id="no-quote"),
        pytest.param({"quote": "CRS"}, "quote_not_found", id="quote-of-a-word"),
        pytest.param({"text": ""}, "too_short", id="nothing"),
        pytest.param({"text": "Yes, fever."}, "too_short", id="yes-and-little-more"),
        pytest.param({"text": "Fever is the first of 3 signs of CRS."}, "number_not_in_quote", id="number"),
        pytest.param({"text": "Fever is the first sign, see https://x.org."}, "link", id="link"),
        pytest.param({"text": "Fever [1] is the first sign of CRS."}, "mark", id="marker-inside"),
        pytest.param({"text": "Fever of CRS cures lupus."}, "never_say.NV-01", id="never-say"),
        pytest.param({"text": "Fever is the first sign. " * 100}, "too_long", id="endless"),
    ],
)
def test_a_sentence_is_dropped_with_the_reason_and_without_asking_the_verifier(
    changes: dict[str, Any], reason: str
) -> None:
    judge, claim = ScriptedJudge(), replace(GOOD, **changes)
    found = check(claim, judge)
    assert isinstance(found, DroppedSentence)
    assert reason in found.reasons
    assert (found.score, judge.asked) == (None, [])


def test_what_the_verifier_refuses_is_dropped_with_its_reasons_and_score() -> None:
    assert check(GOOD, ScriptedJudge(lambda sentence, passage: False)) == DroppedSentence(
        GOOD.text, ("polarity",), 0.1, QUOTE
    )


def test_each_cited_passage_and_each_sentence_is_judged() -> None:
    both = make_chunk("crs~2", FEVER + " Call the team.")
    judge = ScriptedJudge()
    claim = Claim("Fever is the first sign of CRS. CRS may start within days.", (1, 2), FEVER)
    found = Gate(judge=judge, chunks=[CRS, both]).check(claim)
    assert isinstance(found, Passed)
    assert [chunk.id for chunk, _ in found.places] == ["crs", "crs~2"]
    assert judge.asked == [
        (part, passage)
        for passage in (FEVER, both.text)
        for part in ("Fever is the first sign of CRS.", "CRS may start within days.")
    ]


def test_a_false_sentence_does_not_slip_through_beside_a_true_one() -> None:
    judge = ScriptedJudge(lambda sentence, passage: "harmless" not in sentence)
    claim = Claim("The first sign of CRS is fever. CRS is always harmless.", (1,), QUOTE)
    assert isinstance(check(claim, judge), DroppedSentence)


def test_what_cannot_be_judged_is_not_shown() -> None:
    def broken(sentence: str, passage: str) -> bool:
        raise RuntimeError("weights lost")

    found = check(GOOD, ScriptedJudge(broken))
    assert isinstance(found, DroppedSentence)
    assert found.reasons == ("not_judged",)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Yes, the first sign of CRS is fever.", "The first sign of CRS is fever."),
        ("No: fever is the first sign.", "Fever is the first sign."),
        ("The first sign\n of  CRS is fever [1].", "The first sign of CRS is fever."),
        ("The first sign of CRS is fever. [1][2, 3]", "The first sign of CRS is fever."),
    ],
)
def test_an_opening_verdict_and_markers_of_the_models_own_are_left_out(text: str, shown: str) -> None:
    found = check(replace(GOOD, text=text))
    assert isinstance(found, Passed)
    assert found.text == shown


def test_what_is_kept_of_a_dropped_sentence_is_bounded_and_can_be_stored() -> None:
    kept = dropped("a\x00\ud800" + "x" * 10_000, "malformed", quote="q" * 10_000)
    assert (len(kept.text), len(kept.quote)) == (600, 600)
    assert kept.text.startswith("a�?")
    kept.text.encode()
