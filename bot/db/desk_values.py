"""What the desk reads: who waits, who talks with whom, and how a patient can be reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain import Conversation, Speaker


class RequestReason(StrEnum):
    """Why a person was asked for."""

    ASKED = "asked_for_person"
    ABSTAINED = "abstained"
    LOW_SUPPORT = "low_support"
    RED_FLAG = "red_flag"
    CRISIS = "crisis"
    FEEDBACK = "feedback"
    REPEATED_FAILURE = "repeated_failure"
    STAFF = "staff"


class HandoffOutcome(StrEnum):
    """How a request ended; the first five are what staff choose from."""

    ANSWERED = "answered"
    REFERRED = "referred"
    NO_REPLY = "no_reply"
    SPAM = "spam"
    OTHER = "other"
    PATIENT_LEFT = "patient_left"


STAFF_OUTCOMES = tuple(outcome for outcome in HandoffOutcome if outcome is not HandoffOutcome.PATIENT_LEFT)


@dataclass(frozen=True, slots=True)
class Contact:
    """How a patient wants to be reached, and when they said so; `kind` is ``email`` or ``phone``."""

    kind: str
    value: str
    consented_at: datetime


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """One request for a person, with what the queue shows of its conversation.

    Attributes:
        state: WAITING, HUMAN; for a flagged one that asked for nobody, BOT.
        reason: A `RequestReason`; for a flagged one the reason of the reply, such as ``red_flag.stroke``.
        asked_at: When the person was asked for; for a flagged one, when the reply was given.
        updated_at: When anything was last said.
        messages: How many lines the transcript has.
        request_id: None for a flagged one.
        overdue_at: When the patient was told that it takes longer.
        has_contact: The patient left an e-mail address or a telephone number.
        flag: Reason of the newest emergency or crisis reply of the last hour, such as ``crisis.suicide``.
    """

    conversation_id: str
    state: Speaker
    reason: str
    asked_at: datetime
    updated_at: datetime
    messages: int
    language: str
    channel: str
    partner_id: str | None = None
    request_id: str | None = None
    staff_id: str | None = None
    staff_name: str | None = None
    taken_at: datetime | None = None
    overdue_at: datetime | None = None
    has_contact: bool = False
    flag: str | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """What the queue page shows: those who wait, the longest first; the running talks; the flagged, newest first."""

    waiting: tuple[QueueEntry, ...]
    with_person: tuple[QueueEntry, ...]
    flagged: tuple[QueueEntry, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One request for a person of a conversation, open or closed; codes as in `RequestReason`, `HandoffOutcome`."""

    id: str
    reason: str
    is_open: bool
    asked_at: datetime
    staff_id: str | None
    staff_name: str | None
    taken_at: datetime | None
    outcome: str | None
    closed_at: datetime | None
    overdue_at: datetime | None
    rating: int | None


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation as the desk knows it.

    Attributes:
        staff_id: Who owns it, while a person does.
        staff_name: The name that the patient sees.
        requests: All requests for a person, the newest first.
        position: 1-based place in line while it waits.
    """

    conversation: Conversation
    staff_id: str | None
    staff_name: str | None
    requests: tuple[Request, ...]
    contacts: tuple[Contact, ...]
    position: int | None
