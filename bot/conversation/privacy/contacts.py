"""Finds e-mail addresses, social handles, links that carry a secret, and passwords."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.conversation.privacy import lexicon
from bot.conversation.privacy.scan import Found

_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^{|}~-]{1,64}@[^\W_](?:[\w-]{0,62})(?:\.[\w-]{1,63}){1,5}")
_SPELT_EMAIL = re.compile(
    r"\b[\w.+-]{1,40}(?: ?(?:[(\[{] ?)?\bdot\b(?: ?[)\]}])? ?[\w+-]{1,40}){0,4} ?(?:[(\[{] ?at ?[)\]}]|"
    r"\bat\b|@) ?[\w-]{1,40}"
    r"(?: ?(?:[(\[{] ?)?(?:\bdot\b|\.)(?: ?[)\]}])? ?[\w-]{2,20}){0,2} ?(?:[(\[{] ?)?(?:\bdot\b|\.)(?: ?[)\]}])? ?"
    r"(?:com|org|net|edu|gov|info|co|uk|de|fr|es|it|nl|ie|ca|au|in|io|me|eu|us)\b",
    re.IGNORECASE,
)
_SECRET_LINK = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{1,9}://[^\s/@]{1,200}@[^\s]{1,300}")
_TOKEN_LINK = re.compile(
    r"(?:\bhttps?://|\bwww\.)[^\s?#]{1,300}[?#][^\s]{0,300}?\b(?:token|access_token|key|api_?key|pass|"
    r"password|pwd|session|sid|auth|sig|"
    r"code|user|username|email|name|mrn|patient|patient_?id|dob)=[^\s]{1,300}",
    re.IGNORECASE,
)
_PROFILE_LINK = re.compile(
    r"(?:https?://)?\b(?:www\.|m\.)?(?:facebook\.com|fb\.com|instagram\.com|twitter\.com|x\.com|"
    r"tiktok\.com|linkedin\.com/in|t\.me|wa\.me|"
    r"reddit\.com/u(?:ser)?|youtube\.com)/@?[\w.%-]{2,60}/?",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w@./])@[A-Za-z_][\w.]{0,28}\w")
_REDDIT = re.compile(r"(?<![\w/])/?u/[\w-]{3,20}\b")
_NAMED_HANDLE = re.compile(
    r"\b(?:insta(?:gram)?|ig|twitter|tiktok|snap(?:chat)?|telegram|discord|skype|facebook|fb|reddit|"
    r"bluesky|wechat|user ?name|login|handle)"
    r"(?: (?:handle|name|username|user|account|id|profile))?(?: is| as|:| =) ?@?([\w.#-]{2,40}[\w#-])",
    re.IGNORECASE,
)
_HANDLE_ON = re.compile(
    r"(?<![\w.])([A-Za-z][A-Za-z.]{0,28}[\d_][\w.#]{0,28}) on (?:insta(?:gram)?|ig|twitter|tiktok|"
    r"snap(?:chat)?|telegram|discord|skype|"
    r"facebook|fb|reddit|bluesky|wechat)\b",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"\b(?:password|passwort|contraseña|mot de passe|passcode|pass ?word|pwd|pin|api[ _-]?key|token|"
    r"secret|security code)"
    r"(?: code| number)?(?: is|:| =|=)? {0,2}([^\s,;]{3,100})",
    re.IGNORECASE,
)
_CARD_CODE = re.compile(r"\bcv[vc]2?(?: code| number)? ?(?:is|:|=) ?(\d{3,4})\b", re.IGNORECASE)


def find_contacts(text: str) -> Iterator[Found]:
    """Yield links with secrets first, then addresses and handles, then passwords."""
    for pattern in (_SECRET_LINK, _TOKEN_LINK, _PROFILE_LINK):
        yield from (Found(match.start(), match.end(), "link") for match in pattern.finditer(text))
    for pattern in (_EMAIL, _SPELT_EMAIL):
        yield from (
            Found(match.start(), match.end(), "email") for match in pattern.finditer(text) if _is_address(match.group())
        )
    for pattern in (_HANDLE, _REDDIT):
        yield from (Found(match.start(), match.end(), "handle") for match in pattern.finditer(text))
    for match in _NAMED_HANDLE.finditer(text):
        if _is_made_up(match.group(1)):
            yield Found(match.start(1), match.end(1), "handle")
    yield from (Found(match.start(1), match.end(1), "handle") for match in _HANDLE_ON.finditer(text))
    for match in _SECRET.finditer(text):
        if any(character.isdigit() for character in match.group(1)) and not match.group(1).startswith("["):
            yield Found(match.start(1), match.end(1), "secret")
    yield from (Found(match.start(1), match.end(1), "secret") for match in _CARD_CODE.finditer(text))


def _is_address(value: str) -> bool:
    """Keep sentences such as "look at example dot" out: an address has its name, its host and its ending."""
    return (
        "@" in value or " at " not in value.casefold() or re.search(r"\bdot\b|\w\.\w", value, re.IGNORECASE) is not None
    )


def _is_made_up(word: str) -> bool:
    """Tell a handle from a word of the sentence ("my facebook is full of adverts")."""
    lower = word.casefold().rstrip(".")
    is_word = lower in lexicon.everyday_words() or lower in lexicon.FUNCTION_WORDS
    return not is_word
