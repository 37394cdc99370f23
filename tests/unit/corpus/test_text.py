from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus.text import cleaned, decoded, on_one_line, raised, slug
from bot.errors import CorpusError


def test_decodes_utf8_with_its_mark_and_every_kind_of_line_end() -> None:
    assert decoded("\ufeffone\r\ntwo\rthree\n".encode(), name="a.txt") == "one\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        pytest.param(
            b"caf\xe9", "a.txt: not UTF-8 at byte 3; save it as UTF-8 and build again.", id="latin-1 at byte 3"
        ),
        pytest.param(
            "hi".encode("utf-16"), "a.txt: not UTF-8 at byte 0; save it as UTF-8 and build again.", id="utf-16"
        ),
        pytest.param(
            "hi".encode("utf-16-le"),
            "a.txt: not UTF-8 text at byte 1 (a zero byte); save it as UTF-8 and build again.",
            id="utf-16 without its mark",
        ),
        pytest.param(b"", "a.txt: empty; write something in it or remove it.", id="nothing"),
        pytest.param(b" \n\t", "a.txt: empty; write something in it or remove it.", id="white space"),
        pytest.param(b"\xef\xbb\xbf", "a.txt: empty; write something in it or remove it.", id="mark alone"),
    ],
)
def test_refuses_what_is_no_utf8_text_and_names_file_and_place(content: bytes, detail: str) -> None:
    with pytest.raises(CorpusError) as caught:
        decoded(content, name="a.txt")
    assert caught.value.detail == detail


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param("e\u0301", "é", id="composed"),
        pytest.param("lu\u00adpus", "lupus", id="soft hyphen"),
        pytest.param("38\u00a0°C, 5\u202fmg", "38 °C, 5 mg", id="spaces that do not break"),
        pytest.param("a\u0000\u0007b\u200bc\ufeff", "abc", id="control characters"),
        pytest.param("a\u202egnp.exe\u202c", "agnp.exe", id="text direction turned round"),
        pytest.param("a\ud800b", "ab", id="half a character"),
        pytest.param("a\n\n \n\t\n\nb", "a\n\nb", id="empty lines"),
        pytest.param("a\r\nb\u2028c\x0cd", "a\nb\nc\nd", id="line ends"),
        pytest.param("a  \nb\t\nc", "a\nb\nc", id="white space at line ends"),
        pytest.param("👩\u200d👧", "👩\u200d👧", id="a family keeps its joiner"),
        pytest.param("\uf0b7 rest", "• rest", id="the bullet of a symbol font"),
    ],
)
def test_cleans(raw: str, text: str) -> None:
    assert cleaned(raw) == text


@given(st.text())
def test_cleaning_twice_changes_nothing_and_leaves_nothing_unseen(raw: str) -> None:
    text = cleaned(raw)
    assert cleaned(text) == text
    assert unicodedata.is_normalized("NFC", text)
    assert not [letter for letter in text if unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t"]
    assert "\n\n\n" not in text


def test_cleans_a_million_spaces_in_one_line_in_no_time() -> None:
    line = "a" + " " * 1_000_000 + "b"
    assert cleaned(line) == line


def test_puts_a_text_on_one_line() -> None:
    assert on_one_line(" a\n\n b\u00a0\tc ") == "a b c"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("9", "⁹", id="digit"),
        pytest.param("-12", "⁻¹²", id="minus"),
        pytest.param("th", "th", id="letters have no raised form"),
        pytest.param("2a", "2a", id="half raised would be neither"),
        pytest.param("", "", id="empty"),
    ],
)
def test_writes_superscripts_as_raised_digits(text: str, expected: str) -> None:
    assert raised(text) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("What is lupus?", "what-is-lupus", id="question"),
        pytest.param("Überblick: Señora", "uberblick-senora", id="accents"),
        pytest.param("狼疮", "untitled", id="nothing left"),
        pytest.param("a" * 100, "a" * 80, id="80 characters"),
        pytest.param("a" * 79 + " b", "a" * 79, id="no hyphen at the cut"),
    ],
)
def test_makes_slugs(words: str, expected: str) -> None:
    assert slug(words) == expected
