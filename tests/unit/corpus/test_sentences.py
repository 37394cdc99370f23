from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus.sentences import sentence_spans

# Letters that meet every rule: stops, marks, list marks, line ends, quotes, abbreviations, other scripts.
TEXTS = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            [
                "A",
                "b",
                " ",
                "\n",
                "\n\n",
                ".",
                "!",
                "?",
                "…",
                "- ",
                "1. ",
                "e.g.",
                "No.",
                "5",
                '"',
                ")",
                "。",
                "狼",
                "•",
                "\t",
                "👩‍👧",
                "\u200b",
            ]
        )
    ).map("".join),
)


def sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"], id="marks"),
        pytest.param("Fever of 38.0 °C counts. Call.", ["Fever of 38.0 °C counts.", "Call."], id="decimal point"),
        pytest.param("Take pills, e.g. Aspirin. Rest.", ["Take pills, e.g. Aspirin.", "Rest."], id="e.g."),
        pytest.param("Dr. Lee called. Good.", ["Dr. Lee called.", "Good."], id="title"),
        pytest.param("See No. 5 and nos. 6. Then rest.", ["See No. 5 and nos. 6.", "Then rest."], id="number"),
        pytest.param("The answer is no. Call.", ["The answer is no.", "Call."], id="no, the word"),
        pytest.param("Rashes, sores, etc. Call your team.", ["Rashes, sores, etc.", "Call your team."], id="etc."),
        pytest.param("J. Smith wrote it. Yes.", ["J. Smith wrote it.", "Yes."], id="initial"),
        pytest.param("She is as ill as I. Then what?", ["She is as ill as I.", "Then what?"], id="the word I"),
        pytest.param("He said “Rest.” She did.", ["He said “Rest.”", "She did."], id="closing quote"),
        pytest.param("(It may pass.) Wait.", ["(It may pass.)", "Wait."], id="bracket"),
        pytest.param("Wait... then go. Now", ["Wait... then go.", "Now"], id="dots, then lower case"),
        pytest.param("Really?! Yes.", ["Really?!", "Yes."], id="two marks"),
        pytest.param("Lead:\n- One thing.\n- Two", ["Lead:", "One thing.", "Two"], id="list"),
        pytest.param("1. Call.\n2) Rest.\n* Sleep", ["Call.", "Rest.", "Sleep"], id="list marks"),
        pytest.param("A title\n\nA text\nover lines.", ["A title", "A text\nover lines."], id="paragraphs"),
        pytest.param("狼疮是病。可以治疗！是吗？", ["狼疮是病。", "可以治疗！", "是吗？"], id="no spaces between"),
        pytest.param("- ", [], id="list mark alone"),
        pytest.param(" \n\n\t ", [], id="white space"),
        pytest.param("", [], id="nothing"),
        pytest.param("...", ["..."], id="dots alone"),
    ],
)
def test_finds_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(TEXTS)
def test_spans_are_ordered_trimmed_and_leave_out_nothing_but_white_space_and_list_marks(text: str) -> None:
    spans = sentence_spans(text)
    end = 0
    for span in spans:
        assert end <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        assert set(text[end : span.start].split()) <= _list_marks(text[end : span.start])
        end = span.end
    assert set(text[end:].split()) <= _list_marks(text[end:])


def _list_marks(gap: str) -> set[str]:
    return {word for word in gap.split() if word in "-*+•" or (word[:-1].isdecimal() and word[-1] in ".)")}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Yes it is. " * 50_000, id="half a million characters in one paragraph"),
        pytest.param("." * 300_000 + "x", id="dots without a space"),
        pytest.param(("a." + " " * 3_000) * 100, id="runs of spaces"),
        pytest.param("\n" * 300_000, id="line ends"),
        pytest.param('."' * 100_000 + "x", id="dots and quotes in turn"),
    ],
)
def test_takes_time_in_proportion_to_the_text(text: str) -> None:
    # With quadratic time each of these takes minutes; nothing is measured, the suite would stand still.
    assert len(sentence_spans(text)) <= len(text)
