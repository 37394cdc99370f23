from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.domain import Conversation, Reply, Speaker
from bot.evaluation.datasets import Claim
from bot.evaluation.runner import Evaluator, judged_claims, last_reply, ranked_sections
from bot.retrieval.search import Searcher
from tests.fakes.encoders import HashEmbedder
from tests.fakes.evaluation import WordJudge, make_item, make_reply
from tests.fakes.indexes import guide_chunks, make_chunk, make_index
from tests.unit.conversation.conftest import START

FACTS = {"crs": frozenset({"F-FLR-01"})}


@dataclass
class Door:
    """Notes every word that is said, and by whom in which conversation."""

    said: list[tuple[str, str]] = field(default_factory=list)
    opened: int = 0

    def open(self, **asked: Any) -> Conversation:
        self.opened += 1
        return Conversation(f"c{self.opened}", asked["visitor_id"], Speaker.BOT, asked["channel"], "en", START, START)

    def reply(self, *, conversation_id: str, visitor_id: str, text: str) -> Reply:
        self.said.append((conversation_id, text))
        return make_reply(text=f"active reply to {text}")


@pytest.fixture
def searcher() -> Searcher:
    return Searcher(index=make_index(guide_chunks()), encode=HashEmbedder().encode)


def test_every_item_is_said_turn_by_turn_in_a_conversation_of_its_own(searcher: Searcher) -> None:
    door, steps = Door(), []
    evaluator = Evaluator(
        service=door,  # type: ignore[arg-type]
        searcher=searcher,
        facts=FACTS,
        progress=lambda *step: steps.append(step),
    )
    found = evaluator.results_of([make_item(id="1", turns=("a", "b")), make_item(id="2", turns=("c",))])

    assert door.said == [("c1", "a"), ("c1", "b"), ("c2", "c")]
    assert [result.text for result in found] == ["active reply to b", "active reply to c"]
    assert steps == [("asking", 1, 2), ("asking", 2, 2)]


def test_only_the_last_reply_is_judged() -> None:
    assert last_reply(Door(), ["first", "last"]).text == "active reply to last"  # type: ignore[arg-type]


def test_retrieval_is_looked_up_for_single_questions_only(searcher: Searcher) -> None:
    evaluator = Evaluator(service=Door(), searcher=searcher, facts=FACTS)  # type: ignore[arg-type]
    one, two = make_item(turns=("fever after the infusion",)), make_item(turns=("hello", "fever after the infusion"))

    assert evaluator.measured(one, make_reply()).ranked[0] == "crs"
    assert evaluator.measured(two, make_reply()).ranked == []


def test_sections_are_ranked_by_their_best_chunk_and_named_once() -> None:
    chunks = [make_chunk("a", "Fever is a sign."), make_chunk("a~2", "Fever may come back."), make_chunk("b", "Shade.")]
    searcher = Searcher(index=make_index(chunks), encode=HashEmbedder().encode)
    assert ranked_sections(searcher, "fever")[:2] == ["a", "b"]


def test_claims_are_judged_in_order_with_their_score() -> None:
    claims = [
        Claim("1", passage="fever lasts two days", sentence="fever lasts", is_supported=True, kind="condensation"),
        Claim("2", passage="fever lasts two days", sentence="fever kills", is_supported=False, kind="cause_added"),
    ]
    found = judged_claims(claims, WordJudge(), progress=lambda *step: None)
    assert [(claim.id, claim.is_passed, claim.is_right, claim.score) for claim in found] == [
        ("1", True, True, 0.9),
        ("2", False, True, 0.2),
    ]
