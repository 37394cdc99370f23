from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.domain import Citation, Reference
from bot.settings import ROOT
from bot.web.chat_sources import describe_source, find_citation
from bot.web.chat_texts import load_chat_texts
from tests.fakes.chat_service import REFERENCES, FakeService, answered

TEXTS = load_chat_texts(prompts_dir=ROOT / "prompts", language="en")
CITATION = answered("c").citations[0]
TODAY = date(2026, 11, 22)


def _describe(citation: Citation = CITATION, *, is_served: bool = False, **more: object) -> dict[str, object]:
    return describe_source(
        citation,
        texts=TEXTS,
        references=REFERENCES,
        is_served=lambda path: is_served,
        today=TODAY,
        **more,  # type: ignore[arg-type]
    )


def test_shows_the_passage_with_the_quoted_words_apart() -> None:
    source = _describe()
    assert source["before"].endswith("gives them back to you by drip. ")  # type: ignore[attr-defined]
    assert source["quote"] == (
        "The changed cells find and remove B cells, the cells that make the antibodies behind lupus."
    )
    assert source["after"].startswith("\n\nIt is still being studied.")  # type: ignore[attr-defined]


def test_shows_the_quote_alone_where_the_offsets_do_not_fit() -> None:
    source = _describe(replace(CITATION, char_start=3))
    assert (source["before"], source["after"]) == ("", "")
    assert source["quote"] != ""


def test_resolves_references_to_words_and_links() -> None:
    mackensen, fanouriakis = _describe()["references"]  # type: ignore[misc]
    assert mackensen == {"text": REFERENCES["R51"].citation, "url": REFERENCES["R51"].url}
    assert fanouriakis == {"text": REFERENCES["R12"].citation, "url": ""}


def test_names_a_reference_it_does_not_know_by_its_id() -> None:
    assert _describe(replace(CITATION, references=("R99",)))["references"] == [{"text": "R99", "url": ""}]


def test_links_to_no_address_that_is_not_https() -> None:
    bad = {"R51": Reference(id="R51", citation="A paper", url="javascript:alert(1)")}
    source = describe_source(
        replace(CITATION, references=("R51",)), texts=TEXTS, references=bad, is_served=lambda path: True, today=TODAY
    )
    assert source["references"] == [{"text": "A paper", "url": ""}]


def test_links_to_the_guides_page_only_where_there_is_one() -> None:
    assert (_describe(is_served=False)["link"], _describe(is_served=True)["link"]) == ("", CITATION.url)


def test_asks_for_the_page_without_query_and_fragment() -> None:
    asked: list[str] = []
    citation = replace(CITATION, url="/guide/crs?section=a&cite=1-2#a")
    describe_source(citation, texts=TEXTS, references={}, is_served=lambda path: bool(asked.append(path)), today=TODAY)
    assert asked == ["/guide/crs"]


def test_says_when_the_section_was_reviewed_and_when_that_ran_out() -> None:
    source = _describe(replace(CITATION, expires_on=date(2026, 1, 31), page_no=4))
    assert source["reviewed"] == "Reviewed on 22 November 2026"
    assert source["expired"] == (
        "This page was due for a new review on 31 January 2026. Ask your care team if it still holds."
    )
    assert source["where"] == "Page 4"


def test_a_section_without_dates_shows_none() -> None:
    source = _describe(replace(CITATION, reviewed_on=None, expires_on=None))
    assert (source["reviewed"], source["expired"]) == ("", "")


def test_turns_markdown_into_plain_words() -> None:
    passage = "## Title\n\n- one **thing**\n- two [more](https://a.test)"
    source = _describe(replace(CITATION, passage=passage, quote="", char_start=0, char_end=0))
    assert source["after"] == "Title\n\n• one thing\n• two more"


def test_finds_a_citation_by_reply_and_marker() -> None:
    service = FakeService()
    conversation = service.open(visitor_id="v", channel="chat")
    reply = service.reply(conversation_id=conversation.id, visitor_id="v", text="What is CAR-T?")
    messages = service.history(conversation_id=conversation.id, visitor_id="v")
    assert find_citation(messages, reply_id=reply.reply_id, marker=2) == reply.citations[1]
    assert find_citation(messages, reply_id=reply.reply_id, marker=3) is None
    assert find_citation(messages, reply_id="other", marker=1) is None
