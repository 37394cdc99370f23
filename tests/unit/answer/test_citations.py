from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from bot.answer.citations import cite, escaped
from bot.answer.passages import Candidate
from bot.domain import Chunk
from tests.fakes.indexes import make_chunk


def sentences(chunk: Chunk) -> list[Candidate]:
    return [Candidate(chunk, 1.0, number, span, 0.5, 0.5) for number, span in enumerate(chunk.sentences)]


def cited(chosen: list[Candidate]) -> tuple[str, list[tuple[int, str]], list[tuple[int, ...]]]:
    text, shown, citations = cite(chosen, url_of=lambda chunk, span: f"/{chunk.id}?{span.start}-{span.end}")
    return text, [(c.marker, c.quote) for c in citations], [sentence.citations for sentence in shown]


def test_neighbours_share_one_citation_and_others_get_the_next() -> None:
    crs, lupus = make_chunk("crs", "One is first. Two is next. Three is last."), make_chunk("lupus", "Lupus is it.")
    one, two, three = sentences(crs)

    text, quotes, markers = cited([one, two, *sentences(lupus), three])

    assert quotes == [(1, "One is first. Two is next."), (2, "Lupus is it."), (3, "Three is last.")]
    assert markers == [(1,), (1,), (2,), (3,)]
    assert text == "One is first. [1]\n\nTwo is next. [1]\n\nLupus is it. [2]\n\nThree is last. [3]"


def test_a_gap_between_sentences_splits_the_quote() -> None:
    one, _, three = sentences(make_chunk(text="One is first. Two is next. Three is last."))

    assert cited([one, three])[1] == [(1, "One is first."), (2, "Three is last.")]


def test_list_items_stay_a_list() -> None:
    chunk = make_chunk(text="Three things help.\n\n- A hat helps.\n- Shade helps.\n\nThat is all.")

    text, _, _ = cited(sentences(chunk))

    assert text == "Three things help. [1]\n\n- A hat helps. [1]\n- Shade helps. [1]\n\nThat is all. [1]"


def test_nothing_chosen_is_nothing_shown() -> None:
    assert cited([]) == ("", [], [])


@pytest.mark.parametrize(
    "text",
    [
        "# No heading",
        "1. no list",
        "12) no list",
        "- no item",
        "+ no item",
        "> no quote",
        "*no* _emphasis_ `no code` ~~no strike~~",
        "[no link](page.html) ![no image](x.png)",
        "<script>alert(1)</script> <b>no markup</b>",
        "a | b | c",
        "back\\slash",
        "===",
        "---",
        "5 < 6 > 4 & so on",
    ],
)
def test_a_passage_is_shown_as_it_stands_whatever_it_holds(text: str) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(escaped(text))

    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert {child.type for child in tokens[1].children or []} <= {"text", "text_special", "entity"}
    assert "".join(child.content for child in tokens[1].children or []) == text
