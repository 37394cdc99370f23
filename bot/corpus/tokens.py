"""Token counts with tiktoken's cl100k_base, from the vocabulary file that this package ships.

tiktoken itself would fetch the file over the network; there is no offline switch
(https://github.com/openai/tiktoken/issues/317), so the encoding is built from our copy.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import CorpusError

if TYPE_CHECKING:
    import tiktoken

VOCABULARY = Path(__file__).parent / "vocabulary" / "cl100k_base.tiktoken"
# The digest that tiktoken 0.14 itself expects of this file (tiktoken_ext/openai_public.py).
VOCABULARY_SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
# cl100k_base's pre-tokeniser pattern, from the same place.
_PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)


@cache
def encoding() -> tiktoken.Encoding:
    """Return the cl100k_base encoding, built once a process.

    Raises:
        CorpusError: The shipped vocabulary file is missing or damaged.
    """
    import tiktoken

    try:
        content = VOCABULARY.read_bytes()
    except OSError as error:
        raise CorpusError(f"{VOCABULARY.name} is missing from the installation; install the package again.") from error
    if hashlib.sha256(content).hexdigest() != VOCABULARY_SHA256:
        raise CorpusError(f"{VOCABULARY.name} is damaged; install the package again.")
    ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in content.splitlines())}
    return tiktoken.Encoding("cl100k_base", pat_str=_PATTERN, mergeable_ranks=ranks, special_tokens={})


def count(text: str) -> int:
    """Count the tokens of a text; ``<|endoftext|>`` and its like count as ordinary text."""
    return len(encoding().encode(text, disallowed_special=()))
