from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import ROOT
from bot.web.chat_run_dir import package_dir, prepare
from bot.web.chat_texts import load_chat_texts

TEXTS = load_chat_texts(prompts_dir=ROOT / "prompts", language="en")


def test_writes_a_configuration_with_every_door_closed(tmp_path: Path) -> None:
    prepare(run_dir=tmp_path, texts=TEXTS)
    config = tomllib.loads((tmp_path / ".chainlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["project"]["allow_origins"] == []
    assert config["project"]["transports"] == ["websocket"]
    assert config["project"]["cache"] is False
    features = config["features"]
    assert features["spontaneous_file_upload"] == {"enabled": False}
    assert features["mcp"] == {"enabled": False}
    assert features["audio"] == {"enabled": False}
    assert not any(
        features[name] for name in ("unsafe_allow_html", "latex", "edit_message", "allow_thread_sharing", "favorites")
    )
    assert (config["UI"]["name"], config["UI"]["cot"], config["UI"]["default_theme"]) == (
        "Lupus & CAR-T Guide",
        "hidden",
        "light",
    )


def test_replaces_chainlits_labels_and_keeps_the_rest(tmp_path: Path) -> None:
    prepare(run_dir=tmp_path, texts=TEXTS)
    labels = json.loads((tmp_path / ".chainlit" / "translations" / "en-US.json").read_text(encoding="utf-8"))
    packaged = json.loads((package_dir() / "translations" / "en-US.json").read_text(encoding="utf-8"))
    assert labels["chat"]["input"]["placeholder"] == TEXTS.placeholder
    assert labels["chat"]["watermark"] == " "
    assert labels["chat"]["settings"] == packaged["chat"]["settings"]


def test_names_a_label_that_chainlit_does_not_have(tmp_path: Path) -> None:
    texts = TEXTS.model_copy(update={"chainlit": {"navigation.gone": "x"}})
    with pytest.raises(SettingsError) as caught:
        prepare(run_dir=tmp_path, texts=texts)
    assert "chainlit.navigation.gone" in caught.value.detail


def test_puts_our_mark_in_the_place_of_chainlits(tmp_path: Path) -> None:
    prepare(run_dir=tmp_path, texts=TEXTS)
    prepare(run_dir=tmp_path, texts=TEXTS)
    pictures = sorted(str(path.relative_to(tmp_path / "public")) for path in (tmp_path / "public").rglob("*.svg"))
    assert pictures == ["avatars/guide.svg", "favicon.svg", "logo_dark.svg", "logo_light.svg"]
