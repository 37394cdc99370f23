"""Every known danger, with index, database and model broken in turn and all at once: the whole reply, each time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.answer.source import AnswerSource
from bot.conversation.compose import Composer
from bot.conversation.limits import Limits
from bot.conversation.service import ConversationService
from bot.conversation.texts import Texts
from bot.conversation.triage.triage import load_triage
from bot.domain import Outcome
from bot.evaluation.datasets import Item
from bot.index.loaded import CurrentIndex
from bot.settings import ROOT
from tests.fakes.encoders import HashEmbedder
from tests.fakes.questions import development_questions
from tests.fakes.stores import QuickStore

_URGENT = ("emergency", "crisis")


class KilledEncoder:
    """A query model whose process is gone."""

    def encode(self, text: str) -> NDArray[np.float32]:
        raise RuntimeError("the session is gone")


def _own() -> list[Item]:
    lines = (ROOT / "tests" / "data" / "emergencies.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    return [
        Item(case["id"], category=case["outcome"], turns=(case["text"],), expect=(Outcome(case["outcome"]),))
        for case in cases
    ]


CASES = _own() + [item for item in development_questions() if item.category in _URGENT]


class Ward:
    """One service whose parts a test breaks."""

    def __init__(self, folder: Path, index_dir: Path) -> None:
        self.index_dir = index_dir
        self.encoder: Any = HashEmbedder()
        self.store = QuickStore(folder / "transcripts.db")
        self.damage: list[Callable[[], None]] = []

    def misses(self) -> list[str]:
        """Tell every case to the broken service; return the ids of those without their whole reply."""
        source = AnswerSource(
            index=CurrentIndex(index_dir=self.index_dir), encoder_for=lambda _index: _Late(lambda: self.encoder)
        )
        service = ConversationService(
            store=self.store,
            source=source,
            triage=load_triage(),
            composer=Composer(texts=Texts.load(ROOT / "prompts" / "replies.en.yaml"), car_t_line="+1 202 555 0199"),
            limits=Limits(max_chars=200, per_visitor=("1/day",), per_address=("1/day",)),
        )
        for damage in self.damage:
            damage()
        return [case.id for case in CASES if not _is_whole(service, case)]


class _Late:
    def __init__(self, encoder: Callable[[], Any]) -> None:
        self._encoder = encoder

    def encode(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._encoder().encode(text)
        return vector


def _is_whole(service: ConversationService, case: Item) -> bool:
    conversation = service.open(visitor_id=case.id, channel="test")
    for turn in case.turns:
        reply = service.reply(conversation_id=conversation.id, visitor_id=case.id, text=turn, address="192.0.2.1")
    return (
        reply.outcome in case.expect
        and (reply.outcome not in (Outcome.EMERGENCY, Outcome.CRISIS) or "tel:" in reply.text)
        and reply.handoff.offered
        and all(re.search(pattern, reply.text, re.IGNORECASE) for pattern in case.must)
    )


@pytest.fixture
def ward(tmp_path: Path, mini_index_dir: Path) -> Ward:
    return Ward(tmp_path, mini_index_dir)


def delete_index(ward: Ward) -> None:
    ward.index_dir = ward.store.path.parent / "no-index"


def make_read_only(ward: Ward) -> None:
    ward.damage.append(ward.store.make_read_only)


def destroy_database(ward: Ward) -> None:
    ward.damage.append(ward.store.destroy)


def kill_model(ward: Ward) -> None:
    ward.encoder = KilledEncoder()


def break_everything(ward: Ward) -> None:
    for damage in (delete_index, make_read_only, destroy_database, kill_model):
        damage(ward)


@pytest.mark.parametrize("damage", [None, delete_index, make_read_only, destroy_database, kill_model, break_everything])
def test_every_danger_gets_its_whole_reply(damage: Callable[[Ward], None] | None, ward: Ward) -> None:
    if damage is not None:
        damage(ward)
    assert ward.misses() == []


def test_there_are_twenty_dangers_of_our_own() -> None:
    assert len({case.turns[0] for case in _own()}) == 20
    assert {expected for case in _own() for expected in case.expect} == set(_URGENT)
