from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from bot.errors import SettingsError
from bot.settings import ROOT
from bot.web.chat_texts import load_chat_texts

PROMPTS = ROOT / "prompts"


def test_the_shipped_sentences_are_complete() -> None:
    texts = load_chat_texts(prompts_dir=PROMPTS, language="en")
    assert (texts.language, texts.name, len(texts.starters)) == ("en", "Lupus & CAR-T Guide", 6)


def test_the_greeting_says_it_is_a_machine_and_not_a_doctor() -> None:
    assert "I am a machine, not a doctor" in load_chat_texts(prompts_dir=PROMPTS, language="en").greeting.honesty


def test_no_sentence_shouts() -> None:
    assert "!" not in (PROMPTS / "chat.en.yaml").read_text(encoding="utf-8")


def test_writes_a_date_with_the_month_in_words() -> None:
    texts = load_chat_texts(prompts_dir=PROMPTS, language="en")
    assert texts.format_date(date(2026, 11, 5)) == "5 November 2026"


def _changed(tmp_path: Path, **changes: object) -> Path:
    data = yaml.safe_load((PROMPTS / "chat.en.yaml").read_text(encoding="utf-8"))
    data.update(changes)
    (tmp_path / "chat.en.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        pytest.param({"placeholder": ""}, "placeholder", id="empty_sentence"),
        pytest.param({"starters": []}, "starters", id="too_few_starters"),
        pytest.param({"unknown": "x"}, "unknown", id="unknown_key"),
        pytest.param({"language": 'en" onload="x'}, "language", id="language_that_is_none"),
    ],
)
def test_names_what_is_wrong(tmp_path: Path, changes: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_chat_texts(prompts_dir=_changed(tmp_path, **changes), language="en")
    assert named in caught.value.detail


def test_names_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_chat_texts(prompts_dir=tmp_path, language="xx")
    assert caught.value.detail == "chat.xx.yaml is missing in the prompts folder; BOT_LANGUAGE asks for it."


def test_names_a_file_that_is_no_yaml(tmp_path: Path) -> None:
    (tmp_path / "chat.en.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_chat_texts(prompts_dir=tmp_path, language="en")
    assert caught.value.detail.startswith("chat.en.yaml is not valid YAML")
