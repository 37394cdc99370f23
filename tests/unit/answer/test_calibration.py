from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.answer.abstention import FEATURES, calibration
from bot.answer.calibration import CALIBRATION_PATH, Calibration, load_calibration, version_of
from bot.errors import SettingsError

GOOD: dict[str, Any] = {"format": 1, "weights": {"dense": 7.5, "margin": 2}, "bias": -5.5, "threshold": 0.35}
NAMES = ("dense", "margin")


def written(folder: Path, text: str) -> Path:
    path = folder / "calibration.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_gives_weights_bias_threshold_and_the_version_of_its_content(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps(GOOD))

    found = load_calibration(path, features=NAMES)

    assert found == Calibration({"dense": 7.5, "margin": 2.0}, -5.5, 0.35, version_of(path.read_bytes()))
    assert len(found.version) == 12


def test_the_version_changes_with_the_content_and_not_with_the_line_ends() -> None:
    assert version_of(b"{}\n") != version_of(b"{ }\n")
    assert version_of(b"{}\n") == version_of(b"{}\r\n")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"format": 2}, "format 2, this program reads 1"),
        ({"weights": {"dense": 1.0}}, "made for other evidence: margin"),
        ({"weights": {"dense": 1.0, "margin": 1.0, "luck": 1.0}}, "made for other evidence: luck"),
        ({"weights": {"dense": "7", "margin": 1.0}}, "dense is not a number"),
        ({"weights": {"dense": True, "margin": 1.0}}, "dense is not a number"),
        ({"weights": []}, "damaged"),
        ({"bias": None}, "bias is not a number"),
        ({"bias": float("nan")}, "bias is not a number"),
        ({"threshold": 0}, "threshold is not between 0 and 1"),
        ({"threshold": 1.0}, "threshold is not between 0 and 1"),
    ],
)
def test_a_wrong_value_is_named_with_what_to_do(changes: dict[str, Any], told: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        load_calibration(written(tmp_path, json.dumps(GOOD | changes)), features=NAMES)

    assert raised.value.detail == (
        f"The calibration calibration.json cannot be used ({told}); restore the file or run 'lupus-bot eval calibrate'."
    )


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_field_is_named(name: str, tmp_path: Path) -> None:
    kept = {key: value for key, value in GOOD.items() if key != name}

    with pytest.raises(SettingsError, match=rf"\({name} is missing\)"):
        load_calibration(written(tmp_path, json.dumps(kept)), features=NAMES)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", "[" * 100_000], ids=lambda text: text[:5])
def test_a_damaged_file_is_told_without_a_traceback(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="damaged"):
        load_calibration(written(tmp_path, text), features=NAMES)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        load_calibration(tmp_path / "none.json", features=NAMES)


def test_the_calibration_in_use_weighs_every_piece_of_evidence() -> None:
    assert set(calibration().weights) == set(FEATURES)
    assert calibration().version == version_of(CALIBRATION_PATH.read_bytes())
