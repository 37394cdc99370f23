from __future__ import annotations

import json

import pytest

from bot.domain import Outcome, ReplySentence
from bot.evaluation.judges import supports_of
from bot.evaluation.results import ClaimResult, Ranking, Result, is_for_retrieval, needs_of, result_of
from tests.fakes.answers import make_citation
from tests.fakes.evaluation import WordJudge, make_claim_result, make_item, make_reply, make_result

FACTS = {"flare": frozenset({"F-FLR-01", "F-FLR-02"}), "other": frozenset({"F-FLR-02"}), "sun": frozenset({"F-SUN-01"})}


def test_a_good_answer_is_measured_in_full() -> None:
    ranking = Ranking(["flare", "sun"], ["sun"])
    found = result_of(make_item(), make_reply(), facts=FACTS, ranking=ranking, supports=supports_of(WordJudge()))

    assert (found.is_passed, found.outcome, found.is_refused, found.is_to_answer) == (True, "answered", False, True)
    assert (found.key_facts, found.key_facts_found) == (1, 1)
    assert (found.ranked, found.needs, found.baseline) == (["flare", "sun"], [["flare"]], ["sun"])
    assert (found.sentences_cited, found.sentences_supported, found.citations_made, found.citations_useful) == (1,) * 4
    assert (found.words, found.ms) == (10, 12.5)
    assert found.grade == pytest.approx(0.39 * 10 + 11.8 * 13 / 10 - 15.59, abs=1.2)
    assert found.citations[0]["quote"] == "A flare is a time when lupus becomes more active."


def test_a_refusal_has_no_words_no_grade_and_no_key_facts() -> None:
    item = make_item(expect=(Outcome.ABSTAINED,), must=("person",))
    reply = make_reply(outcome=Outcome.ABSTAINED, text="Ask a person.", sentences=(), citations=())
    found = result_of(item, reply, facts=FACTS, ranking=None, supports=supports_of(WordJudge()))

    assert (found.is_passed, found.is_refused, found.is_wrong_answer, found.is_wrong_refusal) == (
        True,
        True,
        False,
        False,
    )
    assert (found.grade, found.words, found.key_facts, found.sentences_cited, found.needs) == (None, None, 0, 0, [])


def test_without_a_judge_citations_are_not_judged() -> None:
    found = result_of(make_item(), make_reply(), facts=FACTS, ranking=None, supports=None)
    assert (found.sentences_cited, found.citations_made) == (0, 0)


def test_a_sentence_counts_as_supported_by_its_own_citations_only() -> None:
    other = make_citation(marker=2, passage="Shade helps.")
    reply = make_reply(
        citations=(make_citation(), other),
        sentences=(
            ReplySentence("A flare is a time when lupus becomes more active.", (1, 2), 1.0),
            ReplySentence("It can last for days or weeks.", (2,), 1.0),
            ReplySentence("It can last for days or weeks.", (7,), 1.0),  # a marker without a citation
        ),
    )
    found = result_of(make_item(), reply, facts=FACTS, ranking=None, supports=supports_of(WordJudge()))

    assert (found.sentences_cited, found.sentences_supported) == (3, 1)
    assert (found.citations_made, found.citations_useful) == (3, 1)


def test_wrong_answers_and_wrong_refusals_are_told_apart() -> None:
    uncovered = make_result(is_to_answer=False, outcome="answered")
    refused = make_result(is_to_answer=True, outcome="abstained", is_refused=True)
    assert (uncovered.is_wrong_answer, uncovered.is_wrong_refusal) == (True, False)
    assert (refused.is_wrong_answer, refused.is_wrong_refusal) == (False, True)


def test_each_fact_may_be_met_by_any_section_that_holds_it() -> None:
    assert needs_of(make_item(facts=("F-FLR-02", "F-SUN-01", "F-NIL-01")), FACTS) == [["flare", "other"], ["sun"]]


@pytest.mark.parametrize(
    ("changes", "judges"),
    [
        ({}, True),
        ({"turns": ("a", "b")}, False),
        ({"facts": ("F-NIL-01",)}, False),
        ({"expect": (Outcome.ABSTAINED,)}, False),
    ],
)
def test_retrieval_is_judged_by_single_questions_whose_section_is_known(
    changes: dict[str, object], judges: bool
) -> None:
    assert is_for_retrieval(make_item(**changes), FACTS) is judges


def test_results_survive_json() -> None:
    assert Result.from_json(json.loads(json.dumps(make_result().to_json()))) == make_result()
    assert ClaimResult.from_json(json.loads(json.dumps(make_claim_result().to_json()))) == make_claim_result()
