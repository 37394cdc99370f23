from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.db.outbox import OutboxStore, with_channels
from bot.db.transcripts import TranscriptStore
from bot.domain import Role
from bot.web.staff.site import Upkeep
from tests.fakes.console import Console, make_console


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return make_console(tmp_path, upkeep=Upkeep(channels=("email",)))


def _given_up(console: Console) -> str:
    engine, now = with_channels(console.engine, ["email"]), console.clock()
    transcripts, outbox = TranscriptStore(engine), OutboxStore(engine)
    talk = transcripts.open_conversation(visitor_id="ada", channel="web", language="en", now=now)
    transcripts.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=now)
    (notice,) = outbox.claim(channel="email", now=now, hold=timedelta(minutes=1), limit=9)
    outbox.mark_failed(notice=notice, error="smtp_550", retry_at=None)
    return notice.id


def test_only_admins_reach_it(console: Console) -> None:
    notice_id = _given_up(console)
    lead = console.client(Role.LEAD)
    assert lead.get("/staff/notices").status_code == 404
    assert lead.post(f"/staff/notices/{notice_id}/again").status_code == 404
    assert console.stranger().get("/staff/notices").status_code == 303
    assert console.stores.outbox.counts() == {"pending": 0, "sent": 0, "failed": 1}


def test_shows_what_was_given_up_and_why(console: Console) -> None:
    _given_up(console)
    page = console.client(Role.ADMIN).get("/staff/notices").text
    assert ["sent by email" in page, "smtp_550" in page, "given up</span>" in page] == [True] * 3


def test_says_loudly_that_nobody_is_told(tmp_path: Path) -> None:
    page = make_console(tmp_path).client(Role.ADMIN).get("/staff/notices").text
    assert "Nobody is told of new requests outside this console." in page


def test_sends_a_notice_again_and_notes_who_did(console: Console) -> None:
    notice_id = _given_up(console)
    admin = console.client(Role.ADMIN)
    assert admin.post(f"/staff/notices/{notice_id}/again").status_code == 303
    assert console.stores.outbox.counts() == {"pending": 1, "sent": 0, "failed": 0}
    assert admin.post(f"/staff/notices/{notice_id}/again").status_code == 404
    assert console.audited()[-1] == "notice.sent_again"
