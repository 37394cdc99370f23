from __future__ import annotations

from bot.domain import Hit
from bot.retrieval.merge import merged
from bot.retrieval.search import Found
from tests.fakes.indexes import make_chunk


def found(*scores: tuple[str, float], terms: tuple[str, ...] = (), near: float = 0.5) -> Found:
    hits = tuple(Hit(make_chunk(name), score=score, dense=score, lexical=0.0) for name, score in scores)
    return Found(hits, {(name, 0): near for name, _ in scores}, terms)


def test_a_chunk_counts_with_its_best_weighted_score() -> None:
    both = merged([found(("a", 0.5), ("b", 0.4)), found(("b", 0.9), ("c", 0.2))], weights=[1.0, 0.5], k=10)

    assert [(hit.chunk.id, hit.score) for hit in both.hits] == [("a", 0.5), ("b", 0.45), ("c", 0.1)]


def test_equals_are_ordered_by_chunk_id() -> None:
    both = merged([found(("b", 0.5)), found(("a", 0.5))], weights=[1.0, 1.0], k=10)

    assert [hit.chunk.id for hit in both.hits] == ["a", "b"]


def test_keeps_k_hits_the_nearest_sentences_and_each_term_once() -> None:
    both = merged(
        [found(("a", 0.5), terms=("x", "y"), near=0.3), found(("a", 0.4), ("b", 0.4), terms=("y", "z"), near=0.6)],
        weights=[1.0, 1.0],
        k=1,
    )

    assert [hit.chunk.id for hit in both.hits] == ["a"]
    assert both.sentences == {("a", 0): 0.6, ("b", 0): 0.6}
    assert both.query_terms == ("x", "y", "z")


def test_nothing_and_nothing_is_nothing() -> None:
    assert merged([found(), found()], weights=[1.0, 1.0], k=5) == Found((), {}, ())


def test_a_search_may_say_which_chunks_are_near_and_not_which_sentences() -> None:
    founds = [found(("a", 0.5), terms=("x",), near=0.9), found(("a", 0.4), terms=("y",), near=0.2)]

    one = merged(founds, weights=[1.0, 1.0], k=1, untold=[True, False])
    both = merged(founds, weights=[1.0, 1.0], k=1, untold=[True, True])

    assert (one.sentences, one.query_terms, one.hits[0].score) == ({("a", 0): 0.2}, ("y",), 0.5)
    assert (both.sentences, both.query_terms) == ({("a", 0): 0.9}, ("x", "y"))
