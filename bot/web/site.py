"""The whole site out of the settings: service, chat, guide pages, health checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache

from fastapi import APIRouter, FastAPI

from bot.answer.source import AnswerSource
from bot.bootstrap import make_service, make_source, visitor_secret
from bot.conversation.texts import Texts
from bot.corpus.loader import Corpus
from bot.domain import Reference
from bot.index.sections import sections_of
from bot.settings import Settings
from bot.web.app import create_app
from bot.web.chat_texts import load_chat_texts
from bot.web.guide_pages import GuideSite, guide_router
from bot.web.guide_view import GuideView, view_of

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
    service = make_service(settings, source=source)
    app = create_app(
        service=service,
        visitor_secret=visitor_secret(settings),
        texts=load_chat_texts(prompts_dir=settings.prompts_dir, language=settings.language),
        run_dir=settings.data_dir / f"run-{settings.port}",
        public_url=settings.public_url,
        references=_References(source),
        checks={"index": lambda: bool(source.edition()), "database": service.is_storing},
        on_close=edition.worker.close,
    )
    app.include_router(_guide_pages(source, settings))
    return app


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

    def current(self) -> GuideView:
        """Return the guide as the current index has it."""
        return self._of_version(self._source.edition().index_version)

    def rank(self, question: str) -> list[str]:
        """Return the ids of the sections that a question finds, best first."""
        hits = self._source.edition().searcher.search(question, k=_RANKED).hits
        return list(dict.fromkeys(hit.chunk.section_id for hit in hits))

    def _make(self, version: str) -> GuideView:
        index = self._source.edition().searcher.index
        return view_of(Corpus(sections_of(index), {}, index.references, index.manifest.corpus_digest))
