"""From the settings to the receiver: a request for a person is told, and what is only played is not."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from bot.bootstrap import make_notifier, make_stores
from bot.settings import Settings
from tests.fakes.notices import http_receiver, status

_SECRET = "whsec_" + "A" * 32


@pytest.mark.parametrize(("is_quiet", "told"), [pytest.param(False, 1, id="real"), pytest.param(True, 0, id="played")])
def test_a_request_reaches_the_webhook_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_quiet: bool, told: int
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with http_receiver(status(204)) as receiver:
        settings = Settings(
            data_dir=tmp_path,
            webhook_url=receiver.url,
            webhook_secret=_SECRET,  # type: ignore[arg-type]  # as from the environment
            public_url="https://guide.example.org/",
        )
        stores = make_stores(settings, is_quiet=is_quiet)
        now = datetime.now(UTC)
        talk = stores.transcripts.open_conversation(visitor_id="ada", channel="web", language="en", now=now)
        stores.transcripts.add_patient_message(conversation_id=talk.id, text="Xylophonbrandung", now=now)
        stores.transcripts.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=now)
        notifier = make_notifier(settings, stores)
        notifier.start()
        until = time.monotonic() + 20
        while stores.outbox.counts()["pending"] and time.monotonic() < until:
            time.sleep(0.01)
        notifier.stop(patience_s=20)
    assert (notifier.channels, stores.outbox.counts()) == (("webhook",), {"pending": 0, "sent": told, "failed": 0})
    documents = [Webhook(_SECRET).verify(body, headers) for _, headers, body in receiver.got]
    links = [document["data"]["link"] for document in documents]
    assert links == [f"https://guide.example.org/staff/conversations/{talk.id}"] * told
    assert "Xylophonbrandung" not in str(receiver.got)
