"""The meaning check asks for nearness and for distance from look-alikes, and refuses files that do not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.conversation.triage.meaning import Exemplar, Exemplars, Likeness, MeaningCheck, Threshold, load_exemplars
from bot.errors import SettingsError

EXEMPLARS = Exemplars(
    sentences=(
        Exemplar("red_flag.stroke", "his face droops"),
        Exemplar("crisis.suicide", "I want to die"),
        Exemplar("none", "what is a stroke"),
    ),
    thresholds={"red_flag": Threshold(0.6, 0.1), "crisis": Threshold(0.6, 0.1)},
)
CHECK = MeaningCheck(EXEMPLARS, np.eye(3, dtype=np.float32))


def unit(*values: float) -> NDArray[np.float32]:
    vector = np.array(values, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def test_finds_the_nearest_reason_of_a_kind() -> None:
    found = CHECK.nearest(unit(1, 0, 0), kind="red_flag")
    assert found == Likeness("red_flag.stroke", 1.0, "his face droops")


@pytest.mark.parametrize(
    "vector",
    [
        pytest.param(unit(1, 0, 1), id="as near to a look-alike"),
        pytest.param(unit(1, 1, 0), id="as near to another kind"),
        pytest.param(unit(0.5, -0.5, -0.7), id="not near enough"),
        pytest.param(np.zeros(3, dtype=np.float32), id="no meaning at all"),
    ],
)
def test_says_nothing_where_it_is_not_sure(vector: NDArray[np.float32]) -> None:
    assert CHECK.nearest(vector, kind="red_flag") is None


def test_knows_nothing_of_a_kind_without_sentences() -> None:
    assert CHECK.nearest(unit(1, 0, 0), kind="personal") is None


def test_refuses_vectors_that_do_not_fit() -> None:
    with pytest.raises(SettingsError):
        MeaningCheck(EXEMPLARS, np.eye(2, dtype=np.float32))


def test_the_file_has_dangers_and_look_alikes() -> None:
    exemplars = load_exemplars()
    kinds = {exemplar.reason.partition(".")[0] for exemplar in exemplars.sentences}
    assert kinds == {*exemplars.thresholds, "none"}
    assert exemplars.texts() == [exemplar.text for exemplar in exemplars.sentences]
    assert len(set(exemplars.texts())) == len(exemplars.texts())


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("thresholds: {}", "exemplars.yaml"),
        ("[", "exemplars.yaml"),
        ("thresholds: {red_flag: {cosine: much, margin: 0}}\nsentences: {}", "exemplars.yaml"),
        ("thresholds: {}\nsentences: {red_flag.stroke: [a]}", "red_flag.stroke"),
    ],
)
def test_names_the_mistake(tmp_path: Path, content: str, named: str) -> None:
    path = tmp_path / "exemplars.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_exemplars(path)
    assert named in caught.value.detail
