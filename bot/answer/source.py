"""The answer chain of the index in use; a new index version brings a new chain, talks go on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from langchain_core.runnables import Runnable
from numpy.typing import NDArray

from bot.answer.abstention import calibration
from bot.answer.pipeline import AnswerChain
from bot.domain import Chunk, Draft, Question, Reference, Span
from bot.index.loaded import CurrentIndex, LoadedIndex
from bot.index.query_encoder import TOKENIZER_FILE, Encoder, TokenCounter
from bot.retrieval.encoding import EncodingWorker
from bot.retrieval.search import Searcher


@dataclass(frozen=True, slots=True)
class Edition:
    """One index version ready to answer.

    Attributes:
        chain: Answers in the guide's own sentences.
        answerer: Answers in a language model's words where one is set; else the same chain.
        guide_version: First digits of the corpus digest.
        index_version: Name of the index version.
        calibration_version: First digits of the calibration file's digest.
    """

    chain: AnswerChain
    answerer: Runnable[Question, Draft]
    searcher: Searcher
    worker: EncodingWorker
    references: dict[str, Reference]
    guide_version: str
    index_version: str
    calibration_version: str


class AnswerSource:
    """Hands out the edition in use.

    Args:
        index: The current index, reloaded when it changes on disk.
        encoder_for: Makes the query encoder of an index version.
        threshold: Confidence below which the chain abstains; None: the calibrated one.
        answerer_for: Makes the answerer around a chain; by default the chain itself.
    """

    def __init__(
        self,
        *,
        index: CurrentIndex,
        encoder_for: Callable[[LoadedIndex], Encoder],
        threshold: float | None = None,
        answerer_for: Callable[[AnswerChain], Runnable[Question, Draft]] = lambda chain: chain,
    ) -> None:
        self._index = index
        self._encoder_for = encoder_for
        self._threshold = threshold
        self._answerer_for = answerer_for
        self._lock = threading.Lock()
        self._edition: Edition | None = None

    def edition(self) -> Edition:
        """Return the newest whole edition.

        Raises:
            BadIndexError: There is no usable index.
            ModelError: Its query model cannot be loaded.
            SettingsError: The calibration file cannot be used.
        """
        loaded = self._index.get()
        held = self._edition
        if held is not None and held.index_version == loaded.manifest.version:
            return held
        with self._lock:
            held = self._edition
            if held is None or held.index_version != loaded.manifest.version:
                # The old edition's worker ends with its last question; talks under way keep it alive.
                self._edition = held = self._make(loaded)
            return held

    def encode(self, text: str) -> NDArray[np.float32]:
        """Embed a text as the index does: float32 (dim,), a unit vector.

        Raises:
            BadIndexError: There is no usable index.
            ModelError: The text could not be embedded.
        """
        return self.edition().worker.encode(text)

    def _make(self, loaded: LoadedIndex) -> Edition:
        worker = EncodingWorker(encoder=self._encoder_for(loaded))
        vocabulary = TokenCounter(loaded.folder / TOKENIZER_FILE)
        searcher = Searcher(index=loaded, encode=worker.encode, is_word=vocabulary.is_word)
        starts = {chunk.section_id: chunk.char_start for chunk in reversed(loaded.chunks)}
        chain = AnswerChain(
            searcher=searcher,
            url_of=_PageAddress(starts),
            is_everyday=vocabulary.is_everyday,
            threshold=self._threshold,
        )
        return Edition(
            chain=chain,
            answerer=self._answerer_for(chain),
            searcher=searcher,
            worker=worker,
            references=loaded.references,
            guide_version=loaded.manifest.corpus_digest[:12],
            index_version=loaded.manifest.version,
            calibration_version=calibration().version,
        )


class _PageAddress:
    """Makes the address of a passage on the guide's pages, its quote marked.

    Args:
        section_starts: Where each section begins in its source text.
    """

    def __init__(self, section_starts: dict[str, int]) -> None:
        self._starts = section_starts

    def __call__(self, chunk: Chunk, span: Span) -> str:
        offset = chunk.char_start - self._starts.get(chunk.section_id, chunk.char_start)
        return f"/guide/{chunk.chapter_id}?cite={offset + span.start}-{offset + span.end}#{chunk.section_id}"
