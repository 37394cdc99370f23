"""No log line can hold a patient's words: each is a fixed sentence, with ids, codes, counts, durations and versions."""

from __future__ import annotations

import ast
import io
import json
import logging
from collections.abc import Iterator

import pytest

from bot import log
from bot.settings import ROOT

_LEVELS = {"debug", "info", "warning", "error", "critical", "exception", "log"}
_LOGGERS = {"logger", "_logger", "_LOGGER", "LOGGER", "logging"}
_PATIENT_WORDS = {
    *("text", "texts", "masked", "message", "messages", "question", "query", "said_before", "earlier", "history"),
    *("comment", "quote", "passage", "triggers", "turns", "answer", "draft", "sentences", "display_name", "address"),
}


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _LEVELS
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in _LOGGERS
        ):
            yield node


def _values(call: ast.Call) -> Iterator[ast.expr]:
    yield from call.args[1:]
    for keyword in call.keywords:
        yield keyword.value


def problems_in(source: str) -> list[str]:
    """Name the lines that might log a patient's words."""
    found = []
    for call in _calls(ast.parse(source)):
        if not call.args or not isinstance(call.args[0], ast.Constant):
            found.append(f"line {call.lineno}: the event is no fixed sentence")
        if any(keyword.arg == "exc_info" for keyword in call.keywords) or call.func.attr == "exception":  # type: ignore[attr-defined]
            found.append(f"line {call.lineno}: a traceback may quote a patient")
        for value in _values(call):
            names = {
                node.id if isinstance(node, ast.Name) else node.attr
                for node in ast.walk(value)
                if isinstance(node, ast.Name | ast.Attribute)
            }
            keys = {node.value for node in ast.walk(value) if isinstance(node, ast.Constant)}
            if touched := sorted((names | {key for key in keys if isinstance(key, str)}) & _PATIENT_WORDS):
                found.append(f"line {call.lineno}: {', '.join(touched)}")
    return found


def test_no_log_line_of_the_program_can_hold_a_patients_words() -> None:
    paths = sorted((ROOT / "bot").rglob("*.py"))
    assert {
        str(path.relative_to(ROOT)): found for path in paths if (found := problems_in(path.read_text("utf-8")))
    } == {}
    assert sum(len(list(_calls(ast.parse(path.read_text("utf-8"))))) for path in paths) > 10


@pytest.mark.parametrize(
    "line",
    [
        'logger.info("said %s", text)',
        'logger.info("reply", extra={"words": turn.masked.text})',
        'logger.info("reply", extra={"question": value})',
        'logger.info(f"said {value}")',
        'logger.error("failed", exc_info=True)',
        'logger.exception("failed")',
        'logging.info("x", extra={"n": reply.triggers})',
    ],
)
def test_the_check_sees_a_bad_line(line: str) -> None:
    assert problems_in(line)


def test_the_check_passes_a_good_line() -> None:
    assert problems_in('logger.info("reply", extra={"conversation_id": turn.conversation_id, "n": 3})') == []


def test_a_logged_error_keeps_its_class_and_loses_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(log._JsonLines())
    logger = logging.getLogger("test_log_lines")
    monkeypatch.setattr(logger, "handlers", [handler])
    try:
        raise ValueError("my name is Zebulon")
    except ValueError:
        logger.exception("failed", extra={"code": "x"})
    line = json.loads(written.getvalue())
    assert (line["event"], line["error"], line["code"]) == ("failed", "ValueError", "x")
    assert "Zebulon" not in written.getvalue()


def test_libraries_that_write_tracebacks_of_their_own_write_through_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    loggers = [logging.getLogger(name) for name in ("", "asyncio", *log._OWN_HANDLERS, *log._CHATTY)]
    before = [(logger, logger.level, logger.handlers[:], logger.propagate) for logger in loggers]
    try:
        log.set_up()
        for name in ("engineio.server", "socketio.server"):
            try:
                raise ValueError("my name is Zebulon")
            except ValueError:
                logging.getLogger(name).exception("post request handler error")
        logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: <Task exception=Zebulon>")
    finally:
        for logger, level, handlers, propagate in before:
            logger.setLevel(level)
            logger.handlers[:], logger.propagate = handlers, propagate
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["logger"], line["event"], line.get("error")) for line in lines] == [
        ("engineio.server", "post request handler error", "ValueError"),
        ("socketio.server", "post request handler error", "ValueError"),
        ("asyncio", "Task exception was never retrieved", None),
    ]
