from __future__ import annotations

from bot.evaluation import figures
from bot.evaluation.figures import BASELINE, FIGURES, RETRIEVAL
from tests.fakes.evaluation import make_refusal, make_result


def test_a_figure_leaves_out_questions_that_it_does_not_apply_to() -> None:
    results = [make_result(key_facts=2, key_facts_found=1), make_result(), make_refusal()]
    assert figures.KEY_FACTS.mean(results) == 0.75
    assert figures.GRADE.values(results) == [5.0, 5.0]
    assert figures.WRONG_ANSWERS.values(results) == [0.0]
    assert figures.WRONG_REFUSALS.values(results) == [0.0, 0.0]
    assert figures.CITATION_RECALL.mean([make_refusal()]) is None


def test_retrieval_by_hand() -> None:
    # Fact 1 in b, fact 2 in f or g; ranked a b c d e f: b second, f sixth.
    result = make_result(ranked=list("abcdef"), needs=[["b"], ["f", "g"]], baseline=["g"])
    found = {figure.name: figure.of(result) for figure in RETRIEVAL}
    assert (found["hit@1"], found["hit@5"], found["recall@5"], found["recall@10"], found["mrr"]) == (0, 1, 0.5, 1, 0.5)
    plain = {figure.name: figure.of(result) for figure in BASELINE}
    assert (plain["hit@1"], plain["recall@5"], plain["mrr"]) == (1, 0.5, 1)
    assert all(figure.of(make_refusal()) is None for figure in RETRIEVAL)


def test_errors_count_only_where_they_can_be_made() -> None:
    assert figures.WRONG_ANSWERS.of(make_refusal(outcome="answered", is_refused=False)) == 1.0
    assert figures.WRONG_REFUSALS.of(make_refusal()) is None
    assert figures.WRONG_REFUSALS.of(make_result(is_refused=True)) == 1.0


def test_every_figure_has_a_name_and_a_title_of_its_own() -> None:
    assert len({figure.name for figure in FIGURES}) == len({figure.title for figure in FIGURES}) == len(FIGURES)
