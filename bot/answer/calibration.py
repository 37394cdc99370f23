"""What an evaluation chose for abstention: the weight of each piece of evidence, and the threshold.

`lupus-bot eval calibrate` writes the file; docs/evaluation.md says how the numbers are chosen.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import SettingsError

CALIBRATION_PATH = Path(__file__).with_name("calibration.json")
# Raised when fields change their meaning: an older file is then refused.
FORMAT = 1
_VERSION_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Calibration:
    """The numbers that turn evidence into a decision.

    Attributes:
        weights: Logistic weight by name of the evidence.
        bias: What is added to the weighted sum.
        threshold: Confidence below which the chain abstains, 0..1.
        version: First digits of the file's SHA-256.
    """

    weights: Mapping[str, float]
    bias: float
    threshold: float
    version: str


def load_calibration(path: Path = CALIBRATION_PATH, *, features: Sequence[str]) -> Calibration:
    """Read a calibration file.

    Args:
        features: Names of the evidence; each needs its weight, and no other may have one.

    Raises:
        SettingsError: The file is missing, damaged, or made for other evidence; the detail names what is wrong.
    """
    try:
        raw = path.read_bytes()
        return _checked(json.loads(raw), features, version=version_of(raw))
    except OSError as error:
        raise _unusable(path, error.strerror or "not readable") from error
    except KeyError as error:
        raise _unusable(path, f"{error.args[0]} is missing") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _unusable(path, str(error) if type(error) is _FaultError else "damaged") from error


def version_of(raw: bytes) -> str:
    """Return the version of a calibration file with this content, the same on every system."""
    return hashlib.sha256(raw.replace(b"\r\n", b"\n")).hexdigest()[:_VERSION_DIGITS]


class _FaultError(ValueError):
    """What is wrong, in words for the operator."""


def _checked(values: dict[str, Any], features: Sequence[str], *, version: str) -> Calibration:
    if values["format"] != FORMAT:
        raise _FaultError(f"format {values['format']!r}, this program reads {FORMAT}")
    weights = {str(name): _number(value, name) for name, value in values["weights"].items()}
    if differing := sorted(set(weights) ^ set(features)):
        raise _FaultError(f"made for other evidence: {', '.join(differing)}")
    threshold = _number(values["threshold"], "threshold")
    if not 0 < threshold < 1:
        raise _FaultError("threshold is not between 0 and 1")
    return Calibration(weights, _number(values["bias"], "bias"), threshold, version)


def _number(value: object, name: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _FaultError(f"{name} is not a number")
    return float(value)


def _unusable(path: Path, why: str) -> SettingsError:
    return SettingsError(
        f"The calibration {path.name} cannot be used ({why}); restore the file or run 'lupus-bot eval calibrate'."
    )
