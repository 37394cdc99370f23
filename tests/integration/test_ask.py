"""``lupus-bot ask`` on the real guide, as people and scripts call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.settings import ROOT
from tests.unit.cli.conftest import Ran, own_logging, run  # noqa: F401  # fixtures
from tests.unit.conversation.test_wire import OURS, PROMISED

Run = Callable[..., Ran]
DANGER = "I cannot breathe and my lips are blue"


@pytest.fixture(autouse=True)
def _settings(guide_index_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_INDEX_DIR", str(guide_index_dir))
    monkeypatch.setenv("BOT_DATA_DIR", str(tmp_path / "data"))


def test_an_answer_is_printed_with_numbered_sources(run: Run) -> None:  # noqa: F811
    ran = run("ask", "What is lupus?")
    assert (ran.code, ran.err) == (0, "")
    text, sources = ran.out.split("\n[1] ", 1)
    assert "immune system" in text
    assert "[1]" in text
    assert ".md, reviewed 20" in sources.split("\n")[0]


def test_json_is_the_whole_reply(run: Run) -> None:  # noqa: F811
    ran = run("ask", "--json", "What is lupus?")
    reply = json.loads(ran.out)
    assert ran.code == 0
    assert set(reply) == PROMISED[""] | OURS[""]
    assert set(reply["citations"][0]) == PROMISED["citations"] | OURS["citations"]
    assert (reply["outcome"], reply["handoff"]["state"]) == ("answered", "bot")
    for citation in reply["citations"]:
        assert citation["passage"][citation["char_start"] : citation["char_end"]] == citation["quote"]


def test_a_batch_answers_the_last_turn_of_each_conversation_in_order(run: Run, tmp_path: Path) -> None:  # noqa: F811
    path = tmp_path / "in.jsonl"
    conversations = [
        {"id": "z", "turns": ["What is lupus?"]},
        {"id": 7, "turns": ["What is CRS?", "and when does it usually start?"]},
        {"id": "a", "turns": [DANGER]},
        {"id": "long", "turns": ["x" * 30_000]},
        {"id": "odd", "turns": ["half \ud800 a character\u2028and <b>more</b>"]},
        {"id": "empty", "turns": [""]},
    ]
    path.write_text("\n\n".join(map(json.dumps, conversations)) + "\n", encoding="utf-8")
    ran = run("ask", "--batch", path)
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert (ran.code, ran.err) == (0, "")
    assert [set(line) for line in lines] == [{"id", "reply"}] * 6
    assert [line["id"] for line in lines] == ["z", 7, "a", "long", "odd", "empty"]
    assert [line["reply"]["outcome"] for line in lines[:4]] == ["answered", "answered", "emergency", "conversation"]
    assert not (tmp_path / "data" / "transcripts.db").exists()


def test_a_single_question_is_kept_as_a_conversation(run: Run, tmp_path: Path) -> None:  # noqa: F811
    run("ask", "What is lupus?")
    assert (tmp_path / "data" / "transcripts.db").exists()


def test_without_an_index_a_danger_is_answered_and_a_question_says_what_to_do(
    run: Run,  # noqa: F811
    tmp_path: Path,
) -> None:
    danger = run("ask", DANGER, "--index", tmp_path / "none")
    question = run("ask", "What is lupus?", "--index", tmp_path / "none")
    assert danger.code == 0
    assert "tel:911" in danger.out
    assert question.code == 1
    assert "Something went wrong" in question.out
    assert question.err.splitlines()[-1].startswith("lupus-bot: There is no index in")
    assert "Traceback" not in question.err


def test_without_a_database_a_danger_is_answered_and_the_trouble_told(
    run: Run,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("BOT_DATABASE_URL", f"sqlite:///{tmp_path}/file/transcripts.db")
    ran = run("ask", DANGER)
    assert "tel:911" in ran.out
    assert ran.code == 1
    assert ran.err.splitlines()[-1].startswith("lupus-bot: The folder")


def test_a_reader_that_goes_away_ends_a_batch_quietly(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": 1, "turns": ["hello"]}\n' * 400, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "ask", "--batch", str(path)],
        cwd=ROOT,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as asking:
        assert asking.stdout is not None
        assert asking.stderr is not None
        first = json.loads(asking.stdout.readline())
        asking.stdout.close()
        errors = asking.stderr.read()
        assert asking.wait(timeout=60) != 0
    assert first["id"] == 1
    assert errors == b""
