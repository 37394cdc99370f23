"""A sum of small decision trees over the rules' findings: what follows when several of them come together.

A lost "not" weighs much where the rest of a sentence stands in its passage, and little where hardly a word does; a
plain sum of weights cannot say so. Every tree asks at most three questions, and each score can be worked out by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree, its nodes in order, the first its root.

    Args:
        questions: By node (finding, threshold, node if not above it, node if above it); None at a leaf.
        values: By node what a leaf adds to the score.
    """

    questions: tuple[tuple[str, float, int, int] | None, ...]
    values: tuple[float, ...]

    def value(self, findings: Mapping[str, float]) -> float:
        """Return what the tree adds for these findings."""
        node = 0
        while (question := self.questions[node]) is not None:
            name, threshold, low, high = question
            node = low if findings[name] <= threshold else high
        return self.values[node]


def read_trees(raw: Sequence[Sequence[Sequence[object]]], *, known: Collection[str]) -> tuple[Tree, ...]:
    """Read trees as they are kept: a leaf is ``[value]``, another node ``[finding, threshold, low, high]``.

    Raises:
        ValueError: A tree is malformed, asks for an unknown finding, or could run in a circle.
    """
    return tuple(_tree(nodes, known) for nodes in raw)


def _tree(nodes: Sequence[Sequence[object]], known: Collection[str]) -> Tree:
    questions: list[tuple[str, float, int, int] | None] = []
    values: list[float] = []
    for place, node in enumerate(nodes):
        if len(node) == 1:
            questions.append(None)
            values.append(float(str(node[0])))
            continue
        name, threshold, low, high = str(node[0]), float(str(node[1])), int(str(node[2])), int(str(node[3]))
        # Children stand behind their parent, so that every path ends.
        if name not in known or not place < low < len(nodes) or not place < high < len(nodes):
            raise ValueError(f"node {place}")
        questions.append((name, threshold, low, high))
        values.append(0.0)
    if not questions:
        raise ValueError("no nodes")
    return Tree(tuple(questions), tuple(values))
