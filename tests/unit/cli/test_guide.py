from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.guide import guide_app, print_expiring, print_preview, print_report, write_fingerprint, write_page
from bot.corpus.check.run import report_on
from bot.corpus.loader import load_corpus
from bot.domain import Chunk, Hit
from bot.errors import CorpusError
from tests.fakes.guide_folder import chapter, section, write_guide

_TODAY = date(2026, 11, 22)
_BAD = chapter(section("Lupus can be cured."))


def _hit(section_id: str, text: str, score: float) -> Hit:
    chunk = Chunk(section_id, section_id, "c", "C", f"About {section_id}?", text, "01.md", 0, len(text), ())
    return Hit(chunk, score, 0.0, 0.0)


def test_check_prints_a_line_per_finding_and_fails_on_an_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(guide_app, ["check", "--corpus", str(write_guide(tmp_path, _BAD))])
    assert result.exit_code == 1
    first, *_, last = result.stdout.splitlines()
    assert first.startswith('01.md:24: never-say: NV-01 cure as a result: "cured"; ')
    assert last == "1 error, 0 warnings."


def test_check_writes_the_page_it_is_asked_for(tmp_path: Path) -> None:
    page = tmp_path / "out" / "guide.html"
    guide = tmp_path / "guide"
    guide.mkdir()
    CliRunner().invoke(guide_app, ["check", "--corpus", str(write_guide(guide, _BAD)), "--html", str(page)])
    assert "<h2>never-say (1)</h2>" in page.read_text(encoding="utf-8")


def test_a_clean_guide_prints_its_figures(tmp_path: Path) -> None:
    lines: list[str] = []
    print_report(report_on(write_guide(tmp_path, chapter(section())), today=_TODAY), quiet=False, echo=lines.append)
    assert lines == [
        "1 sections in 1 chapters, median reading grade 2.6, 100.0% of 1 facts covered (100.0% in a section).",
        "0 errors, 0 warnings.",
    ]


def test_quiet_leaves_warnings_out_but_counts_them(tmp_path: Path) -> None:
    lines: list[str] = []
    report = report_on(write_guide(tmp_path, chapter(section("It starts soon."))), today=_TODAY)
    print_report(report, quiet=True, echo=lines.append)
    assert lines[-1] == "0 errors, 1 warning."
    assert len(lines) == 2


def test_preview_shows_what_enters_leaves_and_changes() -> None:
    lines: list[str] = []
    print_preview(
        "is fever bad",
        before=lambda words: [
            _hit("fever", "Old.", 0.9),
            _hit("fever", "Old, second part.", 0.8),
            _hit("rash", "Rash.", 0.5),
        ],
        after=lambda words: [_hit("fever", "New.", 0.9), _hit("chills", "Chills.", 0.6)],
        k=2,
        echo=lines.append,
    )
    assert lines == [
        "is fever bad",
        "before:",
        "  1. 0.900  About fever?  #fever",
        "  2. 0.500  About rash?  #rash  (leaves)",
        "after:",
        "  1. 0.900  About fever?  #fever  (text changed)",
        "  2. 0.600  About chills?  #chills  (new here)",
    ]


def test_preview_without_an_index_says_so() -> None:
    lines: list[str] = []
    print_preview("x", before=lambda words: [], after=lambda words: [], k=3, echo=lines.append)
    assert lines == ["x", "before:", "  no section", "after:", "  no section"]


@pytest.mark.parametrize(
    ("days", "lines"),
    [
        (10, ["0 sections of 2 within 10 days. The next one after that expires on 2027-05-22."]),
        (
            181,
            ["2027-05-22 in 181 days  01.md  #what-is-lupus",
             "1 section of 2 within 181 days. The next one after that expires on 2027-11-22."],
        ),
    ],
    ids=["none", "one"],
)  # fmt: skip
def test_expiring_lists_the_next_first(tmp_path: Path, days: int, lines: list[str]) -> None:
    later = section("Sun harms.", section_id="sun", title="Is sun bad?")
    corpus = load_corpus(write_guide(tmp_path, chapter(later, section(expires_on="2027-05-22"))))
    printed: list[str] = []
    print_expiring(corpus.sections, today=_TODAY, days=days, echo=printed.append)
    assert printed == lines


def test_expiring_names_what_is_over(tmp_path: Path) -> None:
    corpus = load_corpus(write_guide(tmp_path, chapter(section())))
    printed: list[str] = []
    print_expiring(corpus.sections, today=date(2027, 11, 22), days=30, echo=printed.append)
    assert printed == ["2027-11-22 expired  01.md  #what-is-lupus", "1 section of 1 within 30 days."]


def test_a_fingerprint_is_sorted_hashes(tmp_path: Path) -> None:
    article, target = tmp_path / "article.txt", tmp_path / "hashes.txt"
    article.write_text("one two three four five six seven eight nine", encoding="utf-8")
    assert write_fingerprint(article, target) == 2
    stored = target.read_text(encoding="ascii").split()
    assert stored == sorted(stored)


def test_an_article_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"none\.txt"):
        write_fingerprint(tmp_path / "none.txt", tmp_path / "hashes.txt")


def test_the_page_makes_its_folder(tmp_path: Path) -> None:
    write_page(report_on(write_guide(tmp_path, _BAD), today=_TODAY), tmp_path / "a" / "b.html", made_on=_TODAY)
    assert (tmp_path / "a" / "b.html").is_file()
