"""No sentence that a patient can read breaks the rules on wording or claims a licence."""

from __future__ import annotations

from pathlib import Path

from bot.conversation.wording import find_in_files, title_rules
from bot.corpus.check.finding import as_line

ROOT = Path(__file__).parents[2]

ACCEPTED = {
    # the safety of the transcript, not of a treatment
    ("chat.en.yaml", "NV-09"),
}


def _shown() -> list[Path]:
    patterns = ("prompts/**/*.yaml", "prompts/**/*.jinja2", "bot/web/**/*.html", "bot/web/**/*.js", "bot/web/**/*.yaml")
    return [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]


def test_fixed_texts_prompts_and_pages_keep_to_the_wording_rules() -> None:
    found = find_in_files(_shown())
    kept = [finding for finding in found if (finding.file, finding.message.split(" ")[0]) not in ACCEPTED]
    assert [as_line(finding) for finding in kept] == []


def test_no_exception_has_outlived_its_sentence() -> None:
    found = {(finding.file, finding.message.split(" ")[0]) for finding in find_in_files(_shown())}
    assert found >= ACCEPTED


def test_replies_chat_page_and_screens_are_among_the_files_read() -> None:
    names = {path.name for path in _shown()}
    assert {"replies.en.yaml", "chat.en.yaml", "base.html", "chat.js"} <= names


def test_the_guide_claims_no_licence() -> None:
    found = find_in_files(sorted((ROOT / "corpus").glob("[0-9]*.md")), rules=title_rules())
    assert [as_line(finding) for finding in found] == []
