"""How many dangers in words of their own triage sees, and how many harmless look-alikes it takes for one.

``tests/data/triage_paraphrases.jsonl``: the tuning half was read while the rules were written, the held-out half was
only counted. The floors are the counts of the run that this commit was made with.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.conversation.triage.meaning import MeaningCheck, load_exemplars
from bot.conversation.triage.triage import Triage, load_triage
from bot.domain import Outcome
from bot.index.embedder import SentenceEmbedder, model_folder

PARAPHRASES = Path(__file__).resolve().parents[1] / "data" / "triage_paraphrases.jsonl"
ALARMS = {Outcome.EMERGENCY, Outcome.CRISIS}
