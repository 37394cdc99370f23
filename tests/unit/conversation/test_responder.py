"""A language model's answer on its way to the reply: followed as it grows, never beside a person, always recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bot.conversation.wire import reply_to_json
from bot.domain import Draft, DroppedSentence, Outcome
from bot.errors import StoreError
from tests.fakes.answers import make_abstention, make_answer
from tests.unit.conversation.conftest import CRISIS, DANGER, HELLO, PERSON, STOP_IT_GENERAL, Desk

FIRST, SECOND = "A flare is a time of activity. [1]", "A flare is a time of activity. [1]\n\nIt lasts for days. [1]"
LIE = DroppedSentence("A flare never ends.", ("polarity",), 0.1, "It can last for days or weeks.")
WHOLE = make_answer(answerer="generative", text=SECOND, dropped=(LIE,), model="openai:m", prompt_digest="0123abcd")


def hand_to_person(desk: Desk) -> None:
    desk.store.give_to_person(desk.conversation_id)


def grown(text: str) -> Draft:
    return make_answer(answerer="generative", text=text)


@pytest.fixture
def talk(desk: Desk) -> Desk:
    """A desk whose answers come from a model."""
    desk.source.draft = WHOLE
    desk.source.growing = (grown(FIRST), grown(SECOND))
    return desk


def test_a_models_answer_is_passed_on_as_it_grows_and_kept_whole(talk: Desk) -> None:
    seen: list[str] = []
    reply = talk.say("What is a flare?", on_progress=seen.append)
    assert seen == [FIRST, SECOND, SECOND]
    assert all(reply.text.startswith(text) for text in seen)
    assert (reply.answerer, reply.model, reply.prompt_digest, reply.dropped) == (
        *("generative", "openai:m", "0123abcd", (LIE,)),
    )
    assert talk.history()[-1].reply == reply


def test_nobody_needs_to_listen(talk: Desk) -> None:
    reply = talk.say("What is a flare?")
    assert (reply.text, reply.answerer) == (SECOND, "generative")


def test_the_patients_reply_does_not_hold_what_was_dropped(talk: Desk) -> None:
    reply = talk.say("What is a flare?")
    assert "never ends" not in str(reply_to_json(reply))
    assert "never ends" not in reply.text


def test_the_guides_own_words_are_not_told_piece_by_piece(desk: Desk) -> None:
    seen: list[str] = []
    desk.source.growing = (make_answer(),)
    assert desk.say("What is a flare?", on_progress=seen.append).answerer == "extractive"
    desk.source.draft = make_abstention()
    assert desk.say("What is a kidney in Atlantis?", on_progress=seen.append).outcome is Outcome.ABSTAINED
    assert seen == []


@pytest.mark.parametrize("text", [DANGER, CRISIS, HELLO, PERSON])
def test_fixed_words_are_never_told_piece_by_piece_and_no_model_is_asked(talk: Desk, text: str) -> None:
    seen: list[str] = []
    talk.say(text, on_progress=seen.append)
    assert (seen, talk.source.questions) == ([], [])


def test_a_personal_question_gets_the_guides_own_words(talk: Desk) -> None:
    seen: list[str] = []
    talk.source.plain_draft = make_answer()
    reply = talk.say(STOP_IT_GENERAL, on_progress=seen.append)
    assert (reply.outcome, reply.answerer, reply.model, seen) == (Outcome.PERSONAL, "extractive", None, [])
    assert SECOND not in reply.text


def test_nothing_is_passed_on_once_a_person_owns_the_talk(talk: Desk) -> None:
    seen: list[str] = []

    def growing() -> Iterator[Draft]:
        yield grown(FIRST)
        hand_to_person(talk)
        yield grown(SECOND)

    talk.source.growing = growing()
    reply = talk.say("What is a flare?", on_progress=seen.append)
    assert seen == [FIRST]
    assert (reply.text, reply.reason) == ("", "person_speaks")


def test_nothing_is_passed_on_where_it_cannot_be_read_who_owns_the_talk(
    talk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def growing() -> Iterator[Draft]:
        with monkeypatch.context() as patch:
            patch.setattr(talk.store, "conversation", _broken)
            yield grown(FIRST)
        yield grown(SECOND)

    talk.source.growing = growing()
    reply = talk.say("What is a flare?", on_progress=seen.append)
    assert (seen, reply.text) == ([], SECOND)


def _broken(**_: object) -> None:
    raise StoreError("gone")


def test_a_listener_that_fails_is_told_no_more_and_the_reply_stands(
    talk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str] = []

    def gone(text: str) -> None:
        seen.append(text)
        raise ConnectionError("the page of Zebulon is gone")

    reply = talk.say("What is a flare?", on_progress=gone)
    assert (seen, reply.text) == ([FIRST], SECOND)
    assert talk.history()[-1].reply == reply
    assert "Zebulon" not in caplog.text


def test_the_log_names_model_and_fallback_and_no_words(
    open_desk: Callable[..., Desk], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    desk = open_desk()
    desk.source.draft = make_answer(model="openai:m", prompt_digest="0123abcd", fallback="all_dropped", dropped=(LIE,))
    desk.say("What is a flare?")
    line = next(record for record in caplog.records if record.getMessage() == "reply")
    assert (line.model, line.prompt_digest, line.fallback, line.dropped) == (  # type: ignore[attr-defined]
        *("openai:m", "0123abcd", "all_dropped", 1),
    )
    assert "never ends" not in caplog.text
