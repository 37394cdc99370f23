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
from pathlib import Path

from langchain_core.runnables import Runnable

from bot.answer.pipeline import AnswerChain
from bot.answer.source import AnswerSource
from bot.conversation.compose import Composer
from bot.conversation.limits import Limits
from bot.conversation.record import code_of
from bot.conversation.service import ConversationService
from bot.conversation.texts import Texts
from bot.conversation.triage.meaning import load_meaning
from bot.conversation.triage.triage import Triage, load_triage
from bot.db.engine import migrate, open_engine
from bot.db.transcripts import TranscriptStore
from bot.domain import Draft, Question
from bot.errors import SettingsError
from bot.index.encoders import open_encoder
from bot.index.loaded import CurrentIndex
from bot.settings import Settings

logger = logging.getLogger(__name__)

_KEY_FILE = "secret_key"
_SECRET_BYTES = 64


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
    scratch: bool = False,
    limited: bool = True,
) -> ConversationService:
    """Make the service behind every channel.

    Args:
        index_dir: Another index than the settings'.
        scratch: Keep transcripts only as long as the process lives, for experiments.
        limited: Apply the rate limits; the command line is its own patient.

    Raises:
        SettingsError: A text file is wrong, or the database address.
        StoreError: The database cannot be opened.
    """
    # Texts first: a file that is wrong is the first thing an operator should hear of.
    composer = Composer(
        texts=Texts.load(settings.prompts_dir / f"replies.{settings.language}.yaml"),
        region=settings.region,
        car_t_line=settings.car_t_line,
        support_hours=settings.support_hours,
        max_chars=settings.max_message_chars,
    )
    source = source or make_source(settings, index_dir=index_dir)
    return ConversationService(
        store=make_store(settings, scratch=scratch),
        source=source,
        triage=make_triage(),
        composer=composer,
        limits=_limits(settings, limited=limited),
    )


def make_store(settings: Settings, *, scratch: bool = False) -> TranscriptStore:
    """Open the transcripts, their tables made or brought up to date.

    Raises:
        StoreError: The database cannot be opened.
    """
    engine = open_engine(_scratch_url() if scratch else _database_url(settings))
    migrate(engine)
    return TranscriptStore(engine)


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
    )


def _scratch_url() -> str:
    folder = tempfile.mkdtemp(prefix="lupus-bot-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return f"sqlite:///{folder}/transcripts.db"


def _database_url(settings: Settings) -> str:
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return f"sqlite:///{settings.data_dir / 'transcripts.db'}"
