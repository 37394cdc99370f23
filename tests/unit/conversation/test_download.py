"""A downloaded conversation reads like the chat: who, when, what, and the sources."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.conversation.download import download_of
from bot.conversation.texts import Texts
from bot.domain import Author, Conversation, Message, Outcome, Reply, Speaker
from tests.fakes.answers import make_citation

AT = datetime(2026, 11, 22, 9, 5, tzinfo=UTC)
TALK = Conversation("0b0c2a52-1111-4222-8333-444455556666", "v", Speaker.BOT, "chat", "en", AT, AT)
REPLY = Reply(
    "r", TALK.id, Outcome.ANSWERED, "supported", "A **flare** is more activity. [1]", AT, citations=(make_citation(),)
)


def line(seq: int, author: Author, text: str, *, reply: Reply | None = None, name: str | None = None) -> Message:
    return Message(str(seq), TALK.id, seq, author, text, AT, reply=reply, display_name=name)


def test_everything_said_is_there_with_its_speaker_time_and_sources(texts: Texts) -> None:
    messages = [
        line(1, Author.PATIENT, "What is a flare?\nAnd why <b>?"),
        line(2, Author.BOT, REPLY.text, reply=REPLY),
        line(3, Author.SYSTEM, "Ada has joined."),
        line(4, Author.STAFF, "Größe ≥ 38 °C 🌡", name="Ada"),
    ]
    download = download_of(TALK, messages, texts=texts)
    assert download.name == "conversation-2026-11-22-0b0c2a52.txt"
    assert download.text == (
        "Conversation of 2026-11-22 09:05 UTC\n\n"
        f"{texts.fixed('disclaimer')}\n\n"
        f"{'-' * 60}\n\n"
        "2026-11-22 09:05 UTC  You\nWhat is a flare?\nAnd why <b>?\n\n"
        "2026-11-22 09:05 UTC  Guide (a computer program)\nA flare is more activity. [1]\n\n"
        "Sources:\n[1] What is a flare? (2026-11-22): “A flare is a time when lupus becomes more active.”\n\n"
        "2026-11-22 09:05 UTC  Note\nAda has joined.\n\n"
        "2026-11-22 09:05 UTC  Ada (support team)\nGröße ≥ 38 °C 🌡\n"
    )


def test_numbers_to_call_and_addresses_stand_in_plain_words(texts: Texts) -> None:
    text = "**Call [911](tel:911)** or [116 123](tel:116123); [findahelpline.com](https://findahelpline.com)"
    reply = replace(REPLY, text=text, citations=())
    shown = download_of(TALK, [line(1, Author.BOT, text, reply=reply)], texts=texts).text
    assert "Call 911 or 116 123; findahelpline.com (https://findahelpline.com)" in shown


def test_a_conversation_in_which_nothing_was_said_is_a_file_too(texts: Texts) -> None:
    assert download_of(TALK, [], texts=texts).text.endswith("-\n")
