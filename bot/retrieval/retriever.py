"""LangChain's door to retrieval: a query in, `Document`s out."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from bot.domain import Hit
from bot.retrieval.search import Searcher


class GuideRetriever(BaseRetriever):
    """A LangChain retriever over one index version; the hit itself travels in the metadata.

    Attributes:
        searcher: The search behind it.
        k: How many documents at most.
    """

    searcher: Any
    k: int = 10

    def __init__(self, *, searcher: Searcher, k: int = 10) -> None:
        super().__init__(searcher=searcher, k=k)

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [document(hit) for hit in self.searcher.search(query, k=self.k).hits]


def document(hit: Hit) -> Document:
    """Return a hit as a LangChain document: the passage, and what identifies and ranks it."""
    chunk = hit.chunk
    return Document(
        id=chunk.id,
        page_content=chunk.text,
        metadata={"section_id": chunk.section_id, "title": chunk.title, "source": chunk.source, "score": hit.score},
    )
