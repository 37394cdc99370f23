"""The last step: rule findings and the classifier's score become one verdict, with its reasons."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.answer.verify.trees import Tree, read_trees
from bot.errors import ModelError

# From which value on a finding is a reason. Order is the order in which reasons are told.
# fmt: off
_TRIGGERS: tuple[tuple[str, str, float], ...] = (
    ("number", "number_absent", 1), ("number", "number_other_unit", 1), ("number", "bound_other", 1),
    ("number", "number_rival", 0.1), ("number", "number_swap", 0.1),
    ("time", "time_absent", 1), ("time", "time_other_unit", 1), ("time", "rate_other", 1),
    ("name", "name_strict", 1), ("name", "name_code", 1), ("name", "name_loose", 1), ("name", "name_rival", 0.1),
    ("name", "replaced_kind", 0.4), ("name", "replaced_sort", 0.6),
    ("polarity", "negation_added", 1), ("polarity", "negation_lost", 0.3), ("polarity", "opposites", 1),
    ("polarity", "clause_flip", 0.5), ("polarity", "clause_opposite", 0.4),
    ("polarity", "scope_denied", 0.4), ("polarity", "scope_affirmed", 0.5),
    ("hedge", "certain_new", 1), ("hedge", "hedge_lost", 0.3), ("hedge", "clause_surer", 1),
    ("scope", "universal_new", 1), ("scope", "universal_for_limit", 0.2), ("scope", "clause_oftener", 1),
    ("scope", "present_for_past", 0.4),
    ("cause", "cause_new", 1), ("cause", "cause_not_near", 1),
)
# fmt: on
# Findings that are nearly always right: a sentence with one is not supported, whatever its other scores.
VETOES = ("number_absent", "time_absent", "time_other_unit", "name_strict", "nothing_said")
_VETOED_SCORE = 0.01
LOW_SUPPORT = "low_support"


# What the decision itself works out from the rules' findings, beside those of the classifier.
RULES = "rules"
CLASSIFIER_FINDINGS = ("support", "worst")


@dataclass(frozen=True, slots=True)
class Decision:
    """A logistic over the score of the rules, what the classifier says, and the plainest findings of the rules.

    Args:
        weights: Of "rules", "support", "worst" and findings by their names; what has no weight is left out.
        bias: Its intercept.
        threshold: Probability from which a sentence counts as supported, 0..1.
        trees: Their sum is the score of the rules.
        files: SHA-256 by file name of the classifier that it was fitted with.
    """

    weights: Mapping[str, float]
    bias: float
    threshold: float
    trees: tuple[Tree, ...]
    files: Mapping[str, str]

    def score(self, findings: Mapping[str, float]) -> float:
        """Return the probability that the passage supports the sentence, 0..1; a veto leaves next to nothing."""
        if vetoed(findings):
            return _VETOED_SCORE
        known = {**findings, RULES: sum(tree.value(findings) for tree in self.trees)}
        return logistic(self.bias + sum(weight * known[name] for name, weight in self.weights.items()))


def vetoed(findings: Mapping[str, float]) -> bool:
    """Tell whether a finding alone rules support out."""
    return any(findings[name] >= 1 for name in VETOES)


def reasons(findings: Mapping[str, float]) -> tuple[str, ...]:
    """Return the codes of what speaks against a sentence; ``low_support`` where no rule can say what."""
    found = dict.fromkeys(code for code, name, trigger in _TRIGGERS if findings[name] >= trigger)
    return tuple(found) or (LOW_SUPPORT,)


def logistic(logit: float) -> float:
    """Return the probability of a logit, which may be very large."""
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, logit))))


def read_decision(path: Path, *, known: Collection[str]) -> Decision:
    """Read the weights.

    Args:
        known: Names of the findings of the rules.

    Raises:
        ModelError: The file is missing or damaged, or was made for other findings.
    """
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        weights = {str(name): float(weight) for name, weight in raw["weights"].items()}
        if not set(weights) <= {RULES, *CLASSIFIER_FINDINGS, *known}:
            raise ValueError(path.name)
        return Decision(
            weights=weights,
            bias=float(raw["bias"]),
            threshold=float(raw["threshold"]),
            trees=read_trees(raw["trees"], known=known),
            files={str(name): str(digest) for name, digest in raw["files"].items()},
        )
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ModelError(f"{path.name} of the support check cannot be used; install the program again.") from error
