"""The support check on sentences that people wrote about passages it never saw, and what it was trained on."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from bot.answer.verify.verifier import Judgement, Verifier, load_verifier
from bot.settings import ROOT
from tests.quality.thresholds import THRESHOLDS

# Not a setting of the program, so without its prefix.
PATH = Path(os.environ.get("VERIFIER_FILE", ROOT.parent / "shared" / "questions" / "verifier-dev.jsonl"))
DATA = sorted((ROOT / "scripts" / "support_data").glob("*.jsonl"))
LIMITS: dict[str, Any] = THRESHOLDS["verifier"]
# Runs of so many words in a row make a passage the same text.
_RUN = 12

needs_items = pytest.mark.skipif(not PATH.exists(), reason=f"no sentences at {PATH}; VERIFIER_FILE names them")


def read(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return load_verifier()


@pytest.fixture(scope="module")
def judged(verifier: Verifier) -> list[tuple[dict[str, str], Judgement]]:
    items = read(PATH)
    judgements = verifier.judge_all([(item["passage"], item["sentence"]) for item in items])
    return list(zip(items, judgements, strict=True))


def share(flags: list[bool]) -> float:
    return sum(flags) / len(flags)


def caught_by_kind(judged: list[tuple[dict[str, str], Judgement]]) -> dict[str, float]:
    flags: dict[str, list[bool]] = defaultdict(list)
    for item, judgement in judged:
        if item["label"] == "unsupported":
            flags[item["kind"]].append(not judgement.is_supported)
    return {kind: share(found) for kind, found in flags.items()}


@needs_items
def test_most_unsupported_sentences_are_caught(judged: list[tuple[dict[str, str], Judgement]]) -> None:
    flags = [not judgement.is_supported for item, judgement in judged if item["label"] == "unsupported"]
    assert share(flags) >= LIMITS["caught"]


@needs_items
def test_hardly_any_supported_sentence_is_dropped(judged: list[tuple[dict[str, str], Judgement]]) -> None:
    flags = [not judgement.is_supported for item, judgement in judged if item["label"] == "supported"]
    assert share(flags) <= LIMITS["dropped"]


@needs_items
def test_no_kind_of_slip_goes_by(judged: list[tuple[dict[str, str], Judgement]]) -> None:
    found = caught_by_kind(judged)
    assert len(found) == 9
    assert {kind: caught for kind, caught in found.items() if caught < LIMITS["caught_of_each_kind"]} == {}


@needs_items
def test_a_dropped_sentence_has_a_reason_and_a_kept_one_has_none(
    judged: list[tuple[dict[str, str], Judgement]],
) -> None:
    assert [item["id"] for item, one in judged if one.is_supported == bool(one.reasons)] == []
    assert all(0 <= one.score <= 1 for _, one in judged)


@needs_items
def test_a_judgement_does_not_depend_on_its_neighbours(
    verifier: Verifier, judged: list[tuple[dict[str, str], Judgement]]
) -> None:
    for item, judgement in judged[::16]:
        assert verifier.judge(sentence=item["sentence"], passage=item["passage"]) == judgement


@needs_items
def test_no_passage_or_sentence_of_the_test_was_trained_on() -> None:
    trained = [item for path in DATA for item in read(path)]
    assert len(trained) > 4000
    items = read(PATH)
    tested = {" ".join(item["passage"].lower().split()) for item in items}
    assert [item["id"] for item in trained if " ".join(item["passage"].lower().split()) in tested] == []
    sentences = {item["sentence"] for item in items}
    assert [item["id"] for item in trained if item["sentence"] in sentences] == []


def test_the_guide_supports_its_own_sentences(verifier: Verifier) -> None:
    from bot.corpus.loader import load_corpus
    from bot.corpus.sentences import sentence_spans

    texts = [section.text for section in load_corpus(ROOT / "corpus").sections[::12]]
    pairs = [(text, text[span.start : span.end]) for text in texts for span in sentence_spans(text)[:3]]
    assert len(pairs) > 100
    assert share([one.is_supported for one in verifier.judge_all(pairs)]) >= LIMITS["own_sentences_kept"]


def test_sentences_of_other_sections_are_caught(verifier: Verifier) -> None:
    from bot.corpus.loader import load_corpus
    from bot.corpus.sentences import sentence_spans

    texts = [section.text for section in load_corpus(ROOT / "corpus").sections[::12]]
    firsts = [text[span.start : span.end] for text in texts for span in sentence_spans(text)[:1]]
    pairs = list(zip(texts, [*firsts[7:], *firsts[:7]], strict=True))
    assert share([not one.is_supported for one in verifier.judge_all(pairs)]) >= LIMITS["foreign_sentences_caught"]
