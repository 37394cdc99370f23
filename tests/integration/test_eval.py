"""``lupus-bot eval`` on the mini guide, as it is typed: a run, another one, what changed, and a calibration."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.answer.abstention import FEATURES
from bot.answer.calibration import load_calibration
from tests.integration.conftest import MINI_GUIDE
from tests.unit.cli.conftest import Ran, own_logging, run  # noqa: F401  # fixtures

Run = Callable[..., Ran]

QUESTIONS: list[dict[str, Any]] = [
    {"id": "1", "turns": ["What is lupus?"], "facts": ["F-MINI-01"], "must": ["immune"], "note": "style=plain"},
    {"id": "2", "turns": ["wich sunscren helps"], "facts": ["F-MINI-02"], "must": ["sunscreen"], "note": "style=typed"},
    {"id": "3", "turns": ["What is CRS?", "and when does it start?"], "facts": ["F-MINI-04"], "must": ["days"]},
    {"id": "4", "turns": ["How do I bake bread?"], "expect": ["abstained", "out_of_scope"], "category": "off_topic"},
    {"id": "5", "turns": ["I cannot breathe and my lips are blue"], "expect": ["emergency"], "category": "emergency"},
    {"id": "6", "turns": ["What does CAR-T stand for?"], "facts": ["F-MINI-03"], "must": ["walrus"]},
]
CLAIMS = [
    {"id": "V1", "passage": "Fever is the first sign of CRS.", "sentence": "Fever is the first sign of CRS.",
     "label": "supported", "kind": "paraphrase"},
    {"id": "V2", "passage": "Fever is the first sign of CRS.", "sentence": "Nine of ten dogs like cheese.",
     "label": "unsupported", "kind": "other_topic"},
]  # fmt: skip


def written(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def options(mini_index_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    monkeypatch.setenv("BOT_DATA_DIR", str(tmp_path / "data"))
    return ["--index", mini_index_dir, "--corpus", MINI_GUIDE, "--out", tmp_path / "runs"]


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    common = {"category": "answerable", "expect": ["answered"]}
    return written(tmp_path / "six.jsonl", [common | line for line in QUESTIONS])


def only_folder(out: Path, name: str) -> Path:
    (folder,) = out.glob(f"*-{name}")
    return folder


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_a_run_leaves_a_folder_with_everything_and_a_second_one_changes_nothing(
    run: Run,  # noqa: F811
    questions: Path,
    options: list[object],
    tmp_path: Path,
) -> None:
    claims = written(tmp_path / "claims.jsonl", CLAIMS)
    extra = ["--verifier", claims, "--baseline-retrieval"]
    first = run("eval", "run", questions, *extra, "--name", "first", *options)
    second = run("eval", "run", questions, *extra, "--name", "second", *options)
    assert (first.code, second.code) == (0, 0), first.err + second.err

    folder = only_folder(tmp_path / "runs", "first")
    assert first.out.splitlines()[-1] == f"The report is {folder / 'report.html'}."
    assert not (tmp_path / "data" / "transcripts.db").exists()
    results = [json.loads(line) for line in (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [result["id"] for result in results] == ["1", "2", "3", "4", "5", "6"]
    assert results[5]["problems"] == ["lacks /walrus/"]
    assert results[0]["ranked"][0] == "what-is-lupus"
    summary, versions = read(folder / "summary.json"), read(folder / "versions.json")
    assert (summary["passed"]["of"], summary["alarms"]["missed"]["count"]) == (6, 0)
    assert summary["retrieval"]["all"]["questions"] == 3
    assert set(summary["retrieval"]["styles"]) == {"plain", "typed"}
    assert summary["retrieval"]["styles"]["typed"]["baseline"]["mrr"] is not None
    assert (summary["verifier"]["caught"]["of"], summary["verifier"]["falsely_dropped"]["of"]) == (1, 1)
    assert all(versions[name] for name in ("guide", "index", "model", "calibration", "verifier", "questions", "claims"))
    assert read(folder / "config.json")["questions"] == "six.jsonl"
    assert "How well the guide answers" in (folder / "report.html").read_text(encoding="utf-8")

    compared = run("eval", "compare", folder, only_folder(tmp_path / "runs", "second"))
    lines = compared.out.splitlines()
    assert compared.code == 0
    assert "6 questions in both" in lines[0]
    assert [line for line in lines if line in ("Gained: 0", "Lost: 0", "Other kind of reply: 0", "Other words: 0")] == [
        *("Gained: 0", "Lost: 0", "Other kind of reply: 0", "Other words: 0"),
    ]


def test_a_part_of_the_questions_can_be_asked(
    run: Run,  # noqa: F811
    questions: Path,
    options: list[object],
    tmp_path: Path,
) -> None:
    ran = run("eval", "run", questions, "-c", "answerable", "-c", "emergency", "--limit", "2", *options)
    results = (only_folder(tmp_path / "runs", "run") / "results.jsonl").read_text(encoding="utf-8").splitlines()
    assert ran.code == 0, ran.err
    assert [json.loads(line)["id"] for line in results] == ["1", "3"]


def test_an_index_of_another_guide_is_refused(
    run: Run,  # noqa: F811
    questions: Path,
    mini_index_dir: Path,
    tmp_path: Path,
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "guide.txt").write_text("Something else altogether.", encoding="utf-8")
    ran = run("eval", "run", questions, "--index", mini_index_dir, "--corpus", other, "--out", tmp_path / "runs")
    assert (ran.code, ran.err) == (
        1,
        f"lupus-bot: The index was not built from {other}; name its guide with --corpus.\n",
    )
    assert not (tmp_path / "runs").exists()


def test_a_calibration_is_shown_and_written_where_it_is_asked_for(
    run: Run,  # noqa: F811
    mini_index_dir: Path,
    tmp_path: Path,
) -> None:
    asked = ["what is lupus", "which sunscreen helps", "what does car-t stand for", "fever after the infusion"]
    other = ["how do I bake bread", "train times to Leeds", "price of gold", "who won the match"]
    lines = [
        {"id": f"{text} {turn}", "category": category, "turns": [text + "?" * turn], "expect": [outcome]}
        for category, outcome, texts in (("answerable", "answered", asked), ("off_topic", "abstained", other))
        for text in texts
        for turn in range(3)
    ]
    path, out = written(tmp_path / "set.jsonl", lines), tmp_path / "calibration.json"
    shown = run("eval", "calibrate", path, "--index", mini_index_dir, "--out", out, "--dry-run")
    assert shown.code == 0, shown.err
    assert "24 questions, 12 of them answered by the guide" in shown.out
    assert not out.exists()

    assert run("eval", "calibrate", path, "--index", mini_index_dir, "--out", out).code == 0
    assert 0 < load_calibration(out, features=FEATURES).threshold < 1
    assert read(out)["question_set"]["counts"] == {"answered by the guide": 12, "not covered": 12}
