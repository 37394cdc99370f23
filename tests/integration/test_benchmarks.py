"""The benchmarks of benchmarks/README.md run as it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASKED = {
    "what is lupus": "F-MINI-01", "which sunscreen helps": "F-MINI-02", "what does car-t stand for": "F-MINI-03",
    "fever after the infusion": "F-MINI-04", "who pays for the hotel": "F-MINI-05",
}  # fmt: skip
NOT_COVERED = ["how do I bake bread", "train times to Leeds", "price of gold", "best tent", "who won the match"]


def line(category: str, text: str, facts: list[str], expect: str) -> str:
    asked = {"id": text, "category": category, "turns": [text], "facts": facts, "expect": [expect]}
    return json.dumps(asked) + "\n"


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("questions") / "dev.jsonl"
    with path.open("w") as file:
        for turn in range(4):
            for text, fact in ASKED.items():
                file.write(line("answerable", f"{text}{'?' * turn}", [fact], "answered"))
            for text in NOT_COVERED:
                file.write(line("off_topic", f"{text}{'?' * turn}", [], "abstained"))
    return path


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("retrieval", "| search without embedding |"),
        ("fusion", "| 1.0 | 1.000 | 1.000 | 1.000 |"),
    ],
)
def test_a_benchmark_prints_its_table(name: str, told: str, questions: Path, mini_index_dir: Path) -> None:
    command = [sys.executable, "-m", f"benchmarks.{name}", str(questions), "--index", str(mini_index_dir)]
    command += ["--corpus", str(ROOT / "tests" / "data" / "mini_guide")]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ}, capture_output=True, text=True, timeout=180, check=False
    )

    assert done.returncode == 0, done.stderr
    assert told in done.stdout


def test_the_transcripts_benchmark_fills_a_database_and_prints_its_tables() -> None:
    command = [sys.executable, "-m", "benchmarks.transcripts", "--conversations", "30", "--runs", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)

    assert done.returncode == 0, done.stderr
    assert "| no filter | 30 |" in done.stdout
    assert "| without full-text search |" in done.stdout
