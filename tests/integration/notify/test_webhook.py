"""Posts to a receiver on this machine that fails, stalls, redirects and asks for patience."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from standardwebhooks import Webhook

from bot.conversation.notify.failure import SendError
from bot.conversation.notify.webhook import WebhookChannel
from tests.fakes.notices import WRITTEN, closed_port, dripping, http_receiver, make_notice, status

_SECRET = "whsec_" + "A" * 32


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def _channel(url: str, **options: float) -> WebhookChannel:
    return WebhookChannel(url=url, secret=_SECRET, link_to=lambda name: f"https://g.example/staff/{name}", **options)  # type: ignore[arg-type]


def _failure(url: str, **options: float) -> SendError:
    with pytest.raises(SendError) as caught:
        _channel(url, **options).send(make_notice())
    return caught.value


def test_a_receiver_can_check_who_sent_it_and_what_it_says() -> None:
    with http_receiver(status(204)) as receiver:
        _channel(receiver.url).send(make_notice())
    ((path, headers, body),) = receiver.got
    assert path == "/hook"
    assert Webhook(_SECRET).verify(body, headers) == {
        "type": "handoff.requested",
        "timestamp": WRITTEN.isoformat(),
        "data": {
            "conversation_id": "c1",
            "reason": "asked_for_person",
            "waiting_since": WRITTEN.isoformat(),
            "language": "en",
            "partner": None,
            "link": "https://g.example/staff/c1",
        },
    }
    assert headers["webhook-id"] == make_notice().id


def test_a_second_try_has_the_same_id_and_body_and_a_new_time() -> None:
    with http_receiver(status(200)) as receiver:
        channel = _channel(receiver.url)
        channel.send(make_notice())
        channel._clock = lambda: datetime.now(UTC) + timedelta(minutes=2)
        channel.send(make_notice(attempts=2))
    first, second = receiver.got
    assert (first[1]["webhook-id"], first[2]) == (second[1]["webhook-id"], second[2])
    assert first[1]["webhook-timestamp"] != second[1]["webhook-timestamp"]
    Webhook(_SECRET).verify(second[2], second[1])


@pytest.mark.parametrize(
    ("answer", "code", "is_final", "wait"),
    [
        pytest.param(status(500), "http_500", False, None, id="fails"),
        pytest.param(status(429, Retry_After="90"), "http_429", False, timedelta(seconds=90), id="asks-for-patience"),
        pytest.param(status(429, Retry_After="soon"), "http_429", False, None, id="asks-for-nonsense"),
        pytest.param(status(503, Retry_After="9" * 5000), "http_503", False, None, id="asks-for-ages"),
        pytest.param(status(410), "http_410", True, None, id="is-gone"),
        pytest.param(status(404), "http_404", False, None, id="is-not-there-yet"),
        pytest.param(lambda handler: handler.connection.close(), "RemoteProtocolError", False, None, id="hangs-up"),
    ],
)
def test_every_answer_but_a_good_one_is_a_failure(
    answer: Callable[[BaseHTTPRequestHandler], None], code: str, is_final: bool, wait: timedelta | None
) -> None:
    with http_receiver(answer) as receiver:
        failure = _failure(receiver.url)
    assert (failure.code, failure.is_final, failure.wait) == (code, is_final, wait)


def test_a_redirect_is_a_failure_and_nothing_is_posted_there() -> None:
    with http_receiver(status(200)) as elsewhere:
        with http_receiver(status(307, Location=elsewhere.url)) as receiver:
            assert _failure(receiver.url).code == "http_307"
        assert (len(receiver.got), elsewhere.got) == (1, [])


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda _: time.sleep(1), id="says-nothing"),
        pytest.param(dripping, id="drips"),
    ],
)
def test_a_receiver_that_takes_for_ever_is_left(answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
    with http_receiver(answer) as receiver:
        assert _failure(receiver.url, timeout_s=0.2).code == "timeout"


def test_nobody_there_is_a_failure() -> None:
    assert _failure(f"http://127.0.0.1:{closed_port()}/").code == "ConnectError"
