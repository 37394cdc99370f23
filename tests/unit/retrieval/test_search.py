from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from bot.errors import BadIndexError
from bot.retrieval.fusion import LEXICAL_WEIGHT
from bot.retrieval.search import MAX_QUERY_CHARS, Searcher
from tests.fakes.encoders import HashEmbedder
from tests.fakes.indexes import FEVER, guide_chunks, make_chunk, make_index

EMBEDDER = HashEmbedder()


@pytest.fixture
def searcher() -> Searcher:
    return Searcher(index=make_index(guide_chunks()), encode=EMBEDDER.encode)


def ids(searcher: Searcher, query: str, k: int = 10) -> list[str]:
    return [hit.chunk.id for hit in searcher.search(query, k=k).hits]


@pytest.mark.parametrize(
    ("query", "best"),
    [("fever after the infusion", "crs"), ("is lupus contagious", "lupus"), ("which sunscren", "sun")],
)
def test_the_section_that_answers_comes_first(searcher: Searcher, query: str, best: str) -> None:
    assert ids(searcher, query)[0] == best


def test_scores_are_shares_and_fall(searcher: Searcher) -> None:
    hits = searcher.search("does fever mean crs").hits

    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(0 <= hit.score <= 1 and -1 <= hit.dense <= 1.000001 and 0 <= hit.lexical <= 1 for hit in hits)


@pytest.mark.parametrize("query", ["", " ", "\n\t\u00a0", "?!", "…", "\u200b\u200d", "🙂"], ids=repr)
def test_a_query_without_letters_finds_nothing(searcher: Searcher, query: str) -> None:
    found = searcher.search(query)

    assert (found.hits, found.sentences, found.query_terms) == ((), {}, ())


@pytest.mark.parametrize(
    "query",
    [
        "fever " * 200_000,
        "a" * 1_000_000,
        "\x00\x01 fever",
        "fever \ud800",
        "%s {0} {{x}} ${y} '; DROP TABLE chunks; --",
        "<|endoftext|> [CLS] [SEP] [MASK] fever",
        "\u202efever\u202c",
        "the of and",
        "é" * 3_000 + "\u0301" * 3_000,
    ],
    ids=lambda query: repr(query[:16]),
)
def test_a_hostile_query_is_answered_like_any_other(searcher: Searcher, query: str) -> None:
    assert {hit.chunk.id for hit in searcher.search(query).hits} <= {"crs", "lupus", "sun"}


def test_nothing_beyond_the_longest_query_is_read() -> None:
    read: list[str] = []

    def encode(text: str) -> np.ndarray:
        read.append(text)
        return EMBEDDER.encode(text)

    Searcher(index=make_index(guide_chunks()), encode=encode).search("lupus " * 10_000)

    assert [len(text) for text in read] == [MAX_QUERY_CHARS]


def test_k_larger_than_the_index_gives_all_there_is(searcher: Searcher) -> None:
    assert sorted(ids(searcher, "lupus", k=1_000)) == ["crs", "lupus", "sun"]


def test_k_hits_at_most(searcher: Searcher) -> None:
    assert len(ids(searcher, "lupus", k=2)) == 2


def test_more_than_fifty_hits_where_asked_for() -> None:
    index = make_index([make_chunk(f"s{number:03}", f"Fever on day {number}.") for number in range(120)])

    assert len(ids(Searcher(index=index, encode=EMBEDDER.encode), "fever", k=120)) == 120


def test_equals_are_ordered_by_chunk_id() -> None:
    names = [f"s{number:03}" for number in range(90)]
    shuffled = sorted(names, key=lambda name: hash(name[::-1]) % 97)
    index = make_index([make_chunk(name, FEVER) for name in shuffled])

    assert ids(Searcher(index=index, encode=EMBEDDER.encode), "fever", k=20) == names[:20]


def test_a_chunk_that_shares_no_word_has_no_lexical_score(searcher: Searcher) -> None:
    by_id = {hit.chunk.id: hit.lexical for hit in searcher.search("sunscreen").hits}

    assert by_id["sun"] > 0
    assert (by_id["crs"], by_id["lupus"]) == (0, 0)


def test_a_vector_that_is_no_number_leaves_the_words_to_decide() -> None:
    searcher = Searcher(index=make_index(guide_chunks()), encode=lambda text: np.full(384, np.nan, dtype=np.float32))

    hits = searcher.search("sunscreen").hits

    assert [hit.chunk.id for hit in hits] == ["sun"]
    assert hits[0].dense == -1.0
    assert hits[0].score == pytest.approx(LEXICAL_WEIGHT * hits[0].lexical, abs=1e-5)


def test_a_vector_of_another_model_is_refused() -> None:
    searcher = Searcher(index=make_index(guide_chunks()), encode=HashEmbedder(dimension=8).encode)

    with pytest.raises(BadIndexError, match="another embedding model"):
        searcher.search("lupus")


def test_sentences_near_the_query_are_listed_by_place(searcher: Searcher) -> None:
    found = searcher.search("CRS may start within days of the infusion.")

    assert max(found.sentences, key=lambda place: found.sentences[place]) == ("crs", 1)
    assert found.sentences["crs", 1] == pytest.approx(1.0, abs=1e-5)


def test_a_section_is_as_near_as_its_nearest_part(searcher: Searcher) -> None:
    assert searcher.nearness("CRS may start within days of the infusion.", "crs") == pytest.approx(1.0, abs=1e-5)
    assert searcher.nearness("CRS may start within days of the infusion.", "sun") < 0.5
    assert searcher.nearness("fever", "no-such-section") == -1.0


def test_the_same_words_are_alike_and_others_are_not(searcher: Searcher) -> None:
    assert searcher.likeness("fever after", "after fever") == pytest.approx(1.0, abs=1e-5)
    assert abs(searcher.likeness("fever", "sunscreen")) < 0.3


def test_a_vector_that_is_no_number_is_like_nothing() -> None:
    searcher = Searcher(index=make_index(guide_chunks()), encode=lambda text: np.full(384, np.nan, dtype=np.float32))

    assert searcher.likeness("fever", "fever") == 0.0
    assert searcher.nearness("fever", "crs") == -1.0


def test_eight_threads_find_what_one_finds(searcher: Searcher) -> None:
    queries = [f"{word} {number}" for number in range(10) for word in ("fever", "lupus rash", "sunscren", "infusion")]
    alone = [searcher.search(query) for query in queries]

    with ThreadPoolExecutor(max_workers=8) as pool:
        assert list(pool.map(searcher.search, queries)) == alone
