from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus.guide import is_guide, read_guide
from bot.domain import Section
from bot.errors import CorpusError

FRONT = """---
id: lupus
title: Understanding lupus
reviewed_on: 2026-11-22
expires_on: 2027-11-22
references: [R1]
---
"""
GUIDE = (
    FRONT
    + """
# Understanding lupus

<!-- A remark to authors. -->

## What is lupus? {#what-is-lupus}

<!-- section
facts: [F-1, F-2]
references: [R1]
expires_on: 2026-12-31
also_asked:
  - what does sle mean
-->

Lupus is a disease.

It lasts.

## Can it be treated? {#treated}
Yes.
"""
)


def detail_of(text: str) -> str:
    with pytest.raises(CorpusError) as caught:
        read_guide(text, source="lupus.md")
    return caught.value.detail


def test_reads_sections_with_all_their_fields() -> None:
    start = GUIDE.index("Lupus is a disease.")
    first = Section(
        id="what-is-lupus",
        chapter_id="lupus",
        chapter_title="Understanding lupus",
        title="What is lupus?",
        text="Lupus is a disease.\n\nIt lasts.",
        source="lupus.md",
        char_start=start,
        char_end=start + 30,
        also_asked=("what does sle mean",),
        references=("R1",),
        facts=("F-1", "F-2"),
        reviewed_on=date(2026, 11, 22),
        expires_on=date(2026, 12, 31),
    )
    start = GUIDE.index("Yes.")
    second = Section(
        id="treated",
        chapter_id="lupus",
        chapter_title="Understanding lupus",
        title="Can it be treated?",
        text="Yes.",
        source="lupus.md",
        char_start=start,
        char_end=start + 4,
        reviewed_on=date(2026, 11, 22),
        expires_on=date(2027, 11, 22),
    )
    assert read_guide(GUIDE, source="lupus.md") == [first, second]


@given(st.text(alphabet=st.sampled_from("aB #{}-<>!.\n:é狼")))
def test_sections_stand_verbatim_at_their_offsets(body: str) -> None:
    text = f"{FRONT}\n## A? {{#a}}\n\nText. {body}\n## B? {{#b}}\nMore."
    try:
        sections = read_guide(text, source="lupus.md")
    except CorpusError as error:
        detail, sections = error.detail, []
    else:
        detail = "lupus.md:"
        assert len(sections) >= 2
    assert detail.startswith("lupus.md:")
    for section in sections:
        assert section.text == text[section.char_start : section.char_end]
        assert section.text == section.text.strip() != ""


def test_a_chapter_without_headings_has_no_sections() -> None:
    assert read_guide(f"{FRONT}\n# Understanding lupus\n", source="lupus.md") == []


def test_knows_a_guide_by_its_front_matter() -> None:
    assert is_guide(GUIDE)
    assert not is_guide("# Title\n\n---\nid: x\n---\n")


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        pytest.param(
            "# Title",
            "lupus.md:1: no front matter; begin the file with '---' lines as corpus/README.md shows.",
            id="no front matter",
        ),
        pytest.param("---\n- a\n---\n", "lupus.md:2: expected 'key: value' lines.", id="front matter is a list"),
        pytest.param(
            "---\nid: a\ntitle: [\n---\n",
            "lupus.md:3: not valid YAML (expected the node content, but found '<stream end>'); correct it.",
            id="broken YAML",
        ),
        pytest.param(
            "---\nid: a\ntitle: A\nreviewed_on: 2026-13-01\n---\n",
            "lupus.md:2: not valid YAML (ValueError); correct it.",
            id="a thirteenth month",
        ),
        pytest.param(
            "---\nid: a\ntitle: A\nauthor: me\n---\n",
            "lupus.md:2: unknown key 'author'; known are "
            "audience, expires_on, id, language, references, reviewed_on, title.",
            id="unknown key",
        ),
        pytest.param(
            "---\nid: An Id\ntitle: A\n---\n",
            "lupus.md:2: needs an id such as 'what-is-lupus', in a heading {#what-is-lupus}.",
            id="bad id",
        ),
        pytest.param("---\nid: a\n---\n", "lupus.md:2: title is missing.", id="no title"),
        pytest.param(
            "---\nid: a\ntitle: A\nlanguage: no\n---\n",
            "lupus.md:2: language is missing.",
            id="Norwegian without quotes is False in YAML",
        ),
        pytest.param(
            "---\nid: a\ntitle: A\nexpires_on: soon\n---\n",
            "lupus.md:2: expires_on must be a date such as 2026-11-22.",
            id="no date",
        ),
        pytest.param(
            f"{FRONT}\nA stray sentence.\n\n## A? {{#a}}\nText.",
            "lupus.md:9: text above the first '##' heading; give it a heading or remove it.",
            id="text in no section",
        ),
        pytest.param(
            f"{FRONT}\n## A?\nText.",
            "lupus.md:9: needs an id such as 'what-is-lupus', in a heading {#what-is-lupus}.",
            id="heading without id",
        ),
        pytest.param(
            f"{FRONT}\n## A? {{#a}}\n\n## B? {{#b}}\nText.",
            "lupus.md:9: the section has no text; write it or remove its heading.",
            id="no text",
        ),
        pytest.param(
            f"{FRONT}\n## A? {{#a}}\n<!-- section\nfacts: [F-1]\n\nText.",
            "lupus.md:9: the section's comment does not end in '-->'; close it.",
            id="open comment",
        ),
        pytest.param(
            f"{FRONT}\n## A? {{#a}}\n<!-- section\nfact: [F-1]\n-->\nText.",
            "lupus.md:9: unknown key 'fact'; known are also_asked, expires_on, facts, references, reviewed_on.",
            id="unknown key of a section",
        ),
        pytest.param(
            f"{FRONT}\n## A? {{#a}}\n<!-- section\nalso_asked: why me\n-->\nText.",
            "lupus.md:9: also_asked must be a list of words.",
            id="no list",
        ),
        pytest.param(
            f"{FRONT}\n## A? {{#a}}\n<!-- section\nalso_asked: [yes]\n-->\nText.",
            "lupus.md:9: also_asked must be a list of words.",
            id="yes is True in YAML",
        ),
    ],
)
def test_refuses_what_is_malformed_and_names_file_and_line(text: str, detail: str) -> None:
    assert detail_of(text) == detail
