"""Notices by e-mail: who waits since when and why, and a link; never what the patient said."""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Literal

from bot.conversation.notify.failure import SendError
from bot.db.outbox import Notice

logger = logging.getLogger(__name__)

SUBJECT = "A patient asks for a person"
Security = Literal["starttls", "ssl", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where e-mails are handed in.

    Attributes:
        security: ``starttls`` encrypts after the greeting, ``ssl`` from the first byte, ``none`` not at all.
        user: None: without signing in.
        timeout_s: Longest wait for each answer of the server.
    """

    host: str
    port: int
    security: Security = "starttls"
    user: str | None = None
    password: str = ""
    timeout_s: float = 15.0


class EmailChannel:
    """Sends each notice as one message to all recipients.

    Args:
        server: Where it is handed in.
        sender: Address it comes from.
        recipients: Addresses it goes to.
        link_to: Makes the console's address of a conversation.
        route: Returns the addresses of a partner by its id; none: `recipients`.
        tls: Which certificates are trusted; None: those of this system.
    """

    name = "email"

    def __init__(
        self,
        *,
        server: MailServer,
        sender: str,
        recipients: Sequence[str],
        link_to: Callable[[str], str],
        route: Callable[[str | None], Sequence[str]] = lambda partner_id: (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._server = server
        self._sender = sender
        self._domain = parseaddr(sender)[1].rpartition("@")[2]
        self._recipients = tuple(recipients)
        self._link_to = link_to
        self._route = route
        self._tls = tls

    def send(self, notice: Notice) -> None:
        """Hand a notice to the mail server.

        Raises:
            SendError: It was not taken.
        """
        message = self.message(notice)
        try:
            refused = self._hand_in(message)
        except (OSError, smtplib.SMTPException) as error:
            code = _code(error)
        else:
            if refused:  # somebody has it; trying again would send it to them every time
                logger.error("recipients refused", extra={"refused": len(refused), "notice_id": notice.id})
            return
        raise SendError(code)

    def message(self, notice: Notice) -> EmailMessage:
        """Word the e-mail of a notice; the same at every try."""
        message = EmailMessage()
        message["Subject"] = SUBJECT
        message["From"] = self._sender
        message["To"] = ", ".join(self._route(notice.payload["partner"]) or self._recipients)
        message["Date"] = format_datetime(notice.created_at)
        # Mail programs show a message that came twice with the same id once.
        message["Message-ID"] = f"<{notice.id}@{self._domain}>"
        # No holiday greeting is to answer it.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(_body(notice, link=self._link_to(notice.conversation_id)))
        return message

    def _hand_in(self, message: EmailMessage) -> dict[str, tuple[int, bytes]]:
        server = self._server
        context = self._tls or ssl.create_default_context()
        with self._open(context) as session:
            if server.security == "starttls":
                session.starttls(context=context)
            if server.user is not None:
                session.login(server.user, server.password)
            return session.send_message(message)

    def _open(self, context: ssl.SSLContext) -> smtplib.SMTP:
        server = self._server
        # Our name is given, as asking the network for it can take longer than sending.
        if server.security == "ssl":
            return smtplib.SMTP_SSL(
                server.host, server.port, local_hostname=self._domain, timeout=server.timeout_s, context=context
            )
        return smtplib.SMTP(server.host, server.port, local_hostname=self._domain, timeout=server.timeout_s)


def _code(error: OSError | smtplib.SMTPException) -> str:
    """Name a failure without the server's own sentence."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"smtp_{error.smtp_code}"
    # smtplib takes a server that says nothing for one that hung up.
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "timeout"
    known = {smtplib.SMTPRecipientsRefused: "smtp_recipients_refused", ssl.SSLError: "tls"}
    return next((code for kind, code in known.items() if isinstance(error, kind)), type(error).__name__)


def _body(notice: Notice, *, link: str) -> str:
    since = datetime.fromisoformat(str(notice.payload["waiting_since"]))
    lines = (
        "Somebody asks for a person in the chat of the guide.",
        "",
        f"Reason:        {notice.payload['reason']}",
        f"Waiting since: {since:%Y-%m-%d %H:%M} UTC",
        f"Language:      {notice.payload['language']}",
        f"Partner:       {notice.payload['partner'] or '-'}",
        "",
        f"Open the conversation: {link}",
        "",
        "What was said is shown in the console alone, after signing in.",
        "",
    )
    return "\n".join(lines)
