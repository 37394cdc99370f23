"""The hazard log is complete, its risks follow its own matrix, and every control names tests that exist.

That they ran and passed is checked by ``scripts/proofs.py`` after the last test of `make test`.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LOG: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "hazards.yaml").read_text(encoding="utf-8"))
HAZARDS: list[dict[str, Any]] = LOG["hazards"]
FIELDS = {
    *("id", "hazard", "cause", "effect", "harm", "existing_controls", "initial", "controls", "residual"),
    *("status", "owner"),
}
STATUSES = {"open", "controlled", "accepted", "transferred"}


def _by_id(hazard: dict[str, Any]) -> str:
    return str(hazard["id"])


def _proofs() -> list[str]:
    return sorted({test for hazard in HAZARDS for control in hazard["controls"] for test in control["tests"]})


def _risk(rating: dict[str, Any]) -> int:
    severity, likelihood = LOG["severity"][rating["severity"]], LOG["likelihood"][rating["likelihood"]]
    return int(LOG["matrix"][likelihood["row"]][severity["column"]])


@cache
def _functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_the_scales_are_explained_and_the_matrix_never_falls() -> None:
    for scale, place in (("severity", "column"), ("likelihood", "row")):
        assert [level.keys() == {place, "means"} for level in LOG[scale].values()] == [True] * 5
        assert [level[place] for level in LOG[scale].values()] == [0, 1, 2, 3, 4]
    for line in (*LOG["matrix"], *zip(*LOG["matrix"], strict=True)):
        assert list(line) == sorted(line)


def test_there_are_at_least_twenty_hazards_each_with_its_own_number() -> None:
    ids = [hazard["id"] for hazard in HAZARDS]
    assert len(ids) >= 20
    assert ids == [f"HZ-{number:02}" for number in range(1, len(ids) + 1)]


@pytest.mark.parametrize("hazard", HAZARDS, ids=_by_id)
def test_a_hazard_has_every_field_of_the_standard_filled(hazard: dict[str, Any]) -> None:
    assert hazard.keys() == FIELDS
    assert [name for name in FIELDS if not hazard[name]] == []
    assert hazard["status"] in STATUSES
    assert hazard["owner"] in LOG["roles"]


@pytest.mark.parametrize("hazard", HAZARDS, ids=_by_id)
def test_the_risk_follows_the_matrix_and_is_not_raised_by_controls(hazard: dict[str, Any]) -> None:
    for rating in (hazard["initial"], hazard["residual"]):
        assert rating.keys() == {"severity", "likelihood", "risk"}
        assert rating["risk"] == _risk(rating)
    assert hazard["residual"]["risk"] <= hazard["initial"]["risk"]
    assert hazard["residual"]["risk"] <= LOG["acceptable_risk"] or hazard["status"] == "open"


@pytest.mark.parametrize("hazard", HAZARDS, ids=_by_id)
def test_every_control_is_described_and_names_a_proof(hazard: dict[str, Any]) -> None:
    for control in hazard["controls"]:
        assert control.keys() == {"control", "tests"}
        assert len(control["control"]) > 20
        assert control["tests"], control["control"]


@pytest.mark.parametrize("proof", _proofs())
def test_a_proof_is_a_test_that_exists(proof: str) -> None:
    assert re.fullmatch(r"tests/[\w/]+/test_\w+\.py::test_\w+", proof), proof
    path, _, name = proof.partition("::")
    assert (ROOT / path).is_file(), proof
    assert name in _functions(ROOT / path), proof
