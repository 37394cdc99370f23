"""A reply as JSON: what the command line, the HTTP API and transcripts show."""

from __future__ import annotations

from typing import Any

from bot.domain import Citation, DroppedSentence, Reply


def reply_to_json(reply: Reply, *, for_staff: bool = False) -> dict[str, Any]:
    """Return the reply as JSON-ready values.

    Args:
        for_staff: Add the sentences that were not shown, under ``dropped``; patients get their number alone.
    """
    value = _shown(reply)
    if for_staff:
        value["dropped"] = [_dropped(sentence) for sentence in reply.dropped]
    return value


def _shown(reply: Reply) -> dict[str, Any]:
    return {
        "reply_id": reply.reply_id,
        "conversation_id": reply.conversation_id,
        "outcome": reply.outcome.value,
        "reason": reply.reason,
        "text": reply.text,
        "sentences": [
            {"text": sentence.text, "citations": list(sentence.citations), "support": sentence.support}
            for sentence in reply.sentences
        ],
        "citations": [_citation(citation) for citation in reply.citations],
        "consulted": [{"chunk_id": item.chunk_id, "score": round(item.score, 4)} for item in reply.consulted],
        "follow_ups": list(reply.follow_ups),
        "handoff": {"state": reply.handoff.state.value, "offered": reply.handoff.offered},
        "answerer": reply.answerer,
        "model": reply.model,
        "prompt_digest": reply.prompt_digest,
        "fallback": reply.fallback,
        "dropped_count": len(reply.dropped),
        "guide_version": reply.guide_version,
        "index_version": reply.index_version,
        "calibration_version": reply.calibration_version,
        "created_at": reply.created_at.isoformat(),
        "rule_id": reply.rule_id,
        "triggers": list(reply.triggers),
        "timings_ms": dict(reply.timings_ms),
    }


def _dropped(sentence: DroppedSentence) -> dict[str, Any]:
    return {
        "text": sentence.text,
        "reasons": list(sentence.reasons),
        "score": sentence.score,
        "quote": sentence.quote,
    }


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        "marker": citation.marker,
        "chunk_id": citation.chunk_id,
        "section_id": citation.section_id,
        "title": citation.title,
        "url": citation.url,
        "quote": citation.quote,
        "char_start": citation.char_start,
        "char_end": citation.char_end,
        "passage": citation.passage,
        "source": citation.source,
        "page_no": citation.page_no,
        "reviewed_on": citation.reviewed_on.isoformat() if citation.reviewed_on else None,
        "expires_on": citation.expires_on.isoformat() if citation.expires_on else None,
        "references": list(citation.references),
    }
