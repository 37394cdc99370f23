from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.db.partners import blank_partner
from bot.errors import SettingsError
from bot.settings import ROOT
from bot.web import chat_page, chat_run_dir
from bot.web.chat_texts import load_chat_texts
from bot.web.embed.page import embed_pages

NOW = datetime(2026, 11, 29, tzinfo=UTC)
PARTNER = replace(
    blank_partner(partner_id="st-mary", name='St "Mary" <x>', now=NOW), origins=("https://portal.example.org",)
)


@pytest.fixture(scope="module")
def page() -> str:
    texts = load_chat_texts(prompts_dir=ROOT / "prompts", language="en")
    return chat_page.build_page(
        texts=texts, chainlit_dir=chat_run_dir.package_dir(), static_dir=chat_run_dir.STATIC_DIR
    )


def test_the_page_lives_below_its_partner_and_starts_nothing_by_itself(page: str) -> None:
    written = embed_pages(page, version="7")(PARTNER)
    assert '<meta property="og:root_path" content="/embed/st-mary" />' in written
    assert '<script type="module"' not in written
    assert re.search(r'<link rel="modulepreload" href="/chat/assets/index-[\w-]+\.js" id="guide-module" />', written)
    assert '<link rel="stylesheet" href="/embed/st-mary/theme.css" />' in written
    told = re.search(r'<script type="application/json" id="guide-embed">(.*?)</script>', written)
    assert told is not None
    assert json.loads(told[1]) == {"origins": ["https://portal.example.org"]}
    # Where it hangs together with the chat's own page, it is that page.
    assert "guide-disclaimer" in written
    assert "guide-logo" not in written


def test_a_partners_picture_carries_its_name_escaped(page: str) -> None:
    written = embed_pages(page, version="7")(replace(PARTNER, has_logo=True))
    shown = '<img id="guide-logo" src="/embed/st-mary/partner-logo" alt="St &quot;Mary&quot; &lt;x&gt;" />'
    assert shown in written


def test_another_page_than_the_known_one_stops_the_start(page: str) -> None:
    for broken in ("", page.replace('type="module"', ""), page.replace("<body>", "<body class>")):
        with pytest.raises(SettingsError):
            embed_pages(broken, version="7")
