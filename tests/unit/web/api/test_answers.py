from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from bot.domain import Outcome, Reply
from bot.errors import StoreError
from bot.web.api.access import Whose
from bot.web.api.answers import Answers, Growth
from bot.web.api.problems import CATALOG, Problem
from tests.fakes.api import wait_until

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
WHOSE = Whose("c", "v")


class Service:
    """Replies when it is let go; remembers how it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.go = threading.Event()
        self.reason = "supported"

    def reply(self, **asked: Any) -> Reply:
        self.asked.append(asked)
        assert self.go.wait(5)
        return Reply(
            reply_id=f"r{len(self.asked)}",
            conversation_id="c",
            outcome=Outcome.ANSWERED,
            reason=self.reason,
            text="So it is.",
            created_at=NOW,
        )


class Sent:
    """What was sent before: `was_same` is the answer, or raised."""

    def __init__(self, was_same: bool | Exception | None = None) -> None:
        self.was_same = was_same
        self.texts: list[str] = []

    def was_sent_as(self, *, conversation_id: str, client_message_id: str, text: str) -> bool | None:
        self.texts.append(text)
        if isinstance(self.was_same, Exception):
            raise self.was_same
        return self.was_same


def _answers(service: Service, sent: Sent | None = None) -> Answers:
    return Answers(service=cast("Any", service), sent=sent or Sent(), clock=lambda: NOW)


async def test_the_same_message_twice_at_once_is_answered_once() -> None:
    service = Service()
    answers = _answers(service)
    first, second = (answers.begin(WHOSE, "hello", key="k") for _ in range(2))
    assert first is second
    service.go.set()
    assert (await first.task).reply_id == "r1"
    assert len(service.asked) == 1


async def test_without_a_key_or_in_another_conversation_it_is_another_message() -> None:
    service = Service()
    service.go.set()
    answers = _answers(service)
    begun = [
        answers.begin(WHOSE, "hello", key=None),
        answers.begin(WHOSE, "hello", key=None),
        answers.begin(WHOSE, "hello", key="k"),
        answers.begin(Whose("d", "v"), "hello", key="k"),
    ]
    assert len({id(each) for each in begun}) == 4
    await asyncio.gather(*(each.task for each in begun))


@pytest.mark.parametrize("is_underway", [True, False])
async def test_another_text_under_the_same_key_is_told_so_unless_it_is_an_emergency(is_underway: bool) -> None:
    service, sent = Service(), Sent(None if is_underway else False)
    answers = _answers(service, sent)
    if is_underway:
        answers.begin(WHOSE, "hello", key="k")
    service.reason = "limit.busy"
    service.go.set()
    with pytest.raises(Problem) as refused:
        await answers.begin(WHOSE, "goodbye", key="k").task
    assert (refused.value.code, refused.value.extra) == ("idempotency_mismatch", {"text": "So it is."})
    asked = next(each for each in service.asked if each["text"] == "goodbye")
    assert (asked["client_message_id"], asked["refusal"]) == (None, "busy")


async def test_what_was_sent_is_compared_masked() -> None:
    service, sent = Service(), Sent(True)
    service.go.set()
    await _answers(service, sent).begin(WHOSE, "Mail rosa@example.org", key="k").task
    assert sent.texts == ["Mail [e-mail]"]


async def test_a_record_that_is_away_stands_in_nobodys_way() -> None:
    service = Service()
    service.go.set()
    reply = await _answers(service, Sent(StoreError("away"))).begin(WHOSE, "hello", key="k").task
    assert reply.reply_id == "r1"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("rate_limited", "too_fast"),
        ("identity_needed", "signed_out"),
        ("identity_expired", "signed_out"),
        ("unavailable", "trouble"),
        ("invalid", "trouble"),
    ],
)
async def test_what_stands_in_the_way_is_for_the_service_to_weigh(code: str, sentence: str) -> None:
    service = Service()
    service.go.set()
    answers = _answers(service)
    assert (await answers.begin(WHOSE, "chest pain", key="k", hindrance=Problem(code)).task).reply_id == "r1"
    # No key: what was said before is not for who may read nothing now.
    assert (service.asked[0]["refusal"], service.asked[0]["client_message_id"]) == (sentence, None)
    service.reason = f"limit.{sentence}"
    with pytest.raises(Problem) as refused:
        await answers.begin(WHOSE, "hello", key="k", hindrance=Problem(code)).task
    assert (refused.value.code, refused.value.detail) == (code, CATALOG[code].detail)


@pytest.mark.parametrize(
    ("code", "status", "retry"),
    [
        ("busy", 409, "1"),
        ("too_fast", 429, "60"),
        ("too_many", 429, str(15 * 3600)),
        ("partner_full", 429, str(15 * 3600)),
        ("too_long", 413, None),
        ("strange", 503, "5"),
    ],
)
async def test_a_limit_is_a_problem_with_the_patients_sentence(code: str, status: int, retry: str | None) -> None:
    service = Service()
    service.go.set()
    service.reason = f"limit.{code}"
    with pytest.raises(Problem) as refused:
        await _answers(service).begin(WHOSE, "hello", key=None).task
    problem = refused.value
    assert (problem.kind.status, problem.headers.get("retry-after")) == (status, retry)
    if code != "strange":
        assert (problem.detail, problem.extra) == ("So it is.", {"text": "So it is."})


async def test_a_caller_who_goes_away_does_not_end_an_answer() -> None:
    service = Service()
    answers = _answers(service)
    underway = answers.begin(WHOSE, "hello", key="k")

    async def wait() -> Reply:
        return await asyncio.shield(underway.task)

    caller = asyncio.create_task(wait())
    await asyncio.to_thread(wait_until, lambda: bool(service.asked))
    caller.cancel()
    service.go.set()
    assert (await underway.task).reply_id == "r1"


async def test_growth_wakes_those_who_wait_and_others_time_out() -> None:
    growth = Growth()
    assert await growth.wait(0.01) is False
    waiting = asyncio.create_task(growth.wait(5))
    await asyncio.to_thread(growth.grow, "CAR-T")
    assert (await waiting, growth.text) == (True, "CAR-T")


async def test_what_is_told_of_a_hindrance_is_told_beside_the_patients_sentence() -> None:
    service = Service()
    service.go.set()
    service.reason = "limit.trouble"
    hindrance = Problem("invalid", extra={"errors": []})
    with pytest.raises(Problem) as refused:
        await _answers(service).begin(WHOSE, "hello", key=None, hindrance=hindrance).task
    assert refused.value.extra == {"errors": [], "text": "So it is."}
