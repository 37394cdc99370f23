"""Compares the meaning of a message with example sentences, for the dangers that no wording rule foresaw.

The vectors come from outside: this module knows no model. A message is taken for a danger where it is near to an
example of the danger and nearer to it than to every harmless look-alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from bot.errors import SettingsError

EXEMPLARS_PATH = Path(__file__).with_name("exemplars.yaml")


@dataclass(frozen=True, slots=True)
class Exemplar:
    """A sentence that stands for a reason; the reason ``none`` marks a harmless look-alike."""

    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Threshold:
    """When a kind is near enough: `cosine` -1..1 is the least, `margin` how much nearer than any other kind."""

    cosine: float
    margin: float


@dataclass(frozen=True, slots=True)
class Exemplars:
    """The file ``exemplars.yaml``: its sentences in order, and a threshold for each kind of reason."""

    sentences: tuple[Exemplar, ...]
    thresholds: dict[str, Threshold]

    def texts(self) -> list[str]:
        """Return the sentences to embed, in the order that `MeaningCheck` expects their vectors."""
        return [exemplar.text for exemplar in self.sentences]


@dataclass(frozen=True, slots=True)
class Likeness:
    """The reason that a message is nearest to; `cosine` -1..1, higher is nearer."""

    reason: str
    cosine: float
    exemplar: str


class MeaningCheck:
    """Says which danger a message is near to.

    Args:
        exemplars: The sentences and thresholds.
        vectors: float32 (n, dim), unit rows, one a sentence, in the same order.

    Raises:
        SettingsError: Not one vector a sentence.
    """

    def __init__(self, exemplars: Exemplars, vectors: NDArray[np.float32]) -> None:
        if vectors.ndim != 2 or len(vectors) != len(exemplars.sentences):
            raise SettingsError("The vectors of the triage examples do not fit exemplars.yaml; build the index again.")
        self._exemplars = exemplars
        self._vectors = vectors

    def kinds(self) -> tuple[str, ...]:
        """Return the beginnings of reasons that have a threshold, such as ``red_flag``."""
        return tuple(self._exemplars.thresholds)

    def nearest(self, vector: NDArray[np.float32], *, kind: str) -> Likeness | None:
        """Return the likeness that passes the threshold of its kind, or None.

        Args:
            vector: float32 (dim,), unit length; one of another model's length is like nothing.
            kind: The beginning of the reason, one of `kinds()`.
        """
        if vector.shape != self._vectors.shape[1:]:
            return None
        scores = self._vectors @ vector
        best: dict[bool, int] = {}
        for index, exemplar in enumerate(self._exemplars.sentences):
            is_kind = exemplar.reason.partition(".")[0] == kind
            if is_kind not in best or scores[index] > scores[best[is_kind]]:
                best[is_kind] = index
        if True not in best:
            return None
        other = float(scores[best[False]]) if False in best else -1.0
        cosine, threshold = float(scores[best[True]]), self._exemplars.thresholds[kind]
        if cosine < threshold.cosine or cosine - other < threshold.margin:
            return None
        chosen = self._exemplars.sentences[best[True]]
        return Likeness(chosen.reason, cosine, chosen.text)


def load_exemplars(path: Path = EXEMPLARS_PATH) -> Exemplars:
    """Read the example sentences.

    Raises:
        SettingsError: The file is not readable or not of the expected form; the detail names the entry.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        thresholds = {
            kind: Threshold(float(entry["cosine"]), float(entry["margin"])) for kind, entry in raw["thresholds"].items()
        }
        sentences = tuple(Exemplar(reason, str(text)) for reason, texts in raw["sentences"].items() for text in texts)
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise SettingsError(
            f"The triage examples {path.name} cannot be read ({type(error).__name__}); restore the file."
        ) from error
    for exemplar in sentences:
        if exemplar.reason != "none" and exemplar.reason.partition(".")[0] not in thresholds:
            raise SettingsError(f"{path.name}: “{exemplar.reason}” has no threshold; add one for its kind.")
    return Exemplars(sentences, thresholds)
