"""The whole guide: every chunk at its place, every shown quote in its chunk, the same hits for whoever asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bot.answer.source import AnswerSource, Edition
from bot.cli import search as search_command
from bot.corpus.loader import load_corpus
from bot.domain import Draft, Outcome, Question, ReplySentence
from bot.index import codec
from bot.index.embedder import SentenceEmbedder, model_folder
from bot.index.encoders import open_encoder
from bot.index.loaded import CurrentIndex, LoadedIndex, load_index
from bot.index.plan import plan_rows
from bot.index.query_encoder import TOKENIZER_FILE, TokenCounter
from bot.index.sections import sections_of
from bot.index.versions import current_version, version_folder

CORPUS = Path(__file__).parents[2] / "corpus"
MOST_WORDS = 150
SAMPLE = 40


@pytest.fixture(scope="module")
def index(guide_index_dir: Path) -> LoadedIndex:
    return load_index(guide_index_dir)


@pytest.fixture(scope="module")
def edition(guide_index_dir: Path) -> Edition:
    source = AnswerSource(index=CurrentIndex(index_dir=guide_index_dir), encoder_for=open_encoder)
    return source.edition()


@pytest.fixture(scope="module")
def drafts(edition: Edition, index: LoadedIndex) -> dict[str, Draft]:
    """The chain's answer to the heading of every section, by section id."""
    titles = {chunk.section_id: chunk.title for chunk in index.chunks}
    return {section_id: edition.chain.invoke(Question(title)) for section_id, title in titles.items()}


def test_every_chunk_stands_verbatim_at_its_place_in_its_file(index: LoadedIndex) -> None:
    files = {path.relative_to(CORPUS).as_posix(): path.read_text(encoding="utf-8") for path in CORPUS.rglob("*.md")}

    for chunk in index.chunks:
        assert files[chunk.source][chunk.char_start : chunk.char_end] == chunk.text, chunk.id


def test_every_sentence_lies_in_its_chunk_and_none_overlap(index: LoadedIndex) -> None:
    for chunk in index.chunks:
        ends = [0, *(span.end for span in chunk.sentences)]
        assert all(before <= span.start < span.end for before, span in zip(ends, chunk.sentences, strict=False)), (
            chunk.id
        )
        assert ends[-1] <= len(chunk.text), chunk.id
        assert chunk.sentences, chunk.id


def test_no_chunk_is_lost_or_doubled(index: LoadedIndex) -> None:
    ids = [chunk.id for chunk in index.chunks]

    assert len(ids) == len(set(ids))
    assert list(dict.fromkeys(chunk.section_id for chunk in index.chunks)) == [
        section.id for section in load_corpus(CORPUS).sections
    ]


def test_sections_come_back_from_the_index_as_they_are_read(index: LoadedIndex) -> None:
    read = {section.id: section.text.strip() for section in load_corpus(CORPUS).sections}

    for section in sections_of(index):
        assert section.text in read[section.id], section.id


def test_the_model_reads_every_passage_whole(index: LoadedIndex) -> None:
    count = TokenCounter(index.folder / TOKENIZER_FILE)

    for row in plan_rows(index.chunks, model_tokens=count):
        assert count(row.text) + 2 <= index.manifest.max_model_tokens, row.text[:60]


def test_the_vectors_are_those_of_the_model(index: LoadedIndex) -> None:
    """A sample: vectors may have been taken over from an earlier index."""
    planned = plan_rows(index.chunks, model_tokens=TokenCounter(index.folder / TOKENIZER_FILE))
    step = len(planned) // SAMPLE
    numbers = list(range(0, len(planned), step))

    fresh = SentenceEmbedder(folder=model_folder()).embed([planned[number].text for number in numbers])

    assert np.sum(fresh * index.store.rows(numbers), axis=1).min() > 0.99999


def test_every_heading_finds_its_own_section(edition: Edition, index: LoadedIndex) -> None:
    titles = {chunk.section_id: chunk.title for chunk in index.chunks}
    ranks = {section_id: _rank(edition, section_id, title) for section_id, title in titles.items()}

    assert {section_id: rank for section_id, rank in ranks.items() if rank > 3} == {}
    # Sections that ask nearly the same stand before each other now and then.
    assert sum(rank == 1 for rank in ranks.values()) >= 0.98 * len(ranks)


def test_every_heading_is_answered_from_its_own_section(drafts: dict[str, Draft]) -> None:
    assert {draft.outcome for draft in drafts.values()} == {Outcome.ANSWERED}
    first = {section_id: draft.citations[0].section_id for section_id, draft in drafts.items()}
    elsewhere = [section_id for section_id, cited in first.items() if section_id != cited]
    # Sections with the same heading answer each other.
    assert len(elsewhere) <= 0.02 * len(drafts), elsewhere


def test_every_quote_stands_verbatim_in_its_chunk(drafts: dict[str, Draft], index: LoadedIndex) -> None:
    chunks = {chunk.id: chunk for chunk in index.chunks}
    for draft in drafts.values():
        for citation in draft.citations:
            chunk = chunks[citation.chunk_id]
            assert chunk.text[citation.char_start : citation.char_end] == citation.quote
            assert citation.passage == chunk.text


def test_every_shown_sentence_stands_in_the_quote_it_cites(drafts: dict[str, Draft]) -> None:
    for draft, sentence in _sentences(drafts):
        quotes = {citation.marker: " ".join(citation.quote.split()) for citation in draft.citations}
        assert len(sentence.citations) == 1
        # A capital may stand where an opening "Yes," was left out.
        assert sentence.text[1:] in quotes[sentence.citations[0]], sentence.text


def test_every_answer_is_short_and_says_nothing_twice(drafts: dict[str, Draft]) -> None:
    for section_id, draft in drafts.items():
        shown = [sentence.text for sentence in draft.sentences]
        assert len(shown) == len(set(shown)), section_id
        assert sum(len(text.split()) for text in shown) <= MOST_WORDS, section_id


def test_markers_count_up_and_each_has_its_citation(drafts: dict[str, Draft]) -> None:
    for section_id, draft in drafts.items():
        markers = list(dict.fromkeys(marker for sentence in draft.sentences for marker in sentence.citations))
        assert markers == [citation.marker for citation in draft.citations] == list(range(1, len(markers) + 1)), (
            section_id
        )


def test_every_passage_has_an_address_that_ends_in_its_section(drafts: dict[str, Draft], index: LoadedIndex) -> None:
    starts = {section.id: section for section in sections_of(index)}
    for draft in drafts.values():
        for citation in draft.citations:
            path, _, anchor = citation.url.partition("#")
            start, _, end = path.partition("?cite=")[2].partition("-")
            assert anchor == citation.section_id
            assert starts[anchor].text[int(start) : int(end)] == citation.quote


def test_a_question_is_answered_the_same_alone_in_a_batch_and_beside_others(
    edition: Edition, drafts: dict[str, Draft], index: LoadedIndex
) -> None:
    titles = {chunk.section_id: chunk.title for chunk in index.chunks[::10]}
    questions = [Question(title) for title in titles.values()]
    expected = [_timeless(drafts[section_id]) for section_id in titles]

    assert [_timeless(draft) for draft in edition.chain.batch(questions)] == expected
    with ThreadPoolExecutor(max_workers=8) as pool:
        assert [_timeless(draft) for draft in pool.map(edition.chain.invoke, questions)] == expected
    assert [_timeless(list(edition.chain.stream(question))[-1]) for question in questions] == expected


def test_the_command_line_finds_what_the_chain_finds(
    guide_index_dir: Path, edition: Edition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = ["fever after the infusion", "luopus catching??", "who pays for the hotel", "  ", "\ud800 lupus"]
    batch = tmp_path / "queries.jsonl"
    batch.write_text("".join(json.dumps({"id": n, "query": query}) + "\n" for n, query in enumerate(queries)))
    import typer

    app = typer.Typer()
    app.command()(search_command.search)
    result = CliRunner().invoke(app, ["--batch", str(batch), "--index", str(guide_index_dir), "-k", "5"])

    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert lines == [
        {
            "id": number,
            "hits": [
                {"chunk_id": hit.chunk.id, "source": hit.chunk.source, "score": hit.score}
                for hit in edition.searcher.search(query, k=5).hits
            ],
        }
        for number, query in enumerate(queries)
    ]


def test_references_of_every_chunk_are_in_the_index(guide_index_dir: Path, index: LoadedIndex) -> None:
    known = codec.read_references(version_folder(guide_index_dir, current_version(guide_index_dir)))

    assert {name for chunk in index.chunks for name in chunk.references} <= known.keys()


def _rank(edition: Edition, section_id: str, query: str) -> int:
    found = [hit.chunk.section_id for hit in edition.searcher.search(query, k=10).hits]
    return found.index(section_id) + 1 if section_id in found else 99


def _sentences(drafts: dict[str, Draft]) -> Iterator[tuple[Draft, ReplySentence]]:
    for draft in drafts.values():
        for sentence in draft.sentences:
            yield draft, sentence


def _timeless(draft: Draft) -> tuple[object, ...]:
    return (draft.outcome, draft.text, draft.sentences, draft.citations, draft.consulted, draft.confidence)
