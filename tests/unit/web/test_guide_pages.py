from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bot.domain import Reference, Section
from bot.web.guide_pages import GuideSite, guide_router
from bot.web.guide_view import Chapter, GuideView

_TODAY = date(2026, 11, 22)
_STATIC = Path("bot/web/static")
_SITE = GuideSite(name="Test guide", disclaimer="General information only.", chat_url="/chat", version="7")
_TEXT = "Fever counts. Call your team.\n\n- Chills count too.\n- So does <b>shivering</b>."


def _section(
    section_id: str = "fever", *, title: str = "What about fever?", text: str = _TEXT, **changes: object
) -> Section:
    fields: dict[str, object] = {
        "id": section_id, "chapter_id": "risks", "chapter_title": "Risks of CAR-T", "title": title, "text": text,
        "source": "08.md", "char_start": 0, "char_end": len(text), "also_asked": ("hot head",),
        "references": ("R1", "R2"), "reviewed_on": date(2026, 11, 1), "expires_on": date(2027, 5, 1),
    }  # fmt: skip
    return Section(**{**fields, **changes})  # type: ignore[arg-type]


def _view(*sections: Section) -> GuideView:
    references = {
        "R1": Reference("R1", "A paper & a half", "https://example.org/1"),
        "R2": Reference("R2", "A book"),
        "R3": Reference("R3", "A trap", "javascript:alert(1)"),
    }
    first = Chapter("risks", "Risks of CAR-T", "en", sections or (_section(),), date(2026, 11, 1))
    second = Chapter("hope", "What comes next", "en", (_section("later", title="What is next?"),), None)
    return GuideView((first, second), references)


Client = Callable[..., TestClient]


@pytest.fixture
def client() -> Client:
    def make(
        *sections: Section,
        today: date = _TODAY,
        site: GuideSite = _SITE,
        rank: Callable[[str], Sequence[str]] | None = None,
    ) -> TestClient:
        app = FastAPI()
        view = _view(*sections)
        app.include_router(guide_router(load=lambda: view, today=lambda: today, site=site, rank=rank))
        return TestClient(app, follow_redirects=False)

    return make


def _marked(page: str) -> list[str]:
    return re.findall(r'<mark class="cited">(.*?)</mark>', page)


def test_contents_list_every_chapter_and_question(client: Client) -> None:
    page = client().get("/guide").text
    assert re.findall(r'<a href="(/guide/[^"]+)">', page) == [
        "/guide/risks", "/guide/risks#fever", "/guide/hope", "/guide/hope#later", "/guide/references",
    ]  # fmt: skip


def test_a_chapter_shows_its_review_its_text_and_numbered_sources(client: Client) -> None:
    page = client().get("/guide/risks").text
    assert "Last reviewed on 1 November 2026." in page
    assert '<section id="fever" aria-labelledby="fever-heading">' in page
    assert "<p>Fever counts. Call your team.</p>" in page
    assert "<li>Chills count too.</li>" in page
    assert '<a href="#source-R1" aria-label="Source 1">1</a>' in page
    assert (
        '<li id="source-R1"><a href="https://example.org/1" rel="noopener noreferrer">A paper &amp; a half</a></li>'
        in page
    )
    assert '<li id="source-R2">A book</li>' in page


def test_text_of_the_guide_is_escaped(client: Client) -> None:
    assert "<li>So does &lt;b&gt;shivering&lt;/b&gt;.</li>" in client().get("/guide/risks").text


def test_a_temperature_never_breaks_and_the_words_around_it_stay(client: Client) -> None:
    page = client(_section(text="Call at 38.0 °C (100.4 °F) or more.")).get("/guide/risks").text
    whole = '<span class="whole">{}</span>'.format
    assert f"<p>Call at {whole('38.0 °C')} ({whole('100.4 °F')}) or more.</p>" in page


def test_sources_of_a_section_stand_in_the_order_of_their_numbers(client: Client) -> None:
    page = (
        client(_section(), _section("cold", title="What about cold?", references=("R2", "R1"))).get("/guide/risks").text
    )
    assert re.findall(r'aria-label="Source (\d)"', page) == ["1", "2", "1", "2"]


def test_the_name_of_the_therapy_never_breaks_and_stays_searchable(client: Client) -> None:
    assert '<h1>Risks of <span class="whole">CAR-T</span></h1>' in client().get("/guide/risks").text


def test_only_https_addresses_become_links(client: Client) -> None:
    page = client(_section(references=("R3",))).get("/guide/risks").text
    assert "javascript:" not in page
    assert '<li id="source-R3">A trap</li>' in page


def test_the_cited_sentence_is_highlighted_in_its_section_only(client: Client) -> None:
    pages = client(_section(), _section("cold", title="What about cold?"))
    page = pages.get("/guide/risks?section=fever&cite=14-29").text
    assert _marked(page) == ["Call your team."]
    assert 'aria-labelledby="fever-heading" class="is-cited"' in page


def test_a_cite_may_reach_over_a_list(client: Client) -> None:
    assert _marked(client().get("/guide/risks?section=fever&cite=14-50").text) == [
        "Call your team.",
        "Chills count too.",
    ]


def test_without_a_section_the_address_decides_which_highlight_shows(client: Client) -> None:
    page = client(_section(), _section("cold", title="What about cold?")).get("/guide/risks?cite=0-13").text
    assert _marked(page) == ["Fever counts.", "Fever counts."]
    assert "is-cited" not in page
    css = (_STATIC / "guide.css").read_text(encoding="utf-8")
    assert ".is-cited .cited,\nsection:target .cited {" in css


@pytest.mark.parametrize(
    "cite", ["", "5", "9-3", "3-3", "-1-4", "a-b", "0-9999", "0-99999999999999", "1.0-2", "<script>-2", "٣-٩"]
)
def test_a_wrong_cite_is_ignored(client: Client, cite: str) -> None:
    answer = client().get("/guide/risks", params={"cite": cite, "section": "fever"})
    assert (answer.status_code, _marked(answer.text)) == (200, [])


def test_an_unknown_section_marks_nothing(client: Client) -> None:
    assert _marked(client().get("/guide/risks?section=gone&cite=0-5").text) == []


@pytest.mark.parametrize(("today", "is_shown"), [(date(2027, 4, 30), False), (date(2027, 5, 1), True)], ids=str)
def test_an_expired_section_says_so(client: Client, today: date, is_shown: bool) -> None:
    page = client(today=today).get("/guide/risks").text
    assert ("This answer was due for a new review on 1 May 2027." in page) is is_shown


def test_a_chapter_leads_on_to_its_neighbours(client: Client) -> None:
    first, last = client().get("/guide/risks").text, client().get("/guide/hope").text
    assert '<span class="quiet">Next</span> What comes next' in first
    assert '<span class="quiet">Before</span>' not in first
    assert '<span class="quiet">Next</span>' not in last


def test_search_needs_no_script_and_shows_the_first_sentence(client: Client) -> None:
    page = client().get("/guide", params={"q": "fever"}).text
    assert '<a href="/guide/risks#fever">What about fever?</a>' in page
    assert "<p>Fever counts.</p>" in page


def test_search_order_is_the_ranking_that_is_passed_in(client: Client) -> None:
    page = client(rank=lambda words: ["later", "gone", "fever", "later"]).get("/guide?q=x").text
    assert re.findall(r'<a href="/guide/\w+#(\w+)">', page) == ["later", "fever"]


def test_a_search_without_a_result_names_the_next_step(client: Client) -> None:
    page = client().get("/guide?q=zebra").text
    assert "I don’t have that in my guide." in page
    assert '<a href="/chat">ask in your own words</a>' in page


def test_a_search_is_private_escaped_and_bounded(client: Client) -> None:
    seen: list[str] = []
    answer = client(rank=lambda words: seen.append(words) or ()).get("/guide", params={"q": '"><script>' + "x" * 900})
    assert "<script" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert [len(words) for words in seen] == [200]


def test_an_empty_search_asks_for_a_word(client: Client) -> None:
    assert "Type a word or a question" in client().get("/guide?q=%20").text


def test_all_sources_stand_on_one_page_with_the_chapters_that_use_them(client: Client) -> None:
    page = client().get("/guide/references").text
    assert "The guide rests on 2 sources." in page
    assert 'Used in: <a href="/guide/risks#source-R1">' in page


@pytest.mark.parametrize("path", ["/guide", "/guide/risks", "/guide/references"])
def test_an_unchanged_page_is_not_sent_again(client: Client, path: str) -> None:
    pages = client()
    first = pages.get(path)
    again = pages.get(path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert first.headers["cache-control"] == "public, max-age=300, must-revalidate"


def test_a_page_that_changes_changes_its_tag(client: Client) -> None:
    before, after = client().get("/guide/risks"), client(today=date(2027, 6, 1)).get("/guide/risks")
    assert before.headers["etag"] != after.headers["etag"]


@pytest.mark.parametrize("path", ["/guide/nothing", "/guide/risks/more", "/guide/../x", "/guide/%3Cscript%3E"])
def test_a_missing_page_speaks_in_our_voice(client: Client, path: str) -> None:
    answer = client().get(path)
    assert answer.status_code == 404
    if not path.endswith("/../x"):
        assert "<h1>I don’t have that page</h1>" in answer.text
        assert answer.headers["cache-control"] == "no-store"


def test_a_closing_slash_leads_to_the_contents(client: Client) -> None:
    answer = client().get("/guide/")
    assert (answer.status_code // 100, answer.headers["location"].removeprefix("http://testserver")) == (3, "/guide")


def test_a_head_request_has_the_headers_of_the_page(client: Client) -> None:
    pages = client()
    assert pages.head("/guide/risks").headers["etag"] == pages.get("/guide/risks").headers["etag"]


@pytest.mark.parametrize("path", ["/guide", "/guide?q=fever", "/guide/risks", "/guide/references", "/guide/nothing"])
def test_every_page_has_skip_link_disclaimer_one_heading_and_nothing_from_elsewhere(client: Client, path: str) -> None:
    page = client().get(path).text
    assert '<a class="skip" href="#main">' in page
    assert "General information only." in page
    assert page.count("<h1") == 1
    assert "<script" not in page
    assert "style=" not in page
    assert set(re.findall(r'<link[^>]+href="([^"]+)"', page)) == {
        "/static/butterfly.svg?v=7", "/static/tokens.css?v=7", "/static/guide.css?v=7",
    }  # fmt: skip


def test_no_chat_no_link_to_it(client: Client) -> None:
    site = GuideSite(name="Test guide", disclaimer="General.", chat_url="")
    for path in ("/guide", "/guide?q=zebra", "/guide/nothing"):
        assert "Ask a question" not in client(site=site).get(path).text


def test_both_dark_themes_hold_the_same_colours() -> None:
    css = (_STATIC / "tokens.css").read_text(encoding="utf-8")
    blocks = re.findall(r"(?:\[data-theme=\"dark\"\]|\.follows-system) \{(.*?)\}", css, re.DOTALL)
    chosen, followed = (dict(re.findall(r"(--[\w-]+): ([^;]+);", block)) for block in blocks)
    assert chosen == followed


def test_pages_use_only_colours_of_the_shared_tokens() -> None:
    tokens = (_STATIC / "tokens.css").read_text(encoding="utf-8")
    screen = (_STATIC / "guide.css").read_text(encoding="utf-8").partition("@media print")[0]
    assert set(re.findall(r"var\((--[\w-]+)\)", screen)) <= set(re.findall(r"(--[\w-]+):", tokens))
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s,)])", screen) == []
