"""Chainlit's run directory: its configuration, translations and pictures, written anew at each start.

Chainlit reads its configuration at import, from the folder that ``CHAINLIT_APP_ROOT`` names; so this runs first.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bot.errors import SettingsError
from bot.web.chat_texts import ChatTexts

STATIC_DIR = Path(__file__).parent / "static"
# Chainlit's fallback language: with `language` fixed to it, every visitor gets our labels.
_LANGUAGE = "en-US"
# How long a session outlives a lost connection: a phone put away during a hospital visit.
SESSION_TIMEOUT_S = 3600
_CONFIG = """\
[project]
user_env = []
session_timeout = {session_timeout_s}
user_session_timeout = {session_timeout_s}
cache = false
persist_user_env = false
mask_user_env = true
allow_origins = []
transports = ["websocket"]

[features]
unsafe_allow_html = false
latex = false
user_message_markdown = false
user_message_autoscroll = true
assistant_message_autoscroll = false
auto_tag_thread = false
edit_message = false
allow_thread_sharing = false
favorites = false

[features.spontaneous_file_upload]
enabled = false

[features.audio]
enabled = false

[features.mcp]
enabled = false

[UI]
name = {name}
description = {description}
language = "{language}"
default_theme = "light"
default_sidebar_state = "hidden"
cot = "hidden"
confirm_new_chat = true

[meta]
generated_by = "{version}"
"""


def package_dir() -> Path:
    """Find the installed Chainlit without importing it.

    Raises:
        SettingsError: It is not installed.
    """
    spec = importlib.util.find_spec("chainlit")
    if spec is None or spec.origin is None:
        raise SettingsError("Chainlit is not installed; install the project with its web dependencies.")
    return Path(spec.origin).parent


def prepare(*, run_dir: Path, texts: ChatTexts) -> None:
    """Write configuration, labels and pictures below `run_dir`."""
    config_dir = run_dir / ".chainlit"
    (config_dir / "translations").mkdir(parents=True, exist_ok=True)
    config = _CONFIG.format(
        session_timeout_s=SESSION_TIMEOUT_S,
        # A JSON string is a valid TOML basic string.
        name=json.dumps(texts.name),
        description=json.dumps(texts.description),
        language=_LANGUAGE,
        version=version("chainlit"),
    )
    (config_dir / "config.toml").write_text(config, encoding="utf-8")
    labels = json.dumps(_labels(texts), indent=1)
    (config_dir / "translations" / f"{_LANGUAGE}.json").write_text(labels, encoding="utf-8")
    # An empty page of its own: without one Chainlit complains of it in the log at each visit.
    (run_dir / f"chainlit_{_LANGUAGE}.md").write_text("", encoding="utf-8")
    _copy_pictures(run_dir / "public", short_name=texts.short_name)


def set_environment(*, run_dir: Path, secret: str, path: str) -> None:
    """Tell Chainlit where it lives; everything here is read once, at its import.

    Also named: a ``.env`` file that does not exist, so that none in the working folder is loaded.
    """
    os.environ.update(
        {
            "CHAINLIT_APP_ROOT": str(run_dir),
            "CHAINLIT_AUTH_SECRET": secret,
            "CHAINLIT_AUTH_COOKIE_NAME": "guide_screen",
            "CHAINLIT_ENV_FILE": ".chainlit-reads-no-env-file",
            "CHAINLIT_ROOT_PATH": path,
        }
    )


def _labels(texts: ChatTexts) -> dict[str, Any]:
    packaged = package_dir() / "translations" / f"{_LANGUAGE}.json"
    labels: dict[str, Any] = json.loads(packaged.read_text(encoding="utf-8"))
    ours = {
        **texts.chainlit,
        "chat.input.placeholder": texts.placeholder,
        "chat.input.actions.send": texts.buttons.send,
        "chat.input.actions.stop": texts.buttons.show_all,
        "chat.watermark": " ",
    }
    for path, sentence in ours.items():
        _replace(labels, path=path, sentence=sentence)
    return labels


def _replace(labels: dict[str, Any], *, path: str, sentence: str) -> None:
    """Replace one label; a path Chainlit no longer has stops the start instead of showing its own words."""
    *parents, last = path.split(".")
    for key in parents:
        labels = labels.get(key, {})
    if last not in labels:
        raise SettingsError(f"chainlit.{path}: the installed Chainlit has no such label; correct the chat texts.")
    labels[last] = sentence


def _copy_pictures(public_dir: Path, *, short_name: str) -> None:
    avatars = public_dir / "avatars"
    avatars.mkdir(parents=True, exist_ok=True)
    butterfly = STATIC_DIR / "butterfly.svg"
    for target in ("favicon.svg", "logo_light.svg", "logo_dark.svg"):
        shutil.copyfile(butterfly, public_dir / target)
    shutil.copyfile(butterfly, avatars / f"{short_name.strip().lower().replace(' ', '_')}.svg")
