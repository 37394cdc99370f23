"""The composition root: settings in, a working service out. Nothing is built at import."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from langchain_core.runnables import Runnable

from bot.answer.abstention import calibration
from bot.answer.pipeline import AnswerChain
from bot.answer.source import AnswerSource
from bot.conversation.compose import Composer
from bot.conversation.desk import Desk
from bot.conversation.hours import Hours
from bot.conversation.limits import Limits
from bot.conversation.live import Live
from bot.conversation.notify.notifier import Channel, Notifier
from bot.conversation.partners import Nobody, Partners
from bot.conversation.quotas import Quotas
from bot.conversation.record import code_of
from bot.conversation.retention import RetentionJob
from bot.conversation.service import ConversationService
from bot.conversation.texts import Texts
from bot.conversation.triage.meaning import load_meaning
from bot.conversation.triage.triage import Triage, load_triage
from bot.db.engine import migrate, open_engine
from bot.db.outbox import EMAIL, WEBHOOK, with_channels
from bot.db.retention import RetentionRules
from bot.db.review_values import ReviewRules
from bot.db.stores import Stores
from bot.domain import Draft, Question
from bot.errors import SettingsError
from bot.index.encoders import open_encoder
from bot.index.loaded import CurrentIndex
from bot.settings import Settings

logger = logging.getLogger(__name__)

_KEY_FILE = "secret_key"
_SECRET_BYTES = 64
# Nobody types faster; whoever does is no patient in a talk with a person.
_TO_PERSON = "60/minute"
# Within a tenth of the threshold, the calibration's curve has most of the wrong answers that were given.
_NEARLY = 0.1
# Long enough to see on the notices' page whether they arrive.
_KEPT_NOTICES = timedelta(days=30)

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def make_source(settings: Settings, *, index_dir: Path | None = None) -> AnswerSource:
    """Make the source of answers; the index is loaded when it is first asked.

    Raises:
        SettingsError: The language model, its key or a prompt cannot be used.
    """
    _set_tracing(settings)
    return AnswerSource(
        index=CurrentIndex(index_dir=index_dir or settings.index_dir),
        encoder_for=lambda index: open_encoder(index, model_dir=settings.model_dir),
        answerer_for=make_answerer(settings),
    )


def make_answerer(settings: Settings) -> Callable[[AnswerChain], Runnable[Question, Draft]]:
    """Return what makes the answerer around a chain: the chain itself, or with a language model at its end.

    Raises:
        SettingsError: The language model, its key or a prompt cannot be used.
    """
    if settings.llm is None:
        return lambda chain: chain
    # No process without a model pays for these.
    from bot.answer.generative.chain import GenerativeChain
    from bot.answer.generative.model import open_model
    from bot.answer.generative.prompts import Prompts
    from bot.answer.generative.rewriter import Rewriter
    from bot.answer.generative.writer import Writer
    from bot.answer.verify.verifier import load_verifier

    prompts = Prompts.load(settings.prompts_dir)
    model = open_model(
        settings.llm,
        base_url=settings.llm_base_url,
        api_key=settings.llm_api_key.get_secret_value() if settings.llm_api_key else None,
        temperature=settings.llm_temperature,
        timeout_s=settings.llm_timeout_s,
        max_retries=settings.llm_max_retries,
        max_concurrency=settings.llm_max_concurrency,
    )
    writer = Writer(
        model=model, judge=load_verifier(), prompts=prompts, max_context_tokens=settings.llm_max_context_tokens
    )
    rewriter = Rewriter(model=model, prompts=prompts)
    return lambda chain: GenerativeChain(plain=chain, writer=writer, rewriter=rewriter)


def make_service(
    settings: Settings,
    *,
    index_dir: Path | None = None,
    source: AnswerSource | None = None,
    stores: Stores | None = None,
    scratch: bool = False,
    limited: bool = True,
    partners: Partners | None = None,
    clock: Clock = utc_now,
) -> ConversationService:
    """Make the service behind every channel.

    Args:
        index_dir: Another index than the settings'.
        stores: Where transcripts are kept; None: opened here.
        scratch: Keep transcripts only as long as the process lives, for experiments.
        limited: Apply the rate limits; the command line is its own patient.
        partners: The partners, remembered; None: read here.
        clock: The time, UTC; another one plays talks of earlier days.

    Raises:
        SettingsError: A text file is wrong, or the database address.
        StoreError: The database cannot be opened.
    """
    # Texts first: a file that is wrong is the first thing an operator should hear of.
    composer = Composer(
        texts=load_texts(settings),
        region=settings.region,
        car_t_line=settings.car_t_line,
        hours=make_hours(settings),
        max_chars=settings.max_message_chars,
    )
    source = source or make_source(settings, index_dir=index_dir)
    stores = stores or make_stores(settings, scratch=scratch)
    partners = partners or Partners(stores.partners)
    return ConversationService(
        store=stores.transcripts,
        source=source,
        triage=make_triage(),
        composer=composer,
        limits=_limits(settings, limited=limited),
        partners=partners,
        quotas=Quotas(partners=partners, counter=stores.partner_counts, clock=clock) if limited else None,
        clock=clock,
    )


def make_stores(settings: Settings, *, scratch: bool = False, is_quiet: bool = False) -> Stores:
    """Open the database, its tables made or brought up to date.

    Args:
        scratch: One that is thrown away with the process.
        is_quiet: Staff are told of no request that is written here.

    Raises:
        StoreError: The database cannot be opened.
    """
    engine = open_engine(_scratch_url() if scratch else _database_url(settings), is_lasting=not scratch)
    migrate(engine)
    # Nobody is told of what is thrown away.
    return Stores.over(
        engine if scratch or is_quiet else with_channels(engine, _channels(settings, Partners(Nobody())))
    )


def make_desk(settings: Settings, stores: Stores, *, partners: Partners | None = None, clock: Clock = utc_now) -> Desk:
    """Make the desk between patients and staff.

    Raises:
        SettingsError: The texts or the opening hours are wrong.
    """
    return Desk(
        stores=stores,
        texts=load_texts(settings),
        hours=make_hours(settings),
        queue_timeout=timedelta(minutes=settings.queue_timeout_min),
        region=settings.region,
        partners=partners or Partners(stores.partners),
        clock=clock,
    )


def make_live(stores: Stores, desk: Desk) -> Live:
    """Make what tells open pages of events and does the desk's chores; it runs when it is started."""
    chores = (
        desk.remind_waiting,
        lambda: stores.events.prune(_a_day_ago()),
        lambda: stores.reviews.fill(now=utc_now(), rules=review_rules()),
    )
    return Live(stores.events, chores=chores)


def review_rules() -> ReviewRules:
    """Return which replies staff look at: among others the answers that were nearly kept back.

    Raises:
        SettingsError: The calibration cannot be used.
    """
    return ReviewRules(confidence_below=calibration().threshold + _NEARLY)


def make_notifier(settings: Settings, stores: Stores, *, partners: Partners | None = None) -> Notifier:
    """Make what sends staff the notices of the outbox; it sends when it is started."""
    channels = _channels(settings, partners or Partners(stores.partners))
    return Notifier(outbox=stores.outbox, channels=[make() for make in channels.values()])


def make_retention(settings: Settings, stores: Stores) -> RetentionJob:
    """Make the job that erases what has outlived its rule; it looks once a day when it is started."""
    rules = RetentionRules(
        days=settings.retention_days,
        days_without_person=settings.retention_days_without_person,
        days_emergency=settings.retention_days_emergency,
    )
    tidy = {"notices": lambda now: stores.outbox.prune(before=now - _KEPT_NOTICES)}
    return RetentionJob(store=stores.retention, files=stores.transcripts, rules=rules, tidy=tidy)


def staff_link(settings: Settings, conversation_id: str) -> str:
    """Return the address at which staff open a conversation."""
    return f"{site_url(settings)}/staff/conversations/{conversation_id}"


def site_url(settings: Settings) -> str:
    """Return the address of this site, without a slash at its end."""
    if settings.public_url is not None:
        return settings.public_url.rstrip("/")
    host = "localhost" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104  # compared, not bound
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def make_hours(settings: Settings) -> Hours:
    """Read when people answer.

    Raises:
        SettingsError: The schedule or its time zone cannot be read.
    """
    return Hours(words=settings.support_hours, schedule=settings.support_schedule, timezone=settings.support_timezone)


def load_texts(settings: Settings) -> Texts:
    """Read the fixed sentences of the settings' language.

    Raises:
        SettingsError: The file is wrong.
    """
    return Texts.load(settings.prompts_dir / f"replies.{settings.language}.yaml")


def visitor_secret(settings: Settings) -> str:
    """Return the key that signs visitors' cookies; made once and kept where none is set.

    Raises:
        SettingsError: The key is too short, or the data folder cannot be written.
    """
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    path = settings.data_dir / _KEY_FILE
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(_SECRET_BYTES))
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a key"
        raise SettingsError(f"{path} cannot be used ({reason}); set BOT_SECRET_KEY or BOT_DATA_DIR.") from error
    return key


def _write_once(path: Path, text: str) -> None:
    """Write a file whole or not at all; of several processes that start together the first one's stays."""
    handle, temporary = tempfile.mkstemp(dir=path.parent)  # readable by this account only
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        Path(temporary).unlink()


def make_triage() -> Triage:
    """Make the triage: its rules, and the meaning check where its model can be loaded."""
    try:
        meaning = load_meaning()
    except Exception as error:  # noqa: BLE001  # the fixed rules must work when everything else is down
        logger.error("triage by rules alone", extra={"code": code_of(error)})
        return load_triage()
    return load_triage(meaning=meaning)


def _set_tracing(settings: Settings) -> None:
    """Decide it here: LangSmith's own variables, set for some other program, would send patients' questions out."""
    import langsmith

    langsmith.configure(enabled=settings.tracing)
    if settings.tracing:
        logger.warning("questions and answers are sent to LangSmith: BOT_TRACING is on")


def _limits(settings: Settings, *, limited: bool) -> Limits:
    if not limited:
        return Limits(max_chars=settings.max_message_chars)
    return Limits(
        max_chars=settings.max_message_chars,
        per_visitor=(f"{settings.messages_per_minute}/minute", f"{settings.messages_per_day}/day"),
        per_address=(f"{settings.address_messages_per_minute}/minute",),
        to_person=(_TO_PERSON,),
    )


def _channels(settings: Settings, partners: Partners) -> dict[str, Callable[[], Channel]]:
    """Return how to make each way of telling staff that is set up."""
    made: dict[str, Callable[[], Channel]] = {}
    if settings.smtp_host is not None:
        made[EMAIL] = partial(_email_channel, settings, settings.smtp_host, partners)
    if settings.webhook_url is not None and settings.webhook_secret is not None:
        secret = settings.webhook_secret.get_secret_value()
        made[WEBHOOK] = partial(_webhook_channel, settings, settings.webhook_url, secret)
    return made


def _webhook_channel(settings: Settings, url: str, secret: str) -> Channel:
    # No process that posts nothing pays for its library.
    from bot.conversation.notify.webhook import WebhookChannel

    return WebhookChannel(url=url, secret=secret, link_to=partial(staff_link, settings))


def _email_channel(settings: Settings, host: str, partners: Partners) -> Channel:
    from bot.conversation.notify.email import EmailChannel, MailServer

    password = settings.smtp_password
    server = MailServer(
        host=host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=password.get_secret_value() if password is not None else "",
    )
    return EmailChannel(
        server=server,
        sender=(settings.notify_from or "").strip(),
        recipients=[address.strip() for address in (settings.notify_to or "").split(",")],
        link_to=partial(staff_link, settings),
        route=partners.addresses,
    )


def _a_day_ago() -> datetime:
    return datetime.now(UTC) - timedelta(days=1)


def _scratch_url() -> str:
    folder = tempfile.mkdtemp(prefix="lupus-bot-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return f"sqlite:///{folder}/transcripts.db"


def _database_url(settings: Settings) -> str:
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return f"sqlite:///{settings.data_dir / 'transcripts.db'}"
