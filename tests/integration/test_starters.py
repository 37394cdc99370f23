"""What the first screen offers to ask is answered from the guide, and by the section that is about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.bootstrap import make_service
from bot.domain import Outcome
from bot.settings import ROOT, Settings
from bot.web.chat_texts import load_chat_texts

LEADING = {
    "What is lupus?": "what-is-lupus",
    "What is CAR-T therapy?": "what-is-car-t-therapy",
    "How well does CAR-T work in lupus?": "results-does-it-work",
    "What are the side effects of CAR-T therapy?": "main-risks-of-car-t",
    "What happens during CAR-T treatment, step by step?": "what-are-the-steps-of-car-t",
    "Which signs after CAR-T mean that I should call at once?": "emergency-signs-after-car-t",
}


@pytest.mark.parametrize(
    "message", [starter.message for starter in load_chat_texts(prompts_dir=ROOT / "prompts", language="en").starters]
)
def test_each_starter_is_answered_by_the_section_about_it(guide_index_dir: Path, tmp_path: Path, message: str) -> None:
    settings = Settings(index_dir=guide_index_dir, data_dir=tmp_path)
    service = make_service(settings, scratch=True, limited=False)
    conversation_id = service.open(visitor_id="v", channel="test").id
    reply = service.reply(conversation_id=conversation_id, visitor_id="v", text=message)
    assert (reply.outcome, reply.citations[0].section_id) == (Outcome.ANSWERED, LEADING[message])
