"""From our values to what the screen draws: steps (messages), elements (citation chips) and actions (buttons).

Pure functions over `bot.domain`; the shapes are those of Chainlit's socket events. The DOM ids carry the
conversation and reply ids (``person.<conversation>.<reply>``), which `static/chat.js` reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bot.domain import Author, Message, Outcome, Reply
from bot.web.chat_texts import ChatTexts

Wire = dict[str, Any]

# Fixed texts that must be read as a whole and at once: never dribbled in.
AT_ONCE = frozenset({Outcome.EMERGENCY, Outcome.CRISIS, Outcome.HANDOFF})
ALARMS = frozenset({Outcome.EMERGENCY, Outcome.CRISIS})
# Icon names double as style hooks: the stylesheet finds `.lucide-<name>` beside the message.
ALARM_ICON, NOTE_ICON, STAFF_ICON = "triangle-alert", "info", "user-round"
# 40 ms a batch: within 30-60 ms, where text seems to flow and the page is not redrawn for each word.
BATCH_S = 0.04
# A long answer is shown in larger batches, so that nobody waits more than about 1.2 s for its end.
MAX_BATCHES = 30
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_WORDS = re.compile(r"\S+\s*")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def person_step(message: Message, *, texts: ChatTexts) -> Wire:
    """Draw a message of the transcript that is not a reply: a patient's, staff's or a note of the system."""
    return _placed(_person_step(message, texts), message.seq)


def _person_step(message: Message, texts: ChatTexts) -> Wire:
    if message.author is Author.PATIENT:
        return patient_step(
            step_id=_id_on_page(message),
            conversation_id=message.conversation_id,
            text=message.text,
            created_at=message.created_at,
        )
    if message.author is Author.STAFF:
        name = message.display_name or texts.status.support_team
        speaker = name if name == texts.status.support_team else f"{name} · {texts.status.support_team}"
        text = f"**{speaker}**\n\n{safe_markdown(message.text, may_link_out=False)}"
        return _step(message.id, message.conversation_id, text, message.created_at, name="staff", icon=STAFF_ICON)
    return note_step(
        step_id=message.id, conversation_id=message.conversation_id, text=message.text, created_at=message.created_at
    )


def _id_on_page(message: Message) -> str:
    """Return the id under which the page itself drew what the patient wrote there."""
    sent_as = message.client_message_id or ""
    return sent_as if _UUID.fullmatch(sent_as) else message.id


def _placed(step: Wire, seq: int | None) -> Wire:
    """Say where in the transcript a step stands."""
    return step if seq is None else {**step, "metadata": {**step["metadata"], "seq": seq}}


def patient_step(*, step_id: str, conversation_id: str, text: str, created_at: datetime | None = None) -> Wire:
    """Draw what the patient wrote."""
    return {**_step(step_id, conversation_id, text, created_at, name="patient"), "type": "user_message"}


def note_step(*, step_id: str, conversation_id: str, text: str, created_at: datetime | None = None) -> Wire:
    """Draw a note of the page itself."""
    return _step(step_id, conversation_id, text, created_at, name="note", icon=NOTE_ICON)


def reply_step(reply: Reply, *, texts: ChatTexts, seq: int | None = None) -> Wire:
    """Draw a finished reply; `seq` is its position in the transcript."""
    icon = ALARM_ICON if reply.outcome in ALARMS else None
    step = _step(
        reply.reply_id, reply.conversation_id, reply_text(reply), reply.created_at, name=texts.short_name, icon=icon
    )
    return _placed(step, seq)


def thinking_step(*, step_id: str, conversation_id: str, texts: ChatTexts) -> Wire:
    """Draw the empty bubble shown while an answer is made; the page finds it by its id."""
    return {**_step(step_id, conversation_id, "", None, name=texts.short_name), "streaming": True}


def reply_text(reply: Reply) -> str:
    """Return the Markdown of a reply, with links the page can open safely."""
    return safe_markdown(reply.text, may_link_out=reply.outcome is not Outcome.ANSWERED)


def safe_markdown(text: str, *, may_link_out: bool) -> str:
    """Drop images and foreign links; keep telephone links in the form that survives the Markdown renderer.

    The renderer empties ``tel:`` addresses, so they travel as ``#tel:`` and the page puts them right.
    An answer may be written by a model from text found somewhere: it never carries a link of its own.
    """
    without_images = _IMAGE.sub(r"\1", text)

    def keep(match: re.Match[str]) -> str:
        label, target = match.groups()
        if target.startswith("tel:"):
            return f"[{label}](#{target})"
        is_own = target.startswith("/") and not target.startswith("//")
        return match.group(0) if is_own or (may_link_out and target.startswith("https://")) else label

    return _LINK.sub(keep, without_images)


def batches(text: str) -> Iterator[str]:
    """Cut a text at word ends into at most `MAX_BATCHES` pieces that join to the same text."""
    words = _WORDS.findall(text)
    size = max(2, -(-len(words) // MAX_BATCHES))
    lead = text[: len(text) - len(text.lstrip())]
    for start in range(0, len(words), size):
        yield (lead if start == 0 else "") + "".join(words[start : start + size])


def chip_elements(reply: Reply) -> list[Wire]:
    """Make one chip for each citation; its name is the marker in the text, which the page then replaces.

    ``display: page`` and not ``side``: Chainlit opens its side view by itself for each new side element,
    which would cover the answer on a phone. The page opens its own panel on a click.
    """
    return [
        {
            "id": f"source.{reply.conversation_id}.{reply.reply_id}.{citation.marker}",
            "threadId": reply.conversation_id,
            "forId": reply.reply_id,
            "type": "text",
            "name": f"[{citation.marker}]",
            "display": "page",
            "url": f"/chat/sources/{reply.conversation_id}/{reply.reply_id}/{citation.marker}",
            "mime": "text/plain",
        }
        for citation in reply.citations
    ]


def reply_actions(reply: Reply, *, texts: ChatTexts, with_follow_ups: bool) -> list[Wire]:
    """Make the buttons below a reply: questions to ask next, thumbs, and always a person."""
    actions: list[Wire] = []
    if with_follow_ups and reply.outcome not in ALARMS:
        actions += [
            _action("ask", reply, question, suffix=f".{index}", index=index)
            for index, question in enumerate(reply.follow_ups)
        ]
    if reply.outcome in {Outcome.ANSWERED, Outcome.ABSTAINED, Outcome.PERSONAL, Outcome.OUT_OF_SCOPE}:
        actions.append(_action("helpful", reply, texts.buttons.helpful, icon="thumbs-up"))
        actions.append(_action("unhelpful", reply, texts.buttons.not_helpful, icon="thumbs-down"))
    actions.append(_action("person", reply, texts.buttons.person, icon="message-circle"))
    return actions


def reason_actions(reply: Reply, *, texts: ChatTexts) -> list[Wire]:
    """Make one button for each reason an answer did not help."""
    return [
        _action("reason", reply, reason.label, suffix=f".{reason.code}", reason=reason.code)
        for reason in texts.feedback.reasons
    ]


def thread(messages: list[Message], *, conversation_id: str, visitor_id: str, texts: ChatTexts) -> Wire:
    """Draw a whole conversation from its transcript."""
    replies = [message.reply for message in messages if message.reply is not None]
    created_at = messages[0].created_at if messages else datetime.now(UTC)
    return {
        "id": conversation_id,
        "createdAt": _timestamp(created_at),
        "name": None,
        "userId": visitor_id,
        "userIdentifier": visitor_id,
        "tags": [],
        "metadata": {},
        "steps": [
            reply_step(message.reply, texts=texts, seq=message.seq)
            if message.reply
            else person_step(message, texts=texts)
            for message in messages
        ],
        "elements": [element for reply in replies for element in chip_elements(reply)],
    }


def thread_actions(messages: list[Message], *, texts: ChatTexts) -> list[Wire]:
    """Make all buttons of a conversation anew; follow-up questions only below its last reply."""
    replies = [message.reply for message in messages if message.reply is not None]
    return [
        action
        for reply in replies
        for action in reply_actions(reply, texts=texts, with_follow_ups=reply is replies[-1])
    ]


def _action(kind: str, reply: Reply, label: str, *, suffix: str = "", icon: str | None = None, **payload: Any) -> Wire:
    return {
        "id": f"{kind}.{reply.conversation_id}.{reply.reply_id}{suffix}",
        "name": kind,
        "label": label,
        "tooltip": "",
        "icon": icon,
        "forId": reply.reply_id,
        "payload": {"reply_id": reply.reply_id, **payload},
    }


def _step(
    step_id: str, conversation_id: str, text: str, created_at: datetime | None, *, name: str, icon: str | None = None
) -> Wire:
    moment = _timestamp(created_at or datetime.now(UTC))
    return {
        "id": step_id,
        "threadId": conversation_id,
        "parentId": None,
        "createdAt": moment,
        "start": moment,
        "end": moment,
        "output": text,
        "input": "",
        "name": name,
        "type": "assistant_message",
        "language": None,
        "streaming": False,
        "isError": False,
        "waitForAnswer": False,
        "metadata": {"icon": icon} if icon else {},
        "tags": None,
    }


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
