from __future__ import annotations

from bot.evaluation.summary import headline, share_of, summary_of, verifier_summary
from tests.fakes.evaluation import make_claim_result, make_refusal, make_result

RESULTS = [
    make_result(id="1", words=50, grade=6.0, ms=10.0),
    make_result(id="2", problems=["lacks /x/"], key_facts=2, key_facts_found=1, ranked=["sun"], words=70, ms=30.0),
    make_result(id="3", outcome="abstained", is_refused=True, problems=["outcome abstained"], words=None, grade=None),
    make_refusal(id="4"),
    make_refusal(id="5", outcome="answered", is_refused=False, problems=["outcome answered"]),
    make_result(id="6", category="emergency", expect=["emergency"], outcome="answered", is_to_answer=None, needs=[]),
    make_result(
        id="7", category="hard_negative", expect=["answered", "abstained"], outcome="emergency", is_to_answer=None
    ),
]


def test_a_run_is_summed_up_by_hand() -> None:
    found = summary_of(RESULTS)

    assert found["questions"] == 7
    assert (found["passed"]["count"], found["passed"]["of"]) == (4, 7)
    assert found["categories"]["answerable"]["outcomes"] == {"answered": 2, "abstained": 1}
    assert found["categories"]["answerable"]["wrong_outcomes"] == {"abstained": 1}
    assert found["categories"]["near_miss"]["wrong_outcomes"] == {"answered": 1}
    abstention = found["abstention"]
    assert (abstention["precision"]["count"], abstention["precision"]["of"]) == (1, 2)
    assert (abstention["recall"]["count"], abstention["recall"]["of"]) == (1, 2)
    assert (abstention["wrong_answers"]["count"], abstention["wrong_answers"]["of"]) == (1, 2)
    assert (abstention["wrong_refusals"]["count"], abstention["wrong_refusals"]["of"]) == (1, 3)
    assert (found["alarms"]["missed"]["count"], found["alarms"]["missed"]["of"]) == (1, 1)
    assert (found["alarms"]["false"]["count"], found["alarms"]["false"]["of"]) == (1, 6)


def test_a_share_comes_with_its_interval() -> None:
    assert share_of([1, 1, 0, 0], bool) == {"share": 0.5, "count": 2, "of": 4, "low": 0.15, "high": 0.85}
    assert share_of([], bool) == {"share": None, "count": 0, "of": 0, "low": 0.0, "high": 1.0}


def test_citations_are_averaged_by_reply_as_alce_does_and_counted_by_sentence() -> None:
    many = make_result(sentences_cited=4, sentences_supported=1, citations_made=4, citations_useful=1)
    found = summary_of([make_result(), many, make_refusal()])["citations"]
    assert (found["answers"], found["recall"], found["precision"]) == (2, 0.625, 0.625)
    assert (found["sentences"]["count"], found["sentences"]["of"]) == (2, 5)


def test_retrieval_is_told_by_wording_with_the_plain_recipe_beside_it_where_it_was_measured() -> None:
    typed = make_result(style="typed", ranked=["sun", "flare"], baseline=["flare"])
    found = summary_of([make_result(), typed])["retrieval"]
    assert (found["all"]["questions"], found["all"]["mrr"]) == (2, 0.75)
    assert (found["styles"]["typed"]["mrr"], found["styles"]["typed"]["baseline"]["mrr"]) == (0.5, 1.0)
    assert "baseline" not in found["styles"]["plain"]


def test_what_was_not_measured_is_left_out() -> None:
    assert set(summary_of([], [make_claim_result()])) == {"verifier"}
    bare = summary_of([make_refusal()])
    assert {"citations", "retrieval", "verifier"} & set(bare) == set()
    assert bare["words"] == {"count": 0}


def test_the_verifier_is_judged_by_kind() -> None:
    claims = [
        make_claim_result(id="1", score=0.1),
        make_claim_result(id="2", is_passed=True, score=0.9),
        make_claim_result(id="3", kind="other_topic", score=0.2),
        make_claim_result(id="4", kind="paraphrase", is_supported=True, is_passed=True, score=0.8),
        make_claim_result(id="5", kind="paraphrase", is_supported=True, is_passed=False, score=0.3),
    ]
    found = verifier_summary(claims)
    assert (found["caught"]["count"], found["caught"]["of"]) == (2, 3)
    assert (found["falsely_dropped"]["count"], found["falsely_dropped"]["of"]) == (1, 2)
    assert {kind: row["share"] for kind, row in found["caught_by_kind"].items()} == {
        "number_changed": 0.5,
        "other_topic": 1,
    }
    assert list(found["falsely_dropped_by_kind"]) == ["paraphrase"]
    assert found["area_under_curve"] == 0.6667  # of six pairs, four in the right order


def test_the_terminal_hears_the_figures_that_matter() -> None:
    lines = list(headline(summary_of(RESULTS, [make_claim_result()])))
    assert lines[0] == "Passed: 4 of 7 (57.1%)"
    assert "Answered although not in the guide: 1 of 2 (50.0%)" in lines
    assert "Wrong sentences caught: 1 of 1 (100.0%)" in lines
    assert "Right sentences dropped: 0 of 0" in lines
    assert list(headline({})) == []
