"""The frame's page: the chat's own page with another root, the partner's look, and a script that hands in the ticket.

Chainlit's script is named in the page but runs only after the pass was given: before, it could reach nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import escape

from bot.db.partner_values import Partner
from bot.errors import SettingsError

_MODULE = re.compile(r'<script type="module" src="(?P<address>/chat/assets/[^"]+)"></script>')
_ROOT = '<meta property="og:root_path" content="/chat" />'


def embed_pages(page: str, *, version: str) -> Callable[[Partner], str]:
    """Return what writes the frame's page for a partner out of the chat's own page.

    Args:
        page: The chat's page.
        version: Of our own files.

    Raises:
        SettingsError: The page is not the one that this module knows.
    """
    module = _MODULE.search(page)
    if module is None or _ROOT not in page or "</head>" not in page or "<body>" not in page:
        raise SettingsError("The chat's page is not the tested one; install the project anew.")
    late = (
        f'<link rel="modulepreload" href="{module["address"]}" id="guide-module" />\n'
        f'    <script src="/static/embed.js?v={version}" defer></script>'
    )
    shared = page.replace(module[0], late)

    def write(partner: Partner) -> str:
        base = f"/embed/{partner.id}"
        sheets = (
            f'<link rel="stylesheet" href="/static/embed.css?v={version}" />\n'
            f'    <link rel="stylesheet" href="{base}/theme.css" />\n  </head>'
        )
        logo = (
            f'<img id="guide-logo" src="{base}/partner-logo" alt="{escape(partner.name)}" />'
            if partner.has_logo
            else ""
        )
        data = json.dumps({"origins": partner.origins}).replace("<", "\\u003c")
        told = f'<body class="guide-embedded">\n    <script type="application/json" id="guide-embed">{data}</script>'
        written = shared.replace(_ROOT, f'<meta property="og:root_path" content="{base}" />')
        written = written.replace("</head>", sheets, 1).replace("<body>", told, 1)
        return written.replace('<header class="guide-brand">', f'<header class="guide-brand">{logo}', 1)

    return write
