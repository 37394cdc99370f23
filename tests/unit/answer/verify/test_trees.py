from __future__ import annotations

import pytest

from bot.answer.verify.trees import read_trees

STUMP = [["exact", 0.5, 1, 2], [-1.0], [2.0]]
DEEP = [["exact", 0.5, 1, 2], [0.5], ["gap", 1.5, 3, 4], [1.0], [-3.0]]


@pytest.mark.parametrize(
    ("exact", "gap", "total"),
    [
        pytest.param(0.2, 9.0, -0.5, id="low and low"),
        pytest.param(0.5, 9.0, -0.5, id="at the threshold counts as low"),
        pytest.param(0.9, 1.0, 3.0, id="high, then low"),
        pytest.param(0.9, 2.0, -1.0, id="high, then high"),
    ],
)
def test_the_score_is_the_sum_of_one_leaf_of_each_tree(exact: float, gap: float, total: float) -> None:
    trees = read_trees([STUMP, DEEP], known={"exact", "gap"})
    assert sum(tree.value({"exact": exact, "gap": gap}) for tree in trees) == total


@pytest.mark.parametrize(
    "tree",
    [
        pytest.param([], id="no nodes"),
        pytest.param([["other", 0.5, 1, 2], [1], [2]], id="unknown finding"),
        pytest.param([["exact", 0.5, 0, 0]], id="a circle"),
        pytest.param([["exact", 0.5, 1, 7], [1], [2]], id="a child that is not there"),
        pytest.param([["exact", "much", 1, 2], [1], [2]], id="no number"),
    ],
)
def test_a_malformed_tree_is_refused(tree: list[list[object]]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # its message is for whoever reads the traceback
        read_trees([tree], known={"exact"})
