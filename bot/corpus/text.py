"""Bytes to text, and text to ids: the small steps that every file format shares."""

from __future__ import annotations

import re
import unicodedata

from bot.errors import CorpusError

_SPACES = re.compile("[\u00a0\u2007\u202f]")
_LINE_ENDS = re.compile("\r\n|[\r\u000b\u000c\u0085\u2028\u2029]")
# Control characters, soft hyphens, zero-width spaces, marks of text direction, and halves of characters.
# The two joiners stay: Persian words and family emoji are spelled with them.
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
# Word's bullets, in the private places of its symbol fonts.
_BULLETS = re.compile("[\uf0b7\uf0a7\uf076\uf0d8]")
_RAISED = str.maketrans("0123456789+-−()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ⁿ")
_GAP = re.compile(r"\n{3,}")


def decoded(content: bytes, *, name: str) -> str:
    r"""Decode a text file as UTF-8, line ends made ``\n``.

    Raises:
        CorpusError: It is empty or not UTF-8; the detail names the file and the first bad byte's position.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{name}: not UTF-8 at byte {error.start}; save it as UTF-8 and build again.") from error
    if "\0" in text:
        # UTF-16 without its mark is valid UTF-8 as long as it is English.
        at = content.index(0)
        raise CorpusError(f"{name}: not UTF-8 text at byte {at} (a zero byte); save it as UTF-8 and build again.")
    if not text.strip():
        raise CorpusError(f"{name}: empty; write something in it or remove it.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def cleaned(text: str) -> str:
    r"""Return a text in NFC without what no reader sees: control characters, soft hyphens, empty lines in a row.

    Spaces that do not break become spaces, every line end becomes ``\n``; cleaning twice changes nothing more.
    """
    text = _LINE_ENDS.sub("\n", _SPACES.sub(" ", text))
    text = unicodedata.normalize("NFC", _UNSEEN.sub("", _BULLETS.sub("•", text)))
    # Line by line: a pattern for white space at line ends takes quadratic time on long runs of spaces.
    return _GAP.sub("\n\n", "\n".join(line.rstrip(" \t") for line in text.split("\n")))


def on_one_line(text: str) -> str:
    """Return a cleaned text with every run of white space made one space."""
    return " ".join(cleaned(text).split())


def raised(text: str) -> str:
    """Write a superscript in raised characters where there are such: 10 to the 9th must not become 109."""
    up = text.translate(_RAISED)
    return up if text.isascii() and not up.isascii() and not any(letter.isascii() for letter in up) else text


def slug(words: str) -> str:
    """Make an id of words: lower case ASCII letters and digits joined by hyphens, never empty."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:80].strip("-") or "untitled"
