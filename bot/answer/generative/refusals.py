"""What a model's sentence may never hold, whatever its passage says: links, markup, contact data, forbidden phrases."""

from __future__ import annotations

import re
import unicodedata

from bot.corpus.check.wording import broken_by, never_say_rules

_LINK = re.compile(
    r"\b(?:https?|ftp|mailto|tel|sms|data|javascript|file):(?=\S)|//|\bwww\.|\]\s*\(|\]\s*:"
    # Any name with a dot in it, as "example.org": the guide's sentences have none.
    r"|(?<![a-z0-9-])[a-z0-9-]{2,}+\.[a-z]{2,24}\b(?!\.\w)",
    re.IGNORECASE,
)
# The longest sentence of the guide has some 300 characters.
_MOST_CHARS = 600
_IMAGE = re.compile(r"!\s*\[")
_HTML = re.compile(r"<\s*[a-z/!?]|&#?\w{1,10};", re.IGNORECASE)
_MAIL = re.compile(r"\S@\S|(?<!\w)@\w")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
# Seven digits with what telephone numbers have between them; no figure of the guide is written so.
_PHONE = re.compile(r"\d(?:[\s().\-/]{0,3}\d){6,}")
_MARK = re.compile(r"\[[^\]]*\]?")


def refusals(sentence: str) -> tuple[str, ...]:
    """Return fixed codes for what is wrong with a sentence; nothing where it may be shown."""
    if len(sentence) > _MOST_CHARS:
        return ("too_long",)
    plain = unicodedata.normalize("NFKC", sentence)
    found = [code for code, pattern in _REFUSED.items() if pattern.search(plain)]
    if _PHONE.search(_YEAR.sub(" ", plain)):
        found.append("contact")
    if not is_printable(sentence):
        found.append("control_character")
    found += [f"never_say.{rule.id}" for rule in never_say_rules() if broken_by(plain, rule)]
    return tuple(dict.fromkeys(found))


def is_printable(text: str) -> bool:
    """Tell whether a text holds no character that is invisible, turns writing round or is half of another."""
    return not any(unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cn", "Cs"} for letter in text)


_REFUSED = {"link": _LINK, "image": _IMAGE, "html": _HTML, "contact": _MAIL, "mark": _MARK}
