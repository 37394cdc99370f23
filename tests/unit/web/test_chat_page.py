from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import ROOT
from bot.web.chat_page import build_page
from bot.web.chat_run_dir import STATIC_DIR, package_dir
from bot.web.chat_texts import ChatTexts, load_chat_texts

TEXTS = load_chat_texts(prompts_dir=ROOT / "prompts", language="en")


def _page(texts: ChatTexts = TEXTS) -> str:
    return build_page(texts=texts, chainlit_dir=package_dir(), static_dir=STATIC_DIR)


def test_names_no_other_host() -> None:
    found = re.findall(r"(?:https?:)?//[^\s\"'<>]+", _page())
    assert set(found) == {"http://www.w3.org/2000/svg"}


def test_runs_no_inline_script() -> None:
    for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", _page(), re.DOTALL):
        assert body == "" or 'type="application/json"' in attributes


def test_names_files_that_are_there() -> None:
    files = re.findall(r'(?:src|href)="/(chat/assets|static)/([^"?]+)', _page())
    folders = {"chat/assets": package_dir() / "frontend" / "dist" / "assets", "static": STATIC_DIR}
    assert len(files) == 11
    assert [name for folder, name in files if not (folders[folder] / name).is_file()] == []


def test_says_the_language_the_disclaimer_and_the_greeting_before_any_script_runs() -> None:
    page = _page()
    assert '<html lang="en">' in page
    assert TEXTS.disclaimer.text in page
    assert TEXTS.greeting.honesty in page
    assert "{{" not in page


def test_a_sentence_cannot_become_markup() -> None:
    hostile = "</script><script>alert(1)</script>"
    page = _page(TEXTS.model_copy(update={"name": hostile, "placeholder": hostile, "description": hostile}))
    assert "<script>alert" not in page


def test_refuses_a_chainlit_it_does_not_know(tmp_path: Path) -> None:
    dist = tmp_path / "frontend" / "dist"
    dist.mkdir(parents=True)
    (dist / "index.html").write_text("<html></html>", encoding="utf-8")
    with pytest.raises(SettingsError):
        build_page(texts=TEXTS, chainlit_dir=tmp_path, static_dir=STATIC_DIR)


@pytest.mark.parametrize("name", sorted(path.name for path in STATIC_DIR.iterdir() if path.is_file()))
def test_our_own_files_name_no_other_host(name: str) -> None:
    text = (STATIC_DIR / name).read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"https?://[^\s\"'<>)]+|@import|url\((?!#)", text) == []
