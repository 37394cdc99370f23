"""What a release has to reach: the numbers of thresholds.yaml, for every test of this folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

THRESHOLDS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("thresholds.yaml").read_text(encoding="utf-8"))
