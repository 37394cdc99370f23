from __future__ import annotations

import doctest
import math

import pytest

from bot.evaluation import metrics
from bot.evaluation.metrics import (
    Cited,
    area_under_curve,
    bootstrap_interval,
    citation_precision,
    citation_recall,
    decisions,
    first_right,
    mcnemar_p,
    ndcg_at,
    percentile,
    recall_at,
    reciprocal_rank,
    wilson_interval,
)


def test_the_examples_of_the_docstrings_hold() -> None:
    ran = doctest.testmod(metrics)
    assert (ran.failed, ran.attempted >= 6) == (0, True)


# ------------------------------------------------------------------ retrieval


def test_the_rank_is_that_of_the_first_right_section() -> None:
    assert first_right(["x", "a", "b"], {"a", "b"}) == 2
    assert first_right(["x"], {"a"}) is None
    assert (reciprocal_rank(["x", "y", "a"], {"a"}), reciprocal_rank([], {"a"})) == (1 / 3, 0.0)


@pytest.mark.parametrize(("k", "recall"), [(1, 0.0), (2, 1 / 3), (3, 1 / 3), (4, 2 / 3), (9, 2 / 3)])
def test_recall_counts_each_fact_once_whichever_section_holds_it(k: int, recall: float) -> None:
    # Fact 1 stands in b or e, fact 2 in d, fact 3 nowhere among the hits.
    assert recall_at(["a", "b", "e", "d"], [{"b", "e"}, {"d"}, {"z"}], k=k) == recall


def test_ndcg_by_hand() -> None:
    # Right at ranks 2 and 4 of two right ones; the best order has them at 1 and 2.
    gained = 1 / math.log2(3) + 1 / math.log2(5)
    assert ndcg_at(["x", "a", "y", "b"], {"a", "b"}, k=10) == pytest.approx(gained / (1 + 1 / math.log2(3)))
    assert ndcg_at(["a", "b"], {"a", "b"}, k=10) == 1.0
    # Of three right ones only two can be among the first two.
    assert ndcg_at(["a", "b"], {"a", "b", "c"}, k=2) == 1.0
    assert ndcg_at(["x"], {"a"}, k=5) == ndcg_at(["x"], set(), k=5) == 0.0


# ------------------------------------------------------------------ ALCE


def holds_all(sentence: str, passage: str) -> bool:
    """A judge for whom a passage supports the letters that it holds."""
    return set(sentence) <= set(passage)


@pytest.mark.parametrize(
    ("sentence", "passages", "recall", "precision"),
    [
        pytest.param("a", (), False, (), id="no citation: no recall"),
        pytest.param("a", ("ax",), True, (True,), id="one passage that supports"),
        pytest.param("a", ("x",), False, (False,), id="one passage that does not"),
        pytest.param("ab", ("a", "b"), True, (True, True), id="two that support only together"),
        pytest.param("a", ("a", "x"), True, (True, False), id="the second one adds nothing"),
        pytest.param("a", ("a", "a"), True, (True, True), id="each alone would do"),
        pytest.param("ab", ("a", "b", "x"), True, (True, True, False), id="two needed, one irrelevant"),
        pytest.param("abc", ("a", "b"), False, (False, False), id="together not enough: none is of use"),
    ],
)
def test_citation_recall_and_precision_as_alce_defines_them(
    sentence: str, passages: tuple[str, ...], recall: bool, precision: tuple[bool, ...]
) -> None:
    cited = Cited(sentence, passages)
    assert citation_recall(cited, holds_all) is recall
    assert citation_precision(cited, holds_all) == precision


# ------------------------------------------------------------------ decisions


def test_precision_and_recall_of_refusals_by_hand() -> None:
    # Four should be refused, three of them are; two more are refused that should not be.
    found = decisions([(True, True)] * 3 + [(True, False)] + [(False, True)] * 2 + [(False, False)] * 4)
    assert (found.wanted, found.done, found.both) == (4, 5, 3)
    assert (found.precision, found.recall) == (0.6, 0.75)


def test_without_cases_there_is_no_precision_and_no_recall() -> None:
    assert (decisions([]).precision, decisions([(False, False)]).recall) == (None, None)


@pytest.mark.parametrize(
    ("scores", "labels", "area"),
    [
        ([0.1, 0.9], [False, True], 1.0),
        ([0.9, 0.1], [False, True], 0.0),
        ([0.5, 0.5], [False, True], 0.5),
        ([0.1, 0.4, 0.35, 0.8], [False, False, True, True], 0.75),
        ([0.3], [True], None),
        ([], [], None),
    ],
)
def test_area_under_the_curve_by_hand(scores: list[float], labels: list[bool], area: float | None) -> None:
    assert area_under_curve(scores, labels) == area


# ------------------------------------------------------------------ how sure


def test_wilson_interval_against_published_values() -> None:
    # Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, table I, method 3.
    for count, total, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        assert wilson_interval(count, total) == pytest.approx((low, high), abs=0.0001)
    assert wilson_interval(29, 29) == pytest.approx((0.8830, 1.0), abs=0.0001)
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("gained", "lost", "p"), [(0, 0, 1.0), (1, 1, 1.0), (5, 0, 0.0625), (1, 8, 0.0390625)])
def test_mcnemar_is_the_exact_binomial(gained: int, lost: int, p: float) -> None:
    assert mcnemar_p(gained, lost) == mcnemar_p(lost, gained) == p


def test_the_bootstrap_is_repeatable_and_holds_the_mean() -> None:
    differences = [1.0] * 30 + [0.0] * 70
    low, high = bootstrap_interval(differences)
    assert 0.15 < low < 0.3 < high < 0.45
    assert bootstrap_interval(differences) == (low, high)
    assert bootstrap_interval([0.5] * 4) == (0.5, 0.5)
    assert bootstrap_interval([]) == (0.0, 0.0)


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(1, 101)]
    assert [percentile(values, share) for share in (0.0, 0.05, 0.5, 0.95, 1.0)] == [1, 5, 50, 95, 100]
    assert percentile([], 0.5) is None
