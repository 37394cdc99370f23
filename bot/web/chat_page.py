"""The HTML around Chainlit's script: ours, so that no font, stylesheet or picture comes from another host.

Chainlit's own page loads two foreign stylesheets and runs inline scripts. This one names the same script and
stylesheet, nothing else from outside, and needs no inline script, so the policy can forbid them. The brand, the
disclaimer, the greeting and the source panel are in the page itself and are there before any script runs.
"""

from __future__ import annotations

import hashlib
import json
import re
from html import escape
from pathlib import Path

from bot.errors import SettingsError
from bot.web.chat_texts import ChatTexts

_SCRIPT = re.compile(r'<script type="module" crossorigin src="/assets/(index-[\w-]+\.js)"></script>')
_STYLE = re.compile(r'<link rel="stylesheet" crossorigin href="/assets/(index-[\w-]+\.css)">')


def build_page(*, texts: ChatTexts, chainlit_dir: Path, static_dir: Path) -> str:
    """Write the page once, at start.

    Raises:
        SettingsError: The installed Chainlit's page names its script in a way this module does not know.
    """
    packaged = (chainlit_dir / "frontend" / "dist" / "index.html").read_text(encoding="utf-8")
    script, style = _SCRIPT.search(packaged), _STYLE.search(packaged)
    if script is None or style is None:
        raise SettingsError("The installed Chainlit is not the tested one; install the pinned version.")
    template = (static_dir / "chat.html").read_text(encoding="utf-8")
    values = {
        "language": texts.language,
        "name": texts.name,
        "description": texts.description,
        "script": script.group(1),
        "style": style.group(1),
        "lead": texts.disclaimer.lead,
        "disclaimer": texts.disclaimer.text,
        "greeting_title": texts.greeting.title,
        "greeting_text": texts.greeting.text,
        "greeting_honesty": texts.greeting.honesty,
        "panel_title": texts.panel.title,
        "close": texts.buttons.close,
        "my_title": texts.my.title,
        "strip_label": texts.presence.label,
        "blocked": texts.line.blocked,
        "blocked_guide": texts.line.blocked_guide,
        "version": version_of(static_dir),
    }
    for key, value in values.items():
        template = template.replace(f"{{{{ {key} }}}}", escape(value))
    butterfly = (static_dir / "butterfly.svg").read_text(encoding="utf-8").strip()
    return template.replace("{{ butterfly }}", butterfly).replace("{{ texts }}", _data(texts))


def _data(texts: ChatTexts) -> str:
    """Write the sentences the page's script needs as JSON that cannot end its element."""
    data = {
        "name": texts.short_name,
        "buttons": texts.buttons.model_dump(),
        "panel": texts.panel.model_dump(),
        "thinking": texts.status.thinking,
        "ask_reason": texts.feedback.ask_reason,
        "announce": texts.status.announce,
        "placeholder": texts.placeholder,
        "support_team": texts.status.support_team,
        "line": texts.line.model_dump(),
        "presence": texts.presence.model_dump(),
        "my": texts.my.model_dump(),
    }
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")


def version_of(static_dir: Path) -> str:
    """Name the version of our files, so that a browser never mixes two."""
    digest = hashlib.sha256()
    for path in sorted(static_dir.iterdir()):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
