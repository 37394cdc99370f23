"""What was measured of one question, as it stands in a line of results.jsonl."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from bot.corpus.check.grade import text_grade
from bot.domain import Outcome, Reply
from bot.evaluation.datasets import Claim, Item, is_said, problems_of, right_sections
from bot.evaluation.metrics import Cited, citation_precision, citation_recall

Supports = Callable[[str, str], bool]
# How many ranked sections are kept of each question; the figures look at ten.
KEPT_SECTIONS = 10


@dataclass(frozen=True, slots=True)
class Result:
    """One question, its reply, and its figures; None where a figure does not apply.

    Attributes:
        is_to_answer: Should the guide answer it? None where that is open.
        is_refused: Was the guide's content kept back?
        problems: What keeps it from passing; empty when it passes.
        answer: The shown sentences of the guide.
        citations: Marker, section, title, quote and address of each citation.
        key_facts, key_facts_found: How many key facts were looked for in the reply, and found.
        ranked, needs, baseline: Sections that search ranked, best first; the sections that hold each fact, any of
            which will do; and the ranking of the plain recipe. Empty where retrieval is not judged.
        sentences_cited, sentences_supported: Shown sentences, and those that their citations support.
        citations_made, citations_useful: Citations of all sentences, and those of use.
        grade: Reading grade of the answer; words: its length.
        ms: Time to the reply of the last message, milliseconds.
    """

    id: str
    category: str
    style: str
    turns: list[str]
    expect: list[str]
    is_to_answer: bool | None
    outcome: str
    reason: str
    answerer: str
    is_refused: bool
    problems: list[str]
    text: str
    answer: list[dict[str, Any]]
    citations: list[dict[str, Any]]
    key_facts: int
    key_facts_found: int
    ranked: list[str]
    needs: list[list[str]]
    baseline: list[str]
    sentences_cited: int
    sentences_supported: int
    citations_made: int
    citations_useful: int
    grade: float | None
    words: int | None
    ms: float

    @property
    def is_passed(self) -> bool:
        """Whether the reply was right as far as the item can tell."""
        return not self.problems

    @property
    def is_wrong_answer(self) -> bool:
        """Whether it was answered although the guide does not have it."""
        return self.is_to_answer is False and self.outcome == Outcome.ANSWERED

    @property
    def is_wrong_refusal(self) -> bool:
        """Whether it was refused although the guide has it."""
        return self.is_to_answer is True and self.is_refused

    def to_json(self) -> dict[str, Any]:
        """Return the line of results.jsonl."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Result:
        """Read a line of results.jsonl.

        Raises:
            KeyError: A field is missing.
        """
        return cls(**{field.name: value[field.name] for field in fields(cls)})


@dataclass(frozen=True, slots=True)
class Ranking:
    """What search ranked for a question: ours and, where it was measured, the plain recipe's."""

    ours: Sequence[str]
    baseline: Sequence[str] = ()


def result_of(
    item: Item, reply: Reply, *, facts: Mapping[str, frozenset[str]], ranking: Ranking | None, supports: Supports | None
) -> Result:
    """Measure one reply.

    Args:
        facts: Fact ids by section id.
        ranking: None: retrieval is not judged by this item.
        supports: Tells whether a passage supports a sentence; None: citations are not judged.
    """
    answer = [sentence.text for sentence in reply.sentences]
    is_answer = reply.outcome is Outcome.ANSWERED and bool(answer)
    cited, made, useful = _citations(reply, supports)
    return Result(
        id=item.id,
        category=item.category,
        style=item.style,
        turns=list(item.turns),
        expect=[outcome.value for outcome in item.expect],
        is_to_answer=item.is_to_answer,
        outcome=reply.outcome.value,
        reason=reply.reason,
        answerer=reply.answerer,
        is_refused=item.is_refused_by(reply.outcome),
        problems=problems_of(item, reply),
        text=reply.text,
        answer=[{"text": sentence.text, "citations": list(sentence.citations)} for sentence in reply.sentences],
        citations=[_shown(citation) for citation in reply.citations],
        key_facts=len(item.must) if item.is_to_answer else 0,
        key_facts_found=sum(is_said(pattern, reply.text) for pattern in item.must) if item.is_to_answer else 0,
        ranked=list(ranking.ours) if ranking else [],
        needs=needs_of(item, facts) if ranking else [],
        baseline=list(ranking.baseline) if ranking else [],
        sentences_cited=len(cited),
        sentences_supported=sum(cited),
        citations_made=made,
        citations_useful=useful,
        grade=round(text_grade(answer), 2) if is_answer else None,
        words=sum(len(text.split()) for text in answer) if is_answer else None,
        ms=dict(reply.timings_ms).get("total", 0.0),
    )


def needs_of(item: Item, facts: Mapping[str, frozenset[str]]) -> list[list[str]]:
    """Return the sections that hold each fact of an item, facts that no section holds left out."""
    held = (sorted(section for section, found in facts.items() if fact in found) for fact in item.facts)
    return [sections for sections in held if sections]


def is_for_retrieval(item: Item, facts: Mapping[str, frozenset[str]]) -> bool:
    """Tell whether an item can judge retrieval: one message that the guide answers, from sections that are known."""
    return bool(item.is_to_answer) and len(item.turns) == 1 and bool(right_sections(item, facts))


def _citations(reply: Reply, supports: Supports | None) -> tuple[list[bool], int, int]:
    """Return whether each sentence is supported, how many citations there are, and how many are of use."""
    if supports is None:
        return [], 0, 0
    passages = {citation.marker: citation.passage for citation in reply.citations}
    shown = [
        Cited(sentence.text, tuple(passages[marker] for marker in sentence.citations if marker in passages))
        for sentence in reply.sentences
    ]
    useful = [flag for cited in shown for flag in citation_precision(cited, supports)]
    return [citation_recall(cited, supports) for cited in shown], len(useful), sum(useful)


def _shown(citation: Any) -> dict[str, Any]:
    names = ("marker", "section_id", "title", "quote", "url", "source")
    return {name: getattr(citation, name) for name in names}


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """One sentence of a verifier's set, and what the verifier said of it."""

    id: str
    kind: str
    is_supported: bool
    is_passed: bool
    score: float
    sentence: str
    passage: str

    @classmethod
    def of(cls, claim: Claim, *, is_passed: bool, score: float) -> ClaimResult:
        """Put a claim and its verdict together."""
        return cls(claim.id, claim.kind, claim.is_supported, is_passed, round(score, 4), claim.sentence, claim.passage)

    @property
    def is_right(self) -> bool:
        """Whether the verifier was right."""
        return self.is_passed == self.is_supported

    def to_json(self) -> dict[str, Any]:
        """Return the line of verifier.jsonl."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ClaimResult:
        """Read a line of verifier.jsonl.

        Raises:
            KeyError: A field is missing.
        """
        return cls(**{field.name: value[field.name] for field in fields(cls)})
