from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.corpus import tokens
from bot.corpus.sentences import sentence_spans
from bot.corpus.splitter import (
    MODEL_MARKS,
    TITLE_TOKENS,
    SentenceSplitter,
    embedded_text,
    split_sections,
)
from bot.domain import Chunk, Section, Span

LIMIT = 80
ROOM = LIMIT - TITLE_TOKENS - MODEL_MARKS
BUDGET = 24

SENTENCES = st.lists(
    st.sampled_from(
        [
            "Lupus is a disease.",
            "- ",
            "1. ",
            "\n",
            "\n\n",
            " ",
            "x" * 300,
            "👩‍👧‍👦" * 9,
            "狼疮是一种病" * 9,
            "。",
            "e.g. Rest.",
            "\t",
            "Fever of 38.0 °C counts!",
            "\u200b",
            "a b " * 30,
            "." * 40,
            "- - - ",
        ]
    ),
    max_size=25,
).map("".join)
TEXTS = st.one_of(st.text(max_size=400), SENTENCES)


def model_tokens(text: str) -> int:
    """Count as word-piece models do: marks alone, words in pieces of four letters."""
    return sum(-(-len(word) // 4) for word in re.findall(r"\w+|[^\w\s]", text))


def section(text: str, *, title: str = "What is lupus?", start: int = 7) -> Section:
    return Section(
        id="what-is-lupus",
        chapter_id="lupus",
        chapter_title="Lupus",
        title=title,
        text=text,
        source="lupus.md",
        char_start=start,
        char_end=start + len(text),
        also_asked=("what does sle mean",),
        references=("R1",),
        page_no=3,
    )


def split(*sections: Section) -> list[Chunk]:
    return split_sections(sections, model_tokens=model_tokens, model_limit=LIMIT, max_tokens=BUDGET)


def splitter(*, max_tokens: int = BUDGET) -> SentenceSplitter:
    return SentenceSplitter(max_tokens=max_tokens, fits_model=lambda text: model_tokens(text) <= ROOM)


@given(TEXTS)
@example("- " + "x" * 5_000)
@example("👩‍👧‍👦" * 500)
@example("狼" * 3_000)
@example(" \n\t\u00a0 ")
@example(
    "- One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen!"
)
def test_chunks_are_verbatim_in_budget_and_in_order(text: str) -> None:
    whole = section(text)
    chunks = split(whole)
    source = "#" * whole.char_start + text
    end = whole.char_start
    for chunk in chunks:
        assert end <= chunk.char_start < chunk.char_end <= whole.char_end
        assert chunk.text == source[chunk.char_start : chunk.char_end]
        assert tokens.count(chunk.text) <= BUDGET
        assert model_tokens(embedded_text(chunk, model_tokens=model_tokens)) <= LIMIT - MODEL_MARKS
        assert chunk.sentences == sentence_spans(chunk.text)
        end = chunk.char_end
    assert len({chunk.id for chunk in chunks}) == len(chunks)


@given(TEXTS)
def test_every_letter_of_every_sentence_is_in_a_chunk(text: str) -> None:
    covered = [range(span.start, span.end) for span in splitter().spans(text)]
    for sentence in sentence_spans(text):
        for at in range(sentence.start, sentence.end):
            assert text[at].isspace() or any(at in span for span in covered)


@given(TEXTS)
def test_cuts_inside_a_sentence_only_where_the_sentence_alone_is_too_long(text: str) -> None:
    spans = splitter().spans(text)
    for sentence in sentence_spans(text):
        whole = text[sentence.start : sentence.end]
        if tokens.count(whole) <= BUDGET and model_tokens(whole) <= ROOM:
            assert any(span.start <= sentence.start and sentence.end <= span.end for span in spans)


def test_packs_whole_sentences_and_numbers_the_chunks() -> None:
    items = "- Rest is good for you.\n- Sleep is good for you too."
    text = f"Lupus is a disease of the body. It can touch the skin and more.\n\n{items}"
    chunks = split(section(text))
    assert [(chunk.id, chunk.text) for chunk in chunks] == [
        ("what-is-lupus", "Lupus is a disease of the body. It can touch the skin and more."),
        ("what-is-lupus~2", "- Rest is good for you.\n- Sleep is good for you too."),
    ]
    assert [chunk.also_asked for chunk in chunks] == [("what does sle mean",), ()]
    assert {(chunk.section_id, chunk.page_no, chunk.references) for chunk in chunks} == {("what-is-lupus", 3, ("R1",))}


def test_never_joins_two_sections() -> None:
    chunks = split(section("One."), section("Two."))
    assert [chunk.text for chunk in chunks] == ["One.", "Two."]


def test_leaves_the_list_mark_out_where_it_would_not_fit() -> None:
    sentence = "x" * 4 * ROOM
    generous = SentenceSplitter(max_tokens=1_000, fits_model=lambda text: model_tokens(text) <= ROOM)
    assert generous.spans(f"- {sentence}") == [Span(2, 2 + len(sentence))]


def test_a_section_of_white_space_has_no_chunk() -> None:
    assert split(section(" \n\t ")) == []


def test_cuts_a_long_sentence_at_spaces() -> None:
    text = "word " * 100
    spans = splitter().spans(text)
    assert len(spans) > 1
    assert all(set(text[span.start : span.end].split()) == {"word"} for span in spans)
    assert "".join(text[span.start : span.end] for span in spans).replace(" ", "") == "word" * 100


def test_split_text_gives_the_texts_of_the_spans() -> None:
    assert splitter().split_text("One. Two.\n\nThree.") == ["One. Two.\n\nThree."]


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("Why? " * 200, id="long"),
        pytest.param("x" * 5_000, id="one word"),
        pytest.param("狼" * 500, id="no spaces"),
    ],
)
def test_cuts_a_title_to_its_share(title: str) -> None:
    (chunk,) = split(section("Short.", title=title))
    first, _, rest = embedded_text(chunk, model_tokens=model_tokens).partition("\n")
    assert rest == "Short."
    assert 0 < model_tokens(first) <= TITLE_TOKENS
    assert title.startswith(first)


def test_reads_a_text_without_title_as_it_is() -> None:
    (chunk,) = split(section("Short.", title=""))
    assert embedded_text(chunk, model_tokens=model_tokens) == "Short."
