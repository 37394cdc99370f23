from __future__ import annotations

from dataclasses import dataclass, field

from bot.answer.verify.decision import Decision
from bot.answer.verify.verifier import MAX_SENTENCE_CHARS, Judgement, Verifier

PASSAGE = "Ten of 15 people had a fever. It began within three weeks. Live vaccines are not given. Rest helps."


@dataclass
class FixedClassifier:
    """Says the same of every pair, and remembers what it was asked."""

    support: float
    asked: list[tuple[str, str]] = field(default_factory=list)

    def read(self, *, sentence: str, passage: str) -> tuple[float, float]:
        self.asked.append((sentence, passage))
        return self.support, -self.support


def verifier(support: float) -> tuple[Verifier, FixedClassifier]:
    classifier = FixedClassifier(support)
    decision = Decision(weights={"support": 1.0}, bias=0.0, threshold=0.5, trees=(), files={})
    return Verifier(decision=decision, classifier=classifier), classifier


def test_a_supported_sentence_has_no_reasons() -> None:
    judged = verifier(4.0)[0].judge(sentence="Ten people had a fever.", passage=PASSAGE)
    assert judged == Judgement(is_supported=True, score=0.982, reasons=())


def test_a_wrong_number_is_vetoed_however_sure_the_classifier_is() -> None:
    judged = verifier(8.0)[0].judge(sentence="Twelve people had a fever for 46 hours.", passage=PASSAGE)
    assert not judged.is_supported
    assert judged.reasons == ("number", "time")


def test_a_sentence_that_only_the_classifier_doubts_has_low_support() -> None:
    judged = verifier(-3.0)[0].judge(sentence="Ten people had a fever.", passage=PASSAGE)
    assert judged == Judgement(is_supported=False, score=0.0474, reasons=("low_support",))


def test_the_classifier_reads_the_nearest_sentences_only() -> None:
    made, classifier = verifier(4.0)
    made.judge(sentence="Live vaccines are never given.", passage=PASSAGE)
    assert len(classifier.asked) == 1
    assert "Live vaccines are not given." in classifier.asked[0][1]
    assert len(classifier.asked[0][1]) < len(PASSAGE)


def test_a_repeated_sentence_is_supported_whatever_the_classifier_says() -> None:
    made, classifier = verifier(-8.0)
    judged = made.judge(sentence="Live vaccines are not given.", passage=PASSAGE)
    assert judged == Judgement(is_supported=True, score=1.0, reasons=())
    assert classifier.asked == []


def test_pairs_are_judged_in_their_order_and_each_by_itself() -> None:
    made, _ = verifier(4.0)
    pairs = [(PASSAGE, "Rest helps."), (PASSAGE, "40 people had a fever."), (PASSAGE, "Rest helps.")]
    judged = made.judge_all(pairs)
    assert [one.is_supported for one in judged] == [True, False, True]
    assert judged[0] == made.judge(sentence="Rest helps.", passage=PASSAGE)
    assert made.judge_all([]) == []


def test_a_sentence_of_an_absurd_length_is_refused_unread() -> None:
    made, classifier = verifier(4.0)
    judged = made.judge(sentence="Rest helps. " * MAX_SENTENCE_CHARS, passage=PASSAGE)
    assert judged == Judgement(is_supported=False, score=0.0, reasons=("low_support",))
    assert classifier.asked == []


def test_an_empty_sentence_is_not_supported() -> None:
    assert not verifier(8.0)[0].judge(sentence="", passage=PASSAGE).is_supported
    assert not verifier(8.0)[0].judge(sentence="?!", passage="").is_supported
