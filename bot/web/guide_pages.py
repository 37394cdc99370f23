"""The guide as pages: contents with search, one page a chapter, all references. No script, no cookie.

The pages are made from the same sections as the index, so that every citation opens the words it rests on:
``/guide/<chapter>?cite=<start>-<end>#<section>``, offsets into the section's text; ``section=<section>`` may be added.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.corpus.sentences import sentence_spans
from bot.domain import Section
from bot.web.guide_passages import blocks_of, parse_cite
from bot.web.guide_search import rank_sections
from bot.web.guide_view import Chapter, GuideView, cited_references

TEMPLATES_DIR = Path(__file__).parent / "templates" / "guide"
# A page may be kept five minutes; after that the browser asks again and mostly hears "not changed".
_CACHE = "public, max-age=300, must-revalidate"
# A search is a patient's own words: no cache keeps them, no other site is told.
_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
_MAX_QUERY_CHARS = 200
_MAX_RESULTS = 20
_METHODS = ["GET", "HEAD"]


@dataclass(frozen=True, slots=True)
class GuideSite:
    """What stands around the guide on each page.

    Attributes:
        name: The guide's name, in the header.
        disclaimer: The line that is on every page.
        chat_url: Where to ask the guide a question; empty: no link.
        static_url: Where the style sheets are served, without a slash at its end.
        version: Added to their addresses, so that a new release is seen at once.
    """

    name: str
    disclaimer: str
    chat_url: str = "/"
    static_url: str = "/static"
    version: str = "1"


def guide_router(
    *,
    load: Callable[[], GuideView],
    today: Callable[[], date],
    site: GuideSite,
    rank: Callable[[str], Sequence[str]] | None = None,
) -> APIRouter:
    """Make the routes of the guide's pages.

    Args:
        load: Gives the guide as it is now; called once a request, so it should keep what it read.
        today: The day on which expiry is judged.
        rank: Section ids for a question, best first; None: a plain word search.
    """
    router = APIRouter()
    pages = _Pages(load=load, today=today, site=site, rank=rank)

    @router.api_route("/guide", methods=_METHODS)
    def contents(request: Request, q: str | None = None) -> Response:
        if q is None:
            return pages.contents(request)
        return pages.results(" ".join(q[:_MAX_QUERY_CHARS].split()))

    @router.api_route("/guide/references", methods=_METHODS)
    def references(request: Request) -> Response:
        return pages.references(request)

    @router.api_route("/guide/{chapter_id}", methods=_METHODS)
    def chapter(request: Request, chapter_id: str, section: str | None = None, cite: str | None = None) -> Response:
        return pages.chapter(request, chapter_id, section_id=section, cite=cite)

    @router.api_route("/guide/{path:path}", methods=_METHODS)
    def elsewhere(path: str) -> Response:
        return pages.not_found() if path else RedirectResponse("/guide", status_code=308)

    return router


class _Pages:
    """The pages over one guide; everything they hold is handed in."""

    def __init__(
        self,
        *,
        load: Callable[[], GuideView],
        today: Callable[[], date],
        site: GuideSite,
        rank: Callable[[str], Sequence[str]] | None,
    ) -> None:
        self._load = load
        self._today = today
        self._site = site
        self._rank = rank
        self._templates = _environment()

    def contents(self, request: Request) -> Response:
        return self._kept(request, self._html("contents.html", view=self._load(), query=""))

    def results(self, query: str) -> Response:
        view = self._load()
        found = self._found(query, view)
        page = self._html(
            "results.html", view=view, query=query, found=_with_first_sentences(found[:_MAX_RESULTS]), total=len(found)
        )
        return Response(page, media_type="text/html", headers=_PRIVATE)

    def references(self, request: Request) -> Response:
        view = self._load()
        sections = tuple(section for chapter in view.chapters for section in chapter.sections)
        sources = cited_references(sections, view.references)
        where = {
            source.id: [
                chapter for chapter in view.chapters if any(source.id in s.references for s in chapter.sections)
            ]
            for source in sources
        }
        return self._kept(request, self._html("references.html", view=view, sources=sources, where=where))

    def chapter(self, request: Request, chapter_id: str, *, section_id: str | None, cite: str | None) -> Response:
        view = self._load()
        chapter = view.chapter(chapter_id)
        if chapter is None:
            return self.not_found()
        span = parse_cite(cite)
        passages = [
            (section, blocks_of(section.text, cited=span if section_id in (None, section.id) else None))
            for section in chapter.sections
        ]
        sources = cited_references(chapter.sections, view.references)
        page = self._html(
            "chapter.html",
            view=view,
            chapter=chapter,
            passages=passages,
            cited_id=section_id if span else None,
            sources=sources,
            numbers={source.id: number for number, source in enumerate(sources, start=1)},
            **_neighbours(view, chapter),
        )
        return self._kept(request, page)

    def not_found(self) -> Response:
        page = self._html("not_found.html", view=self._load(), query="")
        return Response(page, status_code=404, media_type="text/html", headers={"Cache-Control": "no-store"})

    def _found(self, query: str, view: GuideView) -> list[tuple[Chapter, Section]]:
        places = {section.id: (chapter, section) for chapter in view.chapters for section in chapter.sections}
        if not query:
            return []
        rank = self._rank or (lambda words: rank_sections(words, [section for _, section in places.values()]))
        return [places[section_id] for section_id in dict.fromkeys(rank(query)) if section_id in places]

    def _html(self, template: str, **values: Any) -> str:
        return self._templates.get_template(template).render(site=self._site, today=self._today(), **values)

    def _kept(self, request: Request, page: str) -> Response:
        tag = f'"{hashlib.sha256(page.encode()).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": _CACHE}
        known = {entry.strip().removeprefix("W/") for entry in request.headers.get("if-none-match", "").split(",")}
        if tag in known or "*" in known:
            return Response(status_code=304, headers=headers)
        return Response(page, media_type="text/html", headers=headers)


def _citing(view: GuideView, reference_id: str) -> list[Chapter]:
    return [
        chapter for chapter in view.chapters if any(reference_id in section.references for section in chapter.sections)
    ]


def _with_first_sentences(found: Sequence[tuple[Chapter, Section]]) -> list[tuple[Chapter, Section, str]]:
    spans = ((chapter, section, sentence_spans(section.text)[0]) for chapter, section in found)
    return [(chapter, section, section.text[span.start : span.end]) for chapter, section, span in spans]


def _neighbours(view: GuideView, chapter: Chapter) -> dict[str, Chapter | None]:
    place = view.chapters.index(chapter)
    return {
        "previous": view.chapters[place - 1] if place else None,
        "next": view.chapters[place + 1] if place + 1 < len(view.chapters) else None,
    }


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_DIR),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["long_date"] = _long_date
    return environment


def _long_date(day: date) -> str:
    """Write a date as "22 November 2026"."""
    return f"{day.day} {day:%B %Y}"
