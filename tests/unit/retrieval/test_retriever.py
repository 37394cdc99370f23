from __future__ import annotations

from bot.retrieval.retriever import GuideRetriever
from bot.retrieval.search import Searcher
from tests.fakes.encoders import HashEmbedder
from tests.fakes.indexes import FEVER, guide_chunks, make_index


def test_langchain_gets_the_hits_as_documents() -> None:
    searcher = Searcher(index=make_index(guide_chunks()), encode=HashEmbedder().encode)

    documents = GuideRetriever(searcher=searcher, k=2).invoke("fever after the infusion")

    hits = searcher.search("fever after the infusion", k=2).hits
    assert [document.id for document in documents] == [hit.chunk.id for hit in hits]
    assert documents[0].page_content == FEVER
    assert documents[0].metadata == {
        "section_id": "crs",
        "title": "What is cytokine release syndrome?",
        "source": "risks.md",
        "score": hits[0].score,
    }


def test_langchain_gets_nothing_for_nothing() -> None:
    searcher = Searcher(index=make_index(guide_chunks()), encode=HashEmbedder().encode)

    assert GuideRetriever(searcher=searcher).invoke("  ") == []
