from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.evaluation.compare import Comparison, compared, lines_of
from bot.evaluation.results import Result
from tests.fakes.evaluation import make_claim_result, make_refusal, make_result, make_run


def compare(before: Sequence[Result], after: Sequence[Result]) -> Comparison:
    return compared(make_run(before, name="first"), make_run(after, name="second"))


GOOD, BAD = make_result(), make_result(problems=["lacks /x/"], text="A flare. [1]")


def test_gained_lost_and_changed_questions_are_named() -> None:
    before = [GOOD, make_result(id="2", problems=["lacks /x/"]), make_result(id="3"), make_result(id="same")]
    after = [
        BAD,
        make_result(id="2"),
        make_result(id="3", outcome="abstained", is_refused=True, problems=["outcome abstained"], text="No."),
        make_result(id="same"),
    ]
    found = compare(before, after)

    assert [pair.after.id for pair in found.gained] == ["2"]
    assert [pair.after.id for pair in found.lost] == ["Q-1", "3"]
    assert [pair.after.id for pair in found.outcomes] == ["3"]
    assert [pair.after.id for pair in found.texts] == ["Q-1"]


def test_questions_that_differ_or_are_in_one_run_only_are_not_compared() -> None:
    before = [make_result(id="1"), make_result(id="2"), make_result(id="3")]
    after = [make_result(id="1"), make_result(id="2", turns=["Another?"]), make_result(id="4")]
    found = compare(before, after)

    assert [pair.after.id for pair in found.pairs] == ["1"]
    assert (found.only_before, found.only_after, found.altered) == (("3",), ("4",), ("2",))


@pytest.mark.parametrize(
    ("lost", "verdict"),
    [(0, "same"), (3, "may be chance"), (6, "worse")],
)
def test_a_figure_says_whether_its_change_may_be_chance(lost: int, verdict: str) -> None:
    before = [make_result(id=str(number)) for number in range(20)]
    after = [make_result(id=str(n), problems=["lacks /x/"] if n < lost else []) for n in range(20)]
    row = compare(before, after).rows[0]

    assert (row.title, row.pairs, row.before, row.after) == ("Passed", 20, 1.0, 1 - lost / 20)
    assert row.verdict == verdict
    assert row.low <= row.after - row.before <= row.high


def test_fewer_errors_are_better_and_longer_answers_are_neither() -> None:
    before = [make_refusal(id=str(n), outcome="answered", is_refused=False) for n in range(8)]
    after = [make_refusal(id=str(n)) for n in range(8)]
    rows = {row.title: row for row in compare(before, after).rows}
    assert rows["Answered although not in the guide"].verdict == "better"
    longer = compare([make_result(id=str(n)) for n in range(8)], [make_result(id=str(n), words=20) for n in range(8)])
    assert {row.title: row.verdict for row in longer.rows}["Words in an answer"] == "changed"


def test_a_figure_is_compared_on_the_questions_that_have_it_in_both_runs() -> None:
    refused = make_result(id="2", grade=None, words=None)
    rows = {row.title: row for row in compare([GOOD, make_result(id="2")], [GOOD, refused]).rows}
    assert rows["Reading grade"].pairs == 1
    assert rows["Reading grade"].p is None
    assert rows["Passed"].pairs == 2


def test_sentences_that_the_verifier_judges_otherwise_are_named() -> None:
    first = make_run([], [make_claim_result(), make_claim_result(id="V-2", is_passed=True)])
    second = make_run([], [make_claim_result(is_passed=True), make_claim_result(id="V-2")])
    found = compared(first, second)
    assert ([claim.id for claim in found.claims_gained], [claim.id for claim in found.claims_lost]) == (
        ["V-2"],
        ["V-1"],
    )
    assert found.rows == ()


def test_the_terminal_shows_figures_and_every_question_that_changed() -> None:
    lines = list(lines_of(compare([GOOD, make_result(id="x")], [BAD])))
    assert lines[0] == "first → second: 1 questions in both"
    assert lines[1] == "1 only in the first: x"
    assert any(line.startswith("Passed ") and "-1.000" in line for line in lines)
    assert "Lost: 1" in lines
    assert "  Q-1  answerable  lacks /x/" in lines
    assert lines[-2:] == ["Other words: 1", "  Q-1"]
