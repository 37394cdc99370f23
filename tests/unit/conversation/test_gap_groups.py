"""Questions of one meaning stand together, others do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from bot.conversation.gap_groups import GapGrouper
from bot.db.gaps import Gap

NOW = datetime(2026, 11, 23, tzinfo=UTC)
VECTORS = {
    "Can I drink wine?": (1.0, 0.0, 0.0),
    "Is wine allowed?": (0.9, 0.436, 0.0),
    "May I have some wine with it": (0.6, 0.8, 0.0),
    "Who pays?": (0.0, 0.0, 1.0),
}


def encode(question: str) -> np.ndarray:
    vector = np.asarray(VECTORS[question], dtype=np.float32)
    return vector / np.linalg.norm(vector)


def gap(question: str, *sections: str, days_ago: int = 0) -> Gap:
    return Gap(f"{question}{days_ago}", "talk", question, "low_support", sections, NOW - timedelta(days=days_ago))


def groups_of(*gaps: Gap) -> list[list[str]]:
    groups = GapGrouper(encode).group(gaps, middle=NOW - timedelta(days=5))
    return [[each.question for each in group.gaps] for group in groups]


def test_the_same_meaning_is_one_group_and_the_largest_comes_first() -> None:
    found = groups_of(gap("Who pays?"), gap("Can I drink wine?"), gap("Is wine allowed?"))
    assert found == [["Can I drink wine?", "Is wine allowed?"], ["Who pays?"]]


def test_less_alike_questions_belong_together_only_beside_the_same_section() -> None:
    wine, more = "Can I drink wine?", "May I have some wine with it"
    assert groups_of(gap(wine, "alcohol"), gap(more, "alcohol")) == [[wine, more]]
    assert groups_of(gap(wine, "alcohol"), gap(more, "food")) == [[wine], [more]]
    assert groups_of(gap(wine), gap(more)) == [[wine], [more]]


def test_a_group_counts_both_halves_of_the_span_and_names_its_shortest_wording() -> None:
    gaps = [gap("Is wine allowed?", "a"), gap("Can I drink wine?", "a", "b", days_ago=7)]
    (group,) = GapGrouper(encode).group(gaps, middle=NOW - timedelta(days=5))
    assert (group.recent, group.earlier, group.question, group.section_ids) == (1, 1, "Is wine allowed?", ("a", "b"))


def test_a_question_is_embedded_once() -> None:
    asked: list[str] = []

    def counting(question: str) -> np.ndarray:
        asked.append(question)
        return encode(question)

    grouper = GapGrouper(counting)
    for _ in range(3):
        grouper.group([gap("Who pays?"), gap("Who  pays?")], middle=NOW)
    assert asked == ["Who pays?"]
