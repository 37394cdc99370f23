"""The chat page's own sentences: read from ``prompts/chat.<language>.yaml`` and checked at start."""

from __future__ import annotations

import string
from datetime import date
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bot.errors import SettingsError

Sentence = Annotated[str, Field(min_length=1, max_length=600)]


class _With:
    """Checks that a sentence has a place for one value, and for no other."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, sentence: str) -> str:
        if {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None} != {self._name}:
            raise ValueError(f"it needs {{{self._name}}}, and no other word in braces")
        return sentence


WithPosition = Annotated[Sentence, AfterValidator(_With("position"))]
WithHours = Annotated[Sentence, AfterValidator(_With("hours"))]
WithName = Annotated[Sentence, AfterValidator(_With("name"))]
WithMark = Annotated[Sentence, AfterValidator(_With("mark"))]
WithKinds = Annotated[Sentence, AfterValidator(_With("kinds"))]
WithMoment = Annotated[Sentence, AfterValidator(_With("moment"))]


class _Texts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Greeting(_Texts):
    """What a visitor reads before the first question."""

    title: Sentence
    text: Sentence
    honesty: Sentence


class Disclaimer(_Texts):
    """The line that never scrolls away."""

    lead: Sentence
    text: Sentence


class Starter(_Texts):
    """One question offered before the first message."""

    label: Sentence
    message: Sentence


class Buttons(_Texts):
    """Labels of buttons."""

    person: Sentence
    helpful: Sentence
    not_helpful: Sentence
    new_chat: Sentence
    theme: Sentence
    send: Sentence
    show_all: Sentence
    scroll_down: Sentence
    close: Sentence


class Reason(_Texts):
    """Why an answer did not help; `code` is stored, `label` is shown."""

    code: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    label: Sentence


class FeedbackTexts(_Texts):
    """What is said around the thumbs."""

    thanks: Sentence
    ask_reason: Sentence
    reasons: tuple[Reason, ...] = Field(min_length=2)


class PanelTexts(_Texts):
    """Labels of the panel that shows a source."""

    title: Sentence
    from_guide: Sentence
    marked: Sentence
    reviewed: Sentence
    expired: Sentence
    page: Sentence
    references: Sentence
    guide_link: Sentence
    failed: Sentence
    loading: Sentence
    chip: Sentence


class StatusTexts(_Texts):
    """What is said when something takes time, ends or fails."""

    thinking: Sentence
    announce: Sentence
    busy: Sentence
    too_fast: Sentence
    failed: Sentence
    not_found: Sentence
    stop_wait: Sentence
    support_team: Sentence


class LineTexts(_Texts):
    """What is said of the connection."""

    lost: Sentence
    back: Sentence
    kept: Sentence
    waiting: Sentence
    blocked: Sentence
    blocked_guide: Sentence


class PresenceTexts(_Texts):
    """What the strip above the writing field says of persons, and its buttons."""

    label: Sentence
    next: Sentence
    waiting: WithPosition
    overdue: Sentence
    hours: WithHours
    meanwhile: Sentence
    joined: Sentence
    typing: WithName
    ended: Sentence
    thanks: Sentence
    leave_contact: Sentence
    contact_left: Sentence
    stop_waiting: Sentence
    end_talk: Sentence
    sure_end: WithName
    keep_talking: Sentence
    not_now: Sentence
    rate: Sentence
    mark: WithMark
    worst: Sentence
    best: Sentence


class MyTexts(_Texts):
    """What the patient's own controls say."""

    title: Sentence
    person: Sentence
    waiting: Sentence
    talking: Sentence
    contact: Sentence
    contact_why: Sentence
    contact_ask_first: Sentence
    how: Sentence
    email: Sentence
    phone: Sentence
    email_value: Sentence
    phone_value: Sentence
    consent: Sentence
    send: Sentence
    left: WithKinds
    left_email: Sentence
    left_phone: Sentence
    left_both: Sentence
    kept_contact: Sentence
    withdraw: Sentence
    withdrawn: Sentence
    download: Sentence
    download_why: Sentence
    save: Sentence
    erase: Sentence
    erase_why: Sentence
    erase_sure: Sentence
    erase_confirm: Sentence
    erase_cancel: Sentence
    erased: WithMoment
    erased_elsewhere: Sentence
    new_chat: Sentence
    too_late: Sentence
    failed: Sentence
    offline: Sentence


class ChatTexts(_Texts):
    """All sentences of the chat page in one language.

    Attributes:
        language: Code for ``<html lang>``, such as ``en``.
        chainlit: Chainlit's own labels to replace: dotted path to sentence.
    """

    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
    name: Sentence
    short_name: Sentence
    description: Sentence
    greeting: Greeting
    disclaimer: Disclaimer
    starters: tuple[Starter, ...] = Field(min_length=6, max_length=6)
    buttons: Buttons
    feedback: FeedbackTexts
    panel: PanelTexts
    months: tuple[Sentence, ...] = Field(min_length=12, max_length=12)
    status: StatusTexts
    line: LineTexts
    presence: PresenceTexts
    my: MyTexts
    placeholder: Sentence
    chainlit: dict[str, Sentence]

    def format_date(self, day: date) -> str:
        """Write a date with the month in words: ``22 November 2026``."""
        return f"{day.day} {self.months[day.month - 1]} {day.year}"


def load_chat_texts(*, prompts_dir: Path, language: str) -> ChatTexts:
    """Read and check the sentences of one language.

    Raises:
        SettingsError: The file is missing, is not YAML, or lacks a sentence; the detail names it.
    """
    path = prompts_dir / f"chat.{language}.yaml"
    try:
        return ChatTexts.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise SettingsError(f"{path.name} is missing in the prompts folder; BOT_LANGUAGE asks for it.") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path.name} is not valid YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(f"{path.name}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
