"""E-mails to a mail server on this machine: what they say, and every way in which it refuses."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from bot.conversation.notify.email import SUBJECT, EmailChannel, MailServer
from bot.conversation.notify.failure import SendError
from tests.fakes.notices import closed_port, make_notice

_HOST = "127.0.0.1"


class _Inbox:
    """Takes mail; `refusals` says what is answered to a recipient instead."""

    def __init__(self, refusals: dict[str, str] | None = None, answer: str = "250 OK") -> None:
        self.envelopes: list[Envelope] = []
        self._refusals = refusals or {}
        self._answer = answer

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address in self._refusals:
            return self._refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        return self._answer

    def message(self) -> Message:
        (envelope,) = self.envelopes
        assert isinstance(envelope.content, bytes)
        return message_from_bytes(envelope.content, policy=default)


@contextmanager
def _mail_server(inbox: _Inbox, **options: Any) -> Iterator[int]:
    controller = Controller(inbox, hostname=_HOST, port=closed_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def _channel(port: int, *, tls: ssl.SSLContext | None = None, **server: Any) -> EmailChannel:
    server = {"security": "none", "timeout_s": 5.0} | server
    return EmailChannel(
        server=MailServer(host=_HOST, port=port, **server),
        sender="Guide <guide@hospital.example>",
        recipients=["desk@hospital.example", "night@hospital.example"],
        link_to=lambda name: f"https://guide.hospital.example/staff/conversations/{name}",
        tls=tls,
    )


def _refusal(port: int, **options: Any) -> str:
    with pytest.raises(SendError) as caught:
        _channel(port, **options).send(make_notice(channel="email"))
    return caught.value.code


def test_says_who_waits_since_when_and_why_and_nothing_else() -> None:
    inbox = _Inbox()
    with _mail_server(inbox) as port:
        _channel(port).send(make_notice(channel="email", payload=dict(make_notice().payload) | {"partner": "clinic"}))
    message = inbox.message()
    assert {name: message[name] for name in ("Subject", "From", "To", "Auto-Submitted", "Message-ID")} == {
        "Subject": "A patient asks for a person",
        "From": "Guide <guide@hospital.example>",
        "To": "desk@hospital.example, night@hospital.example",
        "Auto-Submitted": "auto-generated",
        "Message-ID": f"<{make_notice().id}@hospital.example>",
    }
    assert inbox.envelopes[0].rcpt_tos == ["desk@hospital.example", "night@hospital.example"]
    assert message.get_content().replace("\r\n", "\n").strip().splitlines() == [  # type: ignore[attr-defined]
        "Somebody asks for a person in the chat of the guide.",
        "",
        "Reason:        asked_for_person",
        "Waiting since: 2026-11-22 20:30 UTC",
        "Language:      en",
        "Partner:       clinic",
        "",
        "Open the conversation: https://guide.hospital.example/staff/conversations/c1",
        "",
        "What was said is shown in the console alone, after signing in.",
    ]


def test_every_try_is_the_same_message() -> None:
    channel = _channel(1)
    first, second = (channel.message(make_notice(attempts=attempts)).as_string() for attempts in (1, 2))
    assert first == second
    assert SUBJECT in first


def test_a_recipient_refused_beside_one_taken_is_told_and_not_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    inbox = _Inbox({"night@hospital.example": "550 no such mailbox"})
    with _mail_server(inbox) as port:
        _channel(port).send(make_notice(channel="email"))
    assert inbox.envelopes[0].rcpt_tos == ["desk@hospital.example"]
    assert [
        (record.message, vars(record)["refused"]) for record in caplog.records if record.name.startswith("bot")
    ] == [("recipients refused", 1)]


@pytest.mark.parametrize(
    ("inbox", "code"),
    [
        pytest.param(
            _Inbox({"desk@hospital.example": "550 no", "night@hospital.example": "451 later"}),
            "smtp_recipients_refused",
            id="no-recipient-taken",
        ),
        pytest.param(_Inbox(answer="452 disk full"), "smtp_452", id="message-refused"),
    ],
)
def test_a_refused_message_is_a_failure(inbox: _Inbox, code: str) -> None:
    with _mail_server(inbox) as port:
        assert _refusal(port) == code


def test_nobody_there_is_a_failure() -> None:
    assert _refusal(closed_port()) == "ConnectionRefusedError"


def test_a_server_that_says_nothing_is_left() -> None:
    with socket.create_server((_HOST, 0)) as silent:
        assert _refusal(silent.getsockname()[1], timeout_s=0.2) == "timeout"


def _hang_up(server: socket.socket) -> None:
    server.accept()[0].close()


def test_a_server_that_hangs_up_is_a_failure() -> None:
    with socket.create_server((_HOST, 0)) as server:
        thread = threading.Thread(target=_hang_up, args=(server,))
        thread.start()
        assert _refusal(server.getsockname()[1]) in ("SMTPServerDisconnected", "smtp_-1", "ConnectionResetError")
        thread.join()


def test_nothing_is_sent_in_the_clear_where_encryption_was_asked_for() -> None:
    inbox = _Inbox()
    with _mail_server(inbox) as port:
        assert _refusal(port, security="starttls") == "SMTPNotSupportedError"
    assert inbox.envelopes == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a mail server with a certificate of its own shows, and what trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    key, own = folder / "key.pem", folder / "own.pem"
    _make_certificate(key, own)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(own, key)
    return server, ssl.create_default_context(cafile=str(own))


def _make_certificate(key: Path, own: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(key), "-out", str(own), "-days", "2", "-subj", "/CN=test"]
    subprocess.run([*command, "-addext", f"subjectAltName=IP:{_HOST}"], check=True, capture_output=True)


def test_signs_in_over_an_encrypted_connection(certificate: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    shown, trusting = certificate
    asked: list[tuple[bytes, bytes]] = []

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        asked.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)

    inbox = _Inbox()
    options: dict[str, Any] = {"tls_context": shown, "require_starttls": True, "authenticator": authenticate}
    with _mail_server(inbox, auth_required=True, **options) as port:
        login = {"security": "starttls", "user": "guide", "tls": trusting}
        _channel(port, password="right", **login).send(make_notice(channel="email"))
        assert _refusal(port, password="wrong", **login) == "smtp_535"
        assert _refusal(port, security="starttls", user="guide", password="right") == "tls"
    assert (asked[0], len(inbox.envelopes)) == ((b"guide", b"right"), 1)


def test_encrypts_from_the_first_byte_where_that_is_asked_for(
    certificate: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    shown, trusting = certificate
    inbox = _Inbox()
    with _mail_server(inbox, ssl_context=shown) as port:
        _channel(port, security="ssl", tls=trusting).send(make_notice(channel="email"))
    assert len(inbox.envelopes) == 1
