"""Does a question sound like those that the guide answers? One direction in the space of meanings tells.

`scripts/fit_coverage.py` finds the direction: it sets the guide's own wordings against a list of questions that the
guide is known not to answer. A section can be near to a question on another disease or another medicine; what both
have in common then is the topic, and this looks at the rest.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.errors import SettingsError
from bot.retrieval.search import Searcher

COVERAGE_PATH = Path(__file__).with_name("coverage.json")
# Log odds beyond which a question is as clear as can be.
_MOST = 2.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """The direction, and what it was found with.

    Attributes:
        model: Digest of the query model whose vectors it reads.
        weights: float64 (dim,).
        bias: What is added to the product.
    """

    model: str
    weights: NDArray[np.float64]
    bias: float

    def score(self, vector: NDArray[np.float32]) -> float:
        """Return how much a question sounds like the guide's own, -1..1."""
        odds = float(vector.astype(np.float64) @ self.weights) + self.bias
        return max(-_MOST, min(_MOST, odds)) / _MOST if np.isfinite(odds) else 0.0


def sounds_covered(query: str, *, searcher: Searcher) -> float:
    """Return how much a question sounds like the guide's own, -1..1; 0 with another query model.

    Raises:
        ModelError: The question could not be embedded.
        SettingsError: The file cannot be used.
    """
    known = coverage()
    if known.model != searcher.index.manifest.model:
        return 0.0
    return known.score(searcher.vector(query))


@cache
def coverage() -> Coverage:
    """Return the direction in use.

    Raises:
        SettingsError: Its file cannot be used.
    """
    return load_coverage(COVERAGE_PATH)


def load_coverage(path: Path) -> Coverage:
    """Read the file.

    Raises:
        SettingsError: It is missing or damaged.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        weights = np.array(raw["weights"], dtype=np.float64)
        if weights.ndim != 1 or not np.isfinite(weights).all():
            raise ValueError(path.name)
        return Coverage(str(raw["model"]), weights, float(raw["bias"]))
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise SettingsError(
            f"The file {path.name} cannot be used; restore it or run 'python scripts/fit_coverage.py'."
        ) from error
