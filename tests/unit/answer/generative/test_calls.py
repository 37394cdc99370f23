from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk

from bot.answer.generative import calls
from bot.answer.generative.calls import CallingModel
from bot.answer.generative.prompts import Request
from bot.errors import LanguageModelError

REQUEST = Request("rules", "matter")
END = {"finish_reason": "stop"}


class Chat(GenericFakeChatModel):
    """A LangChain chat model that plays scripts: texts, errors, and events to wait for."""

    scripts: Any
    asked: list[Any] = []  # noqa: RUF012  # pydantic copies it
    end: dict[str, str] = END

    def _stream(self, messages: Any, *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
        self.asked.append(messages)
        for item in next(self.scripts):
            if isinstance(item, Exception):
                raise item
            if isinstance(item, threading.Event):
                item.wait(10)
                continue
            yield ChatGenerationChunk(message=AIMessageChunk(content=item))
        yield ChatGenerationChunk(message=AIMessageChunk(content="", response_metadata=self.end))


class StatusError(Exception):
    def __init__(self, status_code: int) -> None:
        super().__init__("my name is Zebulon")
        self.status_code = status_code


def model(*scripts: list[Any], timeout_s: float = 5, max_retries: int = 1, places: int = 2, **more: Any) -> Any:
    chat = Chat(messages=iter(()), scripts=itertools.chain(scripts), **more)
    made = CallingModel(chat, model_id="x:y", timeout_s=timeout_s, max_retries=max_retries, max_concurrency=places)
    return made, chat


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_BACKOFF_S", 0.001)
    monkeypatch.setattr(calls, "_MOST_WAIT_S", 0.05)


def code_of(made: CallingModel) -> tuple[list[str], str]:
    pieces: list[str] = []
    with pytest.raises(LanguageModelError) as caught:
        pieces.extend(made.stream(REQUEST))
    return pieces, caught.value.code


def test_pieces_come_as_they_are_said_and_the_rules_stand_apart() -> None:
    made, chat = model(["one ", "two"])
    assert list(made.stream(REQUEST)) == ["one ", "two"]
    assert [(message.type, message.content) for message in chat.asked[0]] == [("system", "rules"), ("human", "matter")]


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_tries_again_what_may_pass(status: int) -> None:
    made, chat = model([StatusError(status)], ["fine"])
    assert list(made.stream(REQUEST)) == ["fine"]
    assert len(chat.asked) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_does_not_try_again_what_will_not_pass(status: int) -> None:
    made, chat = model([StatusError(status)], ["never"])
    assert code_of(made) == ([], "model_error")
    assert len(chat.asked) == 1


def test_tries_no_more_often_than_it_may() -> None:
    made, chat = model(*[[StatusError(500)]] * 9, max_retries=3)
    assert code_of(made) == ([], "model_error")
    assert len(chat.asked) == 4


def test_an_answer_that_has_begun_is_not_begun_again() -> None:
    made, chat = model(["half ", StatusError(500)], ["never"])
    assert code_of(made) == (["half "], "model_cut_off")
    assert len(chat.asked) == 1


@pytest.mark.parametrize("end", [{}, {"finish_reason": "length"}, {"stop_reason": "max_tokens"}])
def test_an_answer_without_its_end_is_cut_off(end: dict[str, str]) -> None:
    made, _ = model(["half"], end=end)
    assert code_of(made) == (["half"], "model_cut_off")


@pytest.mark.parametrize("end", [{"stop_reason": "end_turn"}, {"done_reason": "stop"}, {"finish_reason": "STOP"}])
def test_knows_the_end_by_the_names_that_providers_give_it(end: dict[str, str]) -> None:
    made, _ = model(["whole"], end=end)
    assert list(made.stream(REQUEST)) == ["whole"]


def test_waits_no_longer_than_the_limit_for_a_model_that_stalls() -> None:
    stall = threading.Event()
    made, _ = model(["half ", stall, "late"], timeout_s=0.1)
    started = time.monotonic()
    assert code_of(made) == (["half "], "model_timeout")
    assert time.monotonic() - started < 5
    stall.set()


def test_a_shorter_limit_may_be_set_for_one_call_and_no_longer_one() -> None:
    stall = threading.Event()
    made, _ = model([stall], [stall], timeout_s=0.2)
    for limit_s in (0.05, 500.0):
        with pytest.raises(LanguageModelError, match="too long"):
            list(made.stream(REQUEST, timeout_s=limit_s))
    stall.set()


def test_no_more_calls_run_at_a_time_than_there_are_places() -> None:
    stall = threading.Event()
    made, chat = model(["a", stall], ["b", stall], ["c"], ["d"], timeout_s=9)
    open_calls = [made.stream(REQUEST), made.stream(REQUEST)]
    assert [next(call) for call in open_calls] == ["a", "b"]
    assert code_of(made) == ([], "model_busy")
    # A call that nobody waits for any more holds its place until it has really ended.
    for call in open_calls:
        call.close()
    assert code_of(made) == ([], "model_busy")
    stall.set()
    while True:
        try:
            assert list(made.stream(REQUEST)) == ["c"]
            break
        except LanguageModelError:
            continue
    assert len(chat.asked) == 3


def test_who_stops_listening_stops_the_call() -> None:
    go = threading.Event()
    said = []

    def endless() -> Iterator[Any]:
        yield "first"
        yield go
        while True:
            said.append(1)
            yield "more"

    made, _ = model(endless(), places=1)
    call = made.stream(REQUEST)
    assert next(call) == "first"
    call.close()
    go.set()
    assert made._places.acquire(timeout=5)
    assert len(said) <= 1


def test_the_log_holds_the_kind_of_failure_and_no_words(caplog: pytest.LogCaptureFixture) -> None:
    made, _ = model([StatusError(500)], max_retries=0)
    code_of(made)
    assert [record.kind for record in caplog.records] == ["StatusError"]  # type: ignore[attr-defined]
    assert "Zebulon" not in caplog.text
