"""An answer that grows by one verified sentence at a time; what was passed on is never changed again."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.answer.citations import citation_of, escaped
from bot.answer.generative.gate import Gate, Passed, dropped
from bot.answer.generative.parse import Claim, Malformed
from bot.answer.passages import same_words
from bot.domain import Chunk, Citation, DroppedSentence, ReplySentence, Span

# As for answers in the guide's own sentences: what a tired person reads on a phone.
_MOST_WORDS = 150
_ALIKE = 0.8
_MOST_DROPPED = 20
# A sentence that opens so leans on the one before it; were that one dropped, it would speak of something else.
_LEANS = re.compile(
    r"^(?:it|its|they|their|them|this|that|these|those|he|she|such|both|but|however|also|so|then|therefore|instead|"
    r"otherwise|in that case|for this reason|the same|another|the other)\b",
    re.IGNORECASE,
)


class GrowingAnswer:
    """Collects what passes the gate.

    Args:
        gate: Lets claims pass or says why not.
        url_of: Where a passage can be read, given the quote's span in it.

    Attributes:
        text: Markdown with markers; each state begins with the one before.
        sentences: What it is made of.
        citations: What the markers open.
        dropped: What is not shown, with the reasons.
        is_full: There is no room for another sentence.
    """

    def __init__(self, *, gate: Gate, url_of: Callable[[Chunk, Span], str]) -> None:
        self.text = ""
        self.sentences: list[ReplySentence] = []
        self.citations: list[Citation] = []
        self.dropped: list[DroppedSentence] = []
        self.is_full = False
        self._gate = gate
        self._url_of = url_of
        self._is_broken = False
        self._section = ""

    def take(self, claim: Claim | Malformed) -> bool:
        """Take a claim; tell whether the answer grew."""
        if isinstance(claim, Malformed):
            self._drop(dropped(claim.text, "malformed"))
            return False
        checked = self._gate.check(claim)
        if isinstance(checked, Passed) and (wrong := self._misfit(checked)):
            checked = dropped(claim.text, wrong, quote=claim.quote, score=checked.score)
        if isinstance(checked, DroppedSentence):
            self._drop(checked)
            return False
        self._add(checked)
        return True

    def _misfit(self, passed: Passed) -> str | None:
        """Return why a true sentence does not fit in here."""
        if self._is_broken and _LEANS.match(passed.text):
            return "leans_on_dropped"
        if any(same_words(passed.text, sentence.text) >= _ALIKE for sentence in self.sentences):
            return "repeats"
        if sum(len(sentence.text.split()) for sentence in self.sentences) + len(passed.text.split()) > _MOST_WORDS:
            self.is_full = True
            return "too_long"
        return None

    def _drop(self, sentence: DroppedSentence) -> None:
        self._is_broken = sentence.reasons != ("repeats",)
        if len(self.dropped) < _MOST_DROPPED:
            self.dropped.append(sentence)

    def _add(self, passed: Passed) -> None:
        markers = tuple(dict.fromkeys(self._marker(chunk, span) for chunk, span in passed.places))
        shown = " ".join((escaped(passed.text), *(f"[{marker}]" for marker in markers)))
        section = passed.places[0][0].section_id
        # The answer stands by itself; then a paragraph a section.
        apart = "\n\n" if len(self.sentences) == 1 or section != self._section else " "
        self.text = f"{self.text}{apart if self.text else ''}{shown}"
        self.sentences.append(ReplySentence(passed.text, markers, passed.score))
        self._section, self._is_broken = section, False

    def _marker(self, chunk: Chunk, span: Span) -> int:
        """Return the number of a citation; neighbouring quotes of a passage share one, which spans them all."""
        for place, citation in enumerate(self.citations):
            if citation.chunk_id == chunk.id and _touch(chunk.text, span, citation):
                start, end = min(span.start, citation.char_start), max(span.end, citation.char_end)
                self.citations[place] = citation_of(
                    chunk, Span(start, end), marker=citation.marker, url_of=self._url_of
                )
                return citation.marker
        self.citations.append(citation_of(chunk, span, marker=len(self.citations) + 1, url_of=self._url_of))
        return len(self.citations)


def _touch(text: str, span: Span, citation: Citation) -> bool:
    """Tell whether no word stands between a quote and a citation, or they overlap."""
    between = text[min(span.end, citation.char_end) : max(span.start, citation.char_start)]
    return not any(letter.isalnum() for letter in between)
