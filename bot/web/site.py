"""The whole site out of the settings: service, chat, guide pages, health checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from fastapi import APIRouter, FastAPI
from numpy.typing import NDArray

from bot.answer.source import AnswerSource
from bot.bootstrap import (
    load_texts,
    make_desk,
    make_live,
    make_notifier,
    make_retention,
    make_service,
    make_source,
    make_stores,
    review_rules,
    site_url,
    visitor_secret,
)
from bot.conversation.desk import Desk
from bot.conversation.gap_groups import GapGrouper
from bot.conversation.identity import Identities, identity_secret
from bot.conversation.live import Live
from bot.conversation.partner_rules import spoken_languages
from bot.conversation.partners import Partners
from bot.conversation.texts import Texts
from bot.corpus.loader import Corpus
from bot.db.sign_ins import Lifetimes
from bot.db.stores import Stores
from bot.domain import Reference
from bot.errors import SettingsError
from bot.index.sections import sections_of
from bot.settings import Settings
from bot.web.api.app import create_api
from bot.web.app import Behind, Front, create_app
from bot.web.chat_texts import load_chat_texts
from bot.web.guard import origin_of
from bot.web.guide_pages import GuideSite, guide_router
from bot.web.guide_view import GuideView, view_of
from bot.web.staff.gaps import Gaps
from bot.web.staff.partners import PartnerDesk
from bot.web.staff.shell import Shell, ShellSite
from bot.web.staff.site import SignInWays, Upkeep, add_console
from bot.web.visitor import VisitorCookie

if TYPE_CHECKING:
    from bot.web.staff.openid import OpenId

API_PATH = "/api/v1"
# Sections shown for a search on the guide's pages.
_RANKED = 20


def build_site(settings: Settings) -> FastAPI:
    """Build everything that patients see.

    Raises:
        BadIndexError: There is no usable index; nothing is started without one.
        SettingsError: A setting or text file is wrong.
        StoreError: The database cannot be opened.
    """
    source = make_source(settings)
    edition = source.edition()
    edition.worker.encode("warm")
    stores = make_stores(settings)
    partners = Partners(stores.partners)
    identities = Identities(master=visitor_secret(settings), keys=stores.partners)
    service = make_service(settings, source=source, stores=stores, partners=partners)
    desk = make_desk(settings, stores, partners=partners)
    live = make_live(stores, desk)
    notifier = make_notifier(settings, stores, partners=partners)
    retention = make_retention(settings, stores)
    behind = Behind(service=service, desk=desk, live=live)
    app = create_app(
        behind=behind,
        visitor_secret=visitor_secret(settings),
        texts=load_chat_texts(prompts_dir=settings.prompts_dir, language=settings.language),
        run_dir=settings.data_dir / f"run-{settings.port}",
        public_url=settings.public_url,
        references=_References(source),
        front=Front(partners, store=stores.partners, counts=stores.partner_counts, identities=identities),
        checks={"index": lambda: bool(source.edition()), "database": service.is_storing},
        on_start=(live.start, notifier.start, retention.start),
        on_stop=(live.stop, notifier.stop, retention.stop, edition.worker.close),
    )
    app.include_router(_guide_pages(source, settings))
    _add_api(app, settings, behind=behind, stores=stores, partners=partners, identities=identities)
    upkeep = Upkeep(rules=retention.rules, channels=notifier.channels, review=review_rules())
    view = _View(source)
    gaps = Gaps(store=stores.transcripts, grouper=GapGrouper(view.encode), title_of=view.title_of)
    _add_console(app, settings, stores=stores, desk=desk, live=live, upkeep=upkeep, gaps=gaps)
    return app


def _add_api(
    app: FastAPI,
    settings: Settings,
    *,
    behind: Behind,
    stores: Stores,
    partners: Partners,
    identities: Identities,
) -> None:
    api = create_api(
        service=behind.service,
        desk=behind.desk,
        live=behind.live,
        stores=stores,
        partners=partners,
        identities=identities,
        secret=visitor_secret(settings),
        disclaimer=load_texts(settings).fixed("disclaimer"),
    )
    app.mount(API_PATH, api)


def _add_console(
    app: FastAPI, settings: Settings, *, stores: Stores, desk: Desk, live: Live, upkeep: Upkeep, gaps: Gaps
) -> None:
    texts = load_chat_texts(prompts_dir=settings.prompts_dir, language=settings.language)
    lifetimes = Lifetimes(
        idle=timedelta(minutes=settings.staff_idle_min), absolute=timedelta(hours=settings.staff_session_h)
    )
    shell = Shell(
        sign_ins=stores.sign_ins,
        site=ShellSite(name=texts.name, public_origin=origin_of(settings.public_url)),
        lifetimes=lifetimes,
        waiting=lambda: len(desk.queue().waiting),
    )
    secret = VisitorCookie(secret=visitor_secret(settings)).derive("staff openid")
    ways = SignInWays(openid=_openid(settings), secret=secret)
    partners = _partner_desk(settings)
    add_console(app, shell, stores=stores, desk=desk, live=live, ways=ways, upkeep=upkeep, gaps=gaps, partners=partners)


def _partner_desk(settings: Settings) -> PartnerDesk:
    master = visitor_secret(settings)
    return PartnerDesk(
        regions=load_texts(settings).regions,
        languages=spoken_languages(settings.prompts_dir),
        is_production=settings.environment == "production",
        origin=site_url(settings),
        secret_of=lambda partner_id, key_id: identity_secret(master=master, partner_id=partner_id, key_id=key_id),
    )


def _openid(settings: Settings) -> OpenId | None:
    if settings.oidc_issuer is None:
        return None
    try:
        from bot.web.staff.openid import OpenId
    except ModuleNotFoundError as error:
        raise SettingsError("BOT_OIDC_ISSUER needs the package authlib: pip install 'bot[oidc]'.") from error
    secret = settings.oidc_client_secret
    return OpenId(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id or "",
        client_secret=secret.get_secret_value() if secret is not None else None,
        title=settings.oidc_title,
    )


def _guide_pages(source: AnswerSource, settings: Settings) -> APIRouter:
    texts = Texts.load(settings.prompts_dir / f"replies.{settings.language}.yaml")
    chat_texts = load_chat_texts(prompts_dir=settings.prompts_dir, language=settings.language)
    view = _View(source)
    return guide_router(
        load=view.current,
        today=lambda: datetime.now(UTC).date(),
        site=GuideSite(name=chat_texts.name, disclaimer=texts.fixed("disclaimer"), chat_url="/chat/"),
        rank=view.rank,
    )


class _References(Mapping[str, Reference]):
    """The references of the index in use, by id.

    Args:
        source: Hands out the edition in use.
    """

    def __init__(self, source: AnswerSource) -> None:
        self._source = source

    def __getitem__(self, name: str) -> Reference:
        return self._source.edition().references[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._source.edition().references)

    def __len__(self) -> int:
        return len(self._source.edition().references)


class _View:
    """The guide of the index in use, so that pages and answers are of one edition.

    Args:
        source: Hands out the edition in use.
    """

    def __init__(self, source: AnswerSource) -> None:
        self._source = source
        self._of_version = lru_cache(maxsize=1)(self._make)
        self._titles = lru_cache(maxsize=1)(self._read_titles)

    def encode(self, question: str) -> NDArray[np.float32]:
        """Embed a question with the model of the current index: float32 (dim,), a unit vector."""
        return self._source.edition().worker.encode(question)

    def title_of(self, section_id: str) -> str | None:
        """Return a section's heading, or None where the guide has no such section (any more)."""
        return self._titles(self._source.edition().index_version).get(section_id)

    def current(self) -> GuideView:
        """Return the guide as the current index has it."""
        return self._of_version(self._source.edition().index_version)

    def rank(self, question: str) -> list[str]:
        """Return the ids of the sections that a question finds, best first."""
        hits = self._source.edition().searcher.search(question, k=_RANKED).hits
        return list(dict.fromkeys(hit.chunk.section_id for hit in hits))

    def _read_titles(self, version: str) -> dict[str, str]:
        return {section.id: section.title for section in sections_of(self._source.edition().searcher.index)}

    def _make(self, version: str) -> GuideView:
        index = self._source.edition().searcher.index
        return view_of(Corpus(sections_of(index), {}, index.references, index.manifest.corpus_digest))
