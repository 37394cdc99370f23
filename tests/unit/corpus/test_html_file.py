from __future__ import annotations

import pytest

from bot.corpus import html_file
from bot.corpus.extract import Extract
from bot.corpus.html_file import read_html_file
from bot.errors import CorpusError


def read(markup: str) -> Extract:
    return read_html_file(markup.encode(), name="a.html")


def parts(markup: str) -> list[tuple[str | None, str]]:
    extract = read(markup)
    return [(place.title, extract.text[place.char_start : place.char_end]) for place in extract.places]


def body(markup: str) -> str:
    return read(markup).text


def test_a_page_becomes_its_headings_and_their_text() -> None:
    extract = read(
        "<!doctype html><html><head><title>Care after CAR-T</title></head><body>"
        "<h1>Going home</h1><p>Rest <b>well</b>.</p><h2>Food</h2><p>Eat\n well.</p><h3>Empty</h3></body></html>"
    )
    assert extract.text == "Going home\n\nRest well.\n\nFood\n\nEat well.\n\nEmpty"
    assert extract.title == "Care after CAR-T"
    assert [(place.title, extract.text[place.char_start : place.char_end]) for place in extract.places] == [
        ("Going home", "Rest well."),
        ("Food", "Eat well."),
    ]


def test_without_a_title_the_first_h1_names_the_page() -> None:
    assert read("<svg><title>Logo</title></svg><h1>Going <i>home</i></h1><p>Rest.").title == "Going home"


@pytest.mark.parametrize(
    "unseen",
    [
        pytest.param("<script>no</script>", id="script"),
        pytest.param("<style>no</style>", id="style"),
        pytest.param("<nav>no</nav>", id="nav"),
        pytest.param("<header>no</header>", id="header"),
        pytest.param("<footer>no</footer>", id="footer"),
        pytest.param("<aside>no</aside>", id="aside"),
        pytest.param("<div role=banner>no</div>", id="role"),
        pytest.param("<p hidden>no</p>", id="hidden"),
        pytest.param("<p aria-hidden=true>no</p>", id="aria-hidden"),
        pytest.param("<p style='color:red; display : none'>no</p>", id="display none"),
        pytest.param("<!-- no -->", id="comment"),
        pytest.param("<template>no</template>", id="template"),
        pytest.param("<noscript>no</noscript>", id="noscript"),
        pytest.param("<button>no</button>", id="button"),
        pytest.param("<select><option>no</select>", id="choices"),
    ],
)
def test_leaves_out_what_a_reader_does_not_see_or_need(unseen: str) -> None:
    assert body(f"<body>{unseen}<p>Yes.</p>{unseen}</body>") == "Yes."


def test_a_page_that_marks_its_main_part_is_read_there_alone() -> None:
    markup = "<div>Menu</div><main><header><h1>Food</h1></header><p>Eat.</p><aside>Call 999.</aside></main><p>Legal</p>"
    assert body(markup) == "Food\n\nEat.\n\nCall 999."


def test_an_empty_main_part_is_no_main_part() -> None:
    assert body("<main><nav>Menu</nav></main><p>Eat.</p>") == "Eat."


def test_the_only_article_is_the_main_part_and_a_header_with_the_h1_is_kept() -> None:
    assert body("<p>Menu</p><article><p>Eat.</p></article>") == "Eat."
    assert body("<header><h1>Food</h1></header><p>Eat.</p>") == "Food\n\nEat."


def test_a_page_wrapped_in_a_form_is_read() -> None:
    assert body("<form><input value=no><p>Eat.</p></form>") == "Eat."


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        pytest.param("<ul><li>One.<li><p>Two.</p></ul>", "- One.\n- Two.", id="list"),
        pytest.param("<ol><li>One.<ul><li>In.</ul><li>Two.</ol>", "- One.\n- In.\n- Two.", id="nested list"),
        pytest.param("<ul><li><p>One.</p><p>More.</p></ul>", "- One.\n\nMore.", id="two paragraphs in an item"),
        pytest.param("<ul><li></li><li> </li></ul><p>Eat.", "Eat.", id="empty items"),
        pytest.param("<dl><dt>CRS:</dt><dd>A storm.</dd><dt>Alone</dt></dl>", "- CRS: A storm.\n- Alone", id="terms"),
        pytest.param("<p>One<br>two</p>three", "One\ntwo\n\nthree", id="line break"),
        pytest.param("<pre>one\n two</pre>", "one\ntwo", id="preformatted"),
        pytest.param("<p>a<b>b</b> c&nbsp;d&shy;e", "ab c de", id="inline"),
        pytest.param("<p>10<sup>9</sup> per m<sup>2</sup>, 5<sup>th</sup>", "10⁹ per m², 5th", id="superscript"),
        pytest.param("<p>Lupus<sup><a href=#1>[1]</a></sup> is.", "Lupus is.", id="mark of a note"),
        pytest.param("<p>H<sub>2</sub>O", "H2O", id="subscript"),
        pytest.param("<details><summary>Why?</summary>So.</details>", "Why?\n\nSo.", id="question that unfolds"),
    ],
)
def test_writes_blocks(markup: str, text: str) -> None:
    assert body(markup) == text


def test_tables_are_lines_with_the_names_of_their_columns() -> None:
    markup = (
        "<table><caption>Grades</caption><tr><th>Sign<th>Grade</tr>"
        "<tr><td rowspan=2>Fever<td>1</tr><tr><td>2</tr><tr><td colspan=2>None</tr></table>"
    )
    assert body(markup) == ("Grades\n\n- Sign: Fever; Grade: 1\n- Sign: Fever; Grade: 2\n- Sign: None; Grade: None")


def test_a_table_that_lays_out_the_page_is_no_data() -> None:
    markup = "<table><tr><td><h2>Food</h2><p>Eat.</td><td><table><tr><td>a<td>b</tr></table></td></tr></table>"
    assert parts(markup) == [("Food", "Eat.\n\n- a: b")]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("<p>café</p>".encode(), id="utf-8"),
        pytest.param("<meta charset=iso-8859-1><p>café</p>".encode("latin-1"), id="latin-1 by meta"),
        pytest.param("<meta charset=utf-16><p>café</p>".encode(), id="utf-16 by meta cannot be"),
        pytest.param("<p>café</p>".encode("utf-16"), id="utf-16 by its mark"),
        pytest.param("\ufeff<p>café</p>".encode(), id="utf-8 by its mark"),
        pytest.param(
            '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><p>café</p></html>'.encode(),
            id="xhtml",
        ),
    ],
)
def test_reads_the_encoding_that_the_page_declares(content: bytes) -> None:
    assert read_html_file(content, name="a.html").text == "café"


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        pytest.param(
            b"<p>caf\xe9", "a.html: not utf-8 at byte 6; declare its charset or save it as UTF-8.", id="bad byte"
        ),
        pytest.param(
            b"<meta charset=klingon><p>x",
            "a.html: declares the unknown encoding 'klingon'; save it as UTF-8.",
            id="unknown encoding",
        ),
        pytest.param(
            "<p>x".encode("utf-16-le"),
            "a.html: holds zero bytes, so it is not utf-8 text; save it as UTF-8.",
            id="utf-16 without its mark",
        ),
        pytest.param(
            b"<div>" * 20_000 + b"x",
            "a.html: cannot be read as HTML (RecursionError); save it again in a browser.",
            id="endless depth",
        ),
    ],
)
def test_refuses_what_it_cannot_read_and_names_the_file(content: bytes, detail: str) -> None:
    with pytest.raises(CorpusError) as caught:
        read_html_file(content, name="a.html")
    assert caught.value.detail == detail


def test_refuses_a_huge_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_file, "_MAX_BYTES", 10)
    with pytest.raises(CorpusError, match="over 0 MB"):
        read_html_file(b"<p>0123456789", name="a.html")


@pytest.mark.parametrize("markup", ["<html></html>", "<script>x</script>", "<h1>Heading alone</h1>"])
def test_a_page_without_text_has_no_parts(markup: str) -> None:
    assert read(markup).places == ()
