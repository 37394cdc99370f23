"""Holds the hazard log against what the tests did: every control's proof ran and passed.

Reads the JUnit files that pytest wrote, so that tests may run in several processes and several steps::

    python scripts/proofs.py build/tests-*.xml

Exit code 0: all proofs passed. 1: each that did not is named, with what became of it.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET  # our own test runs wrote these files
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
HAZARDS = ROOT / "docs" / "hazards.yaml"
_BAD = ("failure", "error", "skipped")


def proofs_in(path: Path = HAZARDS) -> list[str]:
    """Return the tests that the controls of a hazard log name, as ``tests/…/test_x.py::test_y``."""
    hazards = yaml.safe_load(path.read_text(encoding="utf-8"))["hazards"]
    return sorted({test for hazard in hazards for control in hazard["controls"] for test in control["tests"]})


def outcomes_in(paths: Iterable[Path]) -> dict[str, set[str]]:
    """Return what became of each test function, its parameters left out: ``passed``, ``failure`` or ``skipped``."""
    outcomes: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        for case in ET.parse(path).getroot().iter("testcase"):  # noqa: S314  # see above
            name = case.get("name", "").partition("[")[0]
            file = case.get("classname", "").replace(".", "/") + ".py"
            found = {kind for kind in _BAD if case.find(kind) is not None}
            outcomes[f"{file}::{name}"] |= found or {"passed"}
    return dict(outcomes)


def troubles(proofs: Iterable[str], outcomes: dict[str, set[str]]) -> list[str]:
    """Say of each proof that proves nothing what became of it; empty: all ran and passed."""
    return [
        f"{proof}: {', '.join(sorted(outcomes.get(proof, {'not run'}) - {'passed'}))}"
        for proof in proofs
        if outcomes.get(proof) != {"passed"}
    ]


def main(arguments: Sequence[str]) -> int:
    """Check the files named on the command line."""
    if not arguments:
        print("Name the JUnit files of the test runs, such as build/tests-*.xml.", file=sys.stderr)
        return 2
    proofs = proofs_in()
    found = troubles(proofs, outcomes_in(Path(argument) for argument in arguments))
    for trouble in found:
        print(f"A control of docs/hazards.yaml is not proved: {trouble}", file=sys.stderr)
    if not found:
        print(f"Hazard log: all {len(proofs)} proofs ran and passed.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
