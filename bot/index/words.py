"""Words as the lexical index counts them: case and accents folded, stemmed, one spelling of CAR-T."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import Stemmer

_WORD = re.compile(r"[^\W_]+(?:\.[0-9]+)*")
# Spellings that the word pattern would tear apart, as one word each.
_JOINED = (
    (re.compile(r"\bcar[\s\-‐-―]{0,2}t\b"), "cart"),
    (re.compile(r"\bcar[\s\-‐-―]{0,2}nk\b"), "carnk"),
    (re.compile(r"\b(anti|non|off|pre|post|follow|long|short|x)[\-‐-―](?=\w)"), r"\1 "),
    (re.compile(r"\bds[\s\-]dna\b"), "dsdna"),
    (re.compile(r"\bcd[\s\-]19\b"), "cd19"),
    (re.compile(r"(?<=\w)['’](?:s|re|ve|ll|d|m)\b"), ""),
    (re.compile(r"n['’]t\b"), "nt"),
)
# Words that carry no topic. Kept small: "before", "after", "not" and numbers do carry one.
# fmt: off
STOP_WORDS = frozenset({
    "a", "about", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "been", "being", "but", "by",
    "can", "could", "did", "do", "does", "doing", "dont", "for", "from", "get", "got", "had", "has", "have",
    "having", "he", "her", "hers", "him", "his", "how", "i", "if", "in", "into", "is", "isnt", "it", "its", "just",
    "like", "may", "me", "might", "mine", "more", "most", "much", "my", "no", "of", "on", "once", "one", "only",
    "or", "other", "our", "ours", "please", "pls", "really", "s", "she", "should", "so", "some", "such", "t",
    "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "to", "too", "u",
    "up", "us", "very", "was", "wasnt", "we", "were", "what", "whats", "when", "where", "which", "while", "who",
    "whom", "whose", "why", "will", "with", "would", "ya", "yes", "you", "your", "yours", "im", "ive", "id", "tell",
    "know", "want", "need", "thanks", "thank", "hi", "hello", "ok", "okay", "explain", "say", "said", "mean",
    "means", "thing", "things", "something", "anything", "someone", "anyone", "people", "person", "lot", "bit", "r",
    "ur",
})
# fmt: on


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english", 0)


def folded(text: str) -> str:
    """Fold case and accents, and join spellings such as ``CAR-T``."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    for pattern, replacement in _JOINED:
        plain = pattern.sub(replacement, plain)
    return plain


def words(text: str) -> list[str]:
    """Return the folded words of a text in order, stop words left out, not stemmed."""
    return [word for word in _WORD.findall(folded(text)) if word not in STOP_WORDS]


def stem(word: str) -> str:
    """Return the English Snowball stem of a folded word; numbers stay as they are."""
    if word[0].isdigit():
        return word
    stemmed: str = _stemmer().stemWord(word)
    return stemmed


def terms(text: str) -> list[str]:
    """Return the stemmed words of a text in order, stop words left out."""
    return [stem(word) for word in words(text)]
