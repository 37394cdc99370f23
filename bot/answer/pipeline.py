"""The answer chain: search, decide, choose, cite, verify; one LangChain `Runnable`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig

from bot.answer.abstention import Evidence, calibration, confidence, gather
from bot.answer.citations import cite
from bot.answer.condense import Reading, readings, without_worse_swaps
from bot.answer.extractive import choose_detail, choose_parts, choose_sentences
from bot.answer.follow_up import (
    has_pronoun,
    is_follow_up,
    names_relative,
    puts_in,
    root_of,
    topic_of,
    topics_in,
    without_lead_in,
)
from bot.answer.follow_ups import follow_ups
from bot.answer.in_view import View, bears_out, fit, seen
from bot.answer.passages import Candidate
from bot.answer.several import comparison_in, parts_of, preface_of
from bot.answer.verifier import is_verbatim
from bot.domain import Chunk, Consulted, Draft, Hit, Outcome, Question, ReplySentence, Span
from bot.index.words import words
from bot.retrieval.merge import merged
from bot.retrieval.search import Found, Searcher
from bot.retrieval.synonyms import reworded

# Enough to fill an answer of three sections and to name what else was near.
_HITS = 12
_CONSULTED = 6
# Sections of one topic are compared by a follow-up's own words; some of them are far down by these alone.
_IN_VIEW = 200
# Names in a message as short as this are what it asks about; in a long story some are by the way.
_STORY_WORDS = 40
_SURE_PART = 0.6
_SAME_QUESTION = 0.75
# A share of the threshold: to be told that the guide has nothing on a part, it must be far from it.
_SURELY_NONE = 0.25
# Below this a question is about another world: to name topics of the guide would only be noise.
_NOTHING_NEAR = 0.05
# "… and how far apart?" is no question by itself.
_WHOLE_WORDS = 5
_FEWEST_TOPICS = 2


@dataclass(frozen=True, slots=True)
class _Search:
    """A search for one question, and how sure it is that what it found answers it, 0..1."""

    question: Question
    found: Found
    confidence: float

    @property
    def section_id(self) -> str | None:
        """Return the section that answers; None where nothing was found."""
        return self.found.hits[0].chunk.section_id if self.found.hits else None


def several(whole: _Search, parts: Sequence[_Search], *, threshold: float) -> tuple[_Search, ...]:
    """Return the searches that are told one after the other; nothing where the whole has one answer.

    The whole message leads where it has an answer. A part has to be surer of its own; without the whole it has to
    stand alone as well, because what it leans on has no answer.
    """
    has_whole = whole.confidence >= threshold
    if not has_whole:
        return tuple(part for part in parts if part.confidence >= _SURE_PART and _is_surely_asked(part))
    sure = [part for part in parts if part.confidence >= max(threshold, _SURE_PART)]
    if whole.section_id not in {part.section_id for part in sure}:
        sure.insert(0, whole)
    distinct = tuple({part.section_id: part for part in reversed(sure)}.values())[::-1]
    return distinct if len(distinct) > 1 else ()


def _is_surely_asked(part: _Search) -> bool:
    """Tell whether the guide has a part nearly word for word, and the part leans on nothing."""
    return part.found.hits[0].question >= _SAME_QUESTION and not part.question.earlier


def _of_parts(whole: _Search, told: Sequence[_Search]) -> list[Candidate]:
    if told[0] is not whole:
        return choose_parts([part.found for part in told])
    lead = choose_sentences(whole.found, asked=whole.question.text)
    return choose_parts([part.found for part in told[1:]], lead=lead)


def lacks_a_part(whole: _Search, parts: Sequence[_Search], *, threshold: float) -> bool:
    """Tell whether one part surely has an answer and another, which says what it is about, surely has none."""
    if len(whole.question.text.split()) > _STORY_WORDS or max((p.confidence for p in parts), default=0.0) < _SURE_PART:
        return False
    return any(
        part.confidence < _SURELY_NONE * threshold
        and topics_in(part.question.text) >= _FEWEST_TOPICS
        and not has_pronoun(part.question.text)
        and len(part.question.text.split()) >= _WHOLE_WORDS
        for part in parts
    )


class AnswerChain(Runnable[Question, Draft]):
    """Answers questions from one index version; every sentence it gives cites its passage.

    Args:
        searcher: Searches the index; its version is the draft's.
        url_of: Where a passage can be read, given the quote's span in it.
        is_everyday: Tells an ordinary English word from a rare name.
        threshold: Confidence below which it abstains, 0..1; None: the calibrated one.

    Attributes:
        url_of: As above.
    """

    def __init__(
        self,
        *,
        searcher: Searcher,
        url_of: Callable[[Chunk, Span], str],
        is_everyday: Callable[[str], bool],
        threshold: float | None = None,
    ) -> None:
        self.url_of = url_of
        self._searcher = searcher
        self._is_everyday = is_everyday
        self._threshold = threshold
        self._chapters = {chunk.section_id: chunk.chapter_id for chunk in searcher.index.chunks}

    def invoke(  # the names are LangChain's
        self,
        input: Question,  # noqa: A002  # the name that Runnable gives it
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Draft:
        """Answer one question, or abstain.

        Raises:
            ModelError: The question could not be embedded.
        """
        return self._call_with_config(self._answer, input, config, run_type="chain")

    def stream(
        self,
        input: Question,  # noqa: A002  # the name that Runnable gives it
        config: RunnableConfig | None = None,
        **kwargs: Any | None,
    ) -> Iterator[Draft]:
        """Yield the draft as it grows, a verified sentence more each time; the last one is `invoke`'s."""
        whole = self.invoke(input, config)
        for shown in range(1, len(whole.sentences)):
            sentences = whole.sentences[:shown]
            end = _end_of(whole.text, shown)
            yield replace(whole, sentences=sentences, text=whole.text[:end], follow_ups=())
        yield whole

    def look_up(self, question: Question, *, also: str | None = None) -> tuple[Draft, tuple[Hit, ...]]:
        """Answer one question, or abstain; return what was found beside it.

        Args:
            also: Another wording of the question to search for.

        Raises:
            ModelError: The question could not be embedded.
        """
        started = time.perf_counter()
        search = self._search(question, also)
        parts = self._parts(question, search)
        searched = time.perf_counter()
        draft, hits = self._draft(question, search, parts)
        ended = time.perf_counter()
        timings = (("retrieve", _ms(searched - started)), ("answer", _ms(ended - searched)))
        return replace(draft, timings_ms=timings), hits

    def _answer(self, question: Question) -> Draft:
        return self.look_up(question)[0]

    def evidence(self, question: Question) -> tuple[Evidence, ...]:
        """Return what its confidence rests on, a reading each; nothing where nothing was found.

        Raises:
            ModelError: The question could not be embedded.
        """
        return self._weighed(question)[1]

    def _search(self, question: Question, also: str | None = None) -> _Search:
        """Search for the question; as sure as its surest reading."""
        found, evidence = self._weighed(question, also)
        return _Search(question, found, max(map(confidence, evidence), default=0.0))

    def _parts(self, question: Question, whole: _Search) -> tuple[_Search, ...]:
        """Search for each question of a message that asks several; nothing where it asks one thing."""
        asked = parts_of(question.text)
        compared = comparison_in(question.text)
        if not asked and compared is not None and not (whole.found.hits and compared.is_in(whole.found.hits[0].chunk)):
            sides = tuple(self._search(Question(text)) for text in compared.questions)
            return sides if all(side.confidence >= _SURE_PART for side in sides) else ()
        searches = []
        for place, text in enumerate(asked):
            said = (preface_of(question.text, asked[0]), *asked[:place])
            leans = topics_in(text) < _FEWEST_TOPICS
            earlier = (*question.earlier, *filter(None, said)) if leans else ()
            searches.append(self._search(Question(text, earlier, last=question.last if leans else None)))
        return tuple(searches)

    def _weighed(self, question: Question, also: str | None = None) -> tuple[Found, tuple[Evidence, ...]]:
        """Search for each reading of the question, and weigh those that lead to the answering section."""
        read = readings(question) if also is None else (*readings(question), Reading(also, 1.0, asked=question.text))
        read = (*read, *self._spelt(read))
        pairs = without_worse_swaps([(item, self._searcher.search(item.query, k=_HITS)) for item in read])
        view = self._view(question)
        if view is not None:
            pairs = [(item, seen(found, view)) for item, found in pairs]
        founds, weights = [found for _, found in pairs], [item.weight for item, _ in pairs]
        search = merged(founds, weights=weights, k=_HITS, untold=[item.is_context for item, _ in pairs])
        named = question.text if len(question.text.split()) <= _STORY_WORDS else None
        # A reading that leads elsewhere says nothing of the section that will answer.
        leading = tuple(
            self._evidence(named or item.query, item.asked or item.query, self._asked(item, found))
            for item, found in pairs
            if found.hits and found.hits[0].chunk.section_id == search.hits[0].chunk.section_id
        )
        if view is not None and leading and not bears_out(search.hits[0].chunk, view):
            if view.names_a_thing:  # "and penicillin?": what is named is not there at all
                return search, ()
            leading = tuple(replace(evidence, missing=1.0, lexical=0.0) for evidence in leading)
        return search, leading

    def _spelt(self, read: Sequence[Reading]) -> list[Reading]:
        """Return the readings whose words are misspelt, corrected: a model makes nothing of "lukaferesis"."""
        corrected = [(item, self._searcher.speller.corrected(item.query)) for item in read]
        return [replace(item, query=query) for item, query in corrected if query != item.query]

    def _view(self, question: Question) -> View | None:
        """Return what a follow-up is looked at with; None for a message that stands alone."""
        if not is_follow_up(question):
            return None
        stems = self._searcher.speller.stems
        before, topic = stems(words(topic_of(question.earlier))), stems(words(root_of(question.earlier)))
        asked = without_lead_in(question.text)
        own = stems(words(reworded(asked) or asked))
        alone = self._searcher.search(asked, k=_IN_VIEW)
        shown = frozenset(question.last.section_ids if question.last else ())
        return View(
            shown=shown,
            asked=asked,
            terms=own,
            own_terms=[term for term in own if term not in before],
            topic_terms=topic if has_pronoun(asked) else (),
            must_have=topic if has_pronoun(asked) or puts_in(question.text) else (),
            chapters=frozenset(self._chapters[name] for name in shown if name in self._chapters),
            names_a_thing=puts_in(question.text),
            is_about_relative=names_relative(question.earlier),
            alone={hit.chunk.id: hit.dense for hit in alone.hits},
            idf=self._searcher.index.lexical.idf,
        )

    def _asked(self, item: Reading, found: Found) -> Found:
        """Return a search as evidence for the words of the message alone."""
        if item.asked is None:
            return found
        own = tuple(self._searcher.speller.stems(words(item.asked)))
        return replace(found, query_terms=own) if own else found

    def _evidence(self, named_in: str, query: str, found: Found) -> Evidence:
        return gather(named_in, query, found, searcher=self._searcher, is_everyday=self._is_everyday)

    def _draft(self, question: Question, search: _Search, parts: Sequence[_Search]) -> tuple[Draft, tuple[Hit, ...]]:
        """Answer the parts where there are several, else the whole, or abstain."""
        threshold = calibration().threshold if self._threshold is None else self._threshold
        told = several(search, parts, threshold=threshold)
        hits = tuple({hit.chunk.id: hit for part in told for hit in part.found.hits}.values()) or search.found.hits
        sureness = min((part.confidence for part in told), default=search.confidence)
        consulted = tuple(Consulted(hit.chunk.id, hit.score) for hit in hits[:_CONSULTED])
        if sureness < threshold:
            return _abstention(hits, consulted, sureness, reason="low_support"), hits
        chosen = _of_parts(search, told) if told else self._chosen(search)
        text, sentences, citations = cite(chosen, url_of=self.url_of)
        if not sentences or not self._all_verbatim(sentences, citations, hits):
            return _abstention(hits, consulted, sureness, reason="unverified"), hits
        shown = {citation.section_id for citation in citations}
        draft = Draft(
            outcome=Outcome.ANSWERED,
            reason="supported",
            text=text,
            sentences=sentences,
            citations=citations,
            consulted=consulted,
            follow_ups=follow_ups(hits, shown=shown, asked=question.text),
            confidence=round(sureness, 4),
            is_partial=lacks_a_part(search, parts, threshold=threshold),
        )
        return draft, hits

    def _chosen(self, search: _Search) -> list[Candidate]:
        """Choose the sentences; from a section that was just shown, the one that is asked for first."""
        view = self._view(search.question)
        if view is None or search.found.hits[0].chunk.section_id not in view.shown:
            return choose_sentences(search.found, asked=search.question.text)
        return choose_detail(search.found, fit=lambda c: fit(c.text, view, closeness=c.closeness))

    def _all_verbatim(self, sentences: tuple[ReplySentence, ...], citations: Any, hits: tuple[Hit, ...]) -> bool:
        by_marker = {citation.marker: citation for citation in citations}
        chunks = {hit.chunk.id: hit.chunk for hit in hits}
        return all(is_verbatim(sentence, by_marker, chunks) for sentence in sentences)


def _abstention(hits: tuple[Hit, ...], consulted: tuple[Consulted, ...], sureness: float, *, reason: str) -> Draft:
    """Abstain, and name the nearest topics that the guide does have; none where nothing is anywhere near."""
    near = hits if sureness >= _NOTHING_NEAR else ()
    return Draft(
        outcome=Outcome.ABSTAINED,
        reason=reason,
        text="",
        consulted=consulted,
        follow_ups=follow_ups(near, shown=(), asked=""),
        related=tuple(dict.fromkeys(hit.chunk.section_id for hit in hits[:3])),
        confidence=round(sureness, 4),
    )


def _end_of(text: str, sentences: int) -> int:
    """Return where the n-th sentence's marker ends; each sentence has one, and escaped text has none."""
    end = -1
    for _ in range(sentences):
        start = text.index(" [", end + 1)
        end = text.index("]", start)
    return end + 1


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
