from __future__ import annotations

from pathlib import Path

from bot.corpus.check.article import FINGERPRINT_FILE, article_digests, find_copied_runs
from tests.fakes.guide_folder import material_of, section

_ARTICLE = "The quick brown fox, they say, jumps over one lazy dog at noon."


def test_reports_eight_words_in_a_row_whatever_their_case_and_commas(tmp_path: Path) -> None:
    material = material_of(tmp_path, section("Quick brown fox they say JUMPS over one cat."))
    (finding,) = find_copied_runs(material, article=_ARTICLE)
    assert (
        finding.message == 'eight words of the source article: "quick brown fox they say jumps over one"; use your own.'
    )


def test_seven_words_in_a_row_are_fine(tmp_path: Path) -> None:
    material = material_of(tmp_path, section("Quick brown fox they say jumps over two cats."))
    assert list(find_copied_runs(material, article=_ARTICLE)) == []


def test_the_stored_hashes_are_used_without_an_article(tmp_path: Path) -> None:
    # One sentence of the article's own subject, and one of ours.
    copied = "The journey is often one of continuous, potent immunosuppression with significant side effects."
    assert len(list(find_copied_runs(material_of(tmp_path, section(copied))))) == 1
    assert list(find_copied_runs(material_of(tmp_path, section()))) == []


def test_hashes_hold_no_word_of_the_article() -> None:
    stored = FINGERPRINT_FILE.read_text(encoding="ascii").split()
    assert stored == sorted(set(stored))
    assert all(len(digest) == 16 and set(digest) <= set("0123456789abcdef") for digest in stored)
    assert len(article_digests(_ARTICLE)) == 6
