"""What ``lupus-bot eval run`` is made of: the parts that are measured, put together once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.answer.calibration import CALIBRATION_PATH
from bot.answer.source import Edition
from bot.answer.verify.verifier import MODEL_DIR, load_verifier
from bot.bootstrap import make_service, make_source
from bot.conversation.service import ConversationService
from bot.corpus.loader import load_corpus
from bot.domain import Section
from bot.evaluation.baseline import PlainRetriever
from bot.evaluation.datasets import Claim, Item, digest_of
from bot.evaluation.judges import Judge
from bot.evaluation.report import report_of
from bot.evaluation.run_folder import Run, RunFolderError, machine_versions, write_run
from bot.evaluation.runner import Evaluator, judged_claims
from bot.evaluation.summary import summary_of
from bot.index.manifest import digests
from bot.settings import Settings

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that a run measures.

    Attributes:
        sections: The guide that the index was built from.
    """

    service: ConversationService
    edition: Edition
    sections: Sequence[Section]
    judge: Judge

    @classmethod
    def opened(cls, settings: Settings, *, index_dir: Path | None, corpus_dir: Path) -> Parts:
        """Open index, guide and verifier, and a service on a store of its own.

        Raises:
            BotError: A part cannot be used, or the index was built from another guide.
        """
        source = make_source(settings, index_dir=index_dir)
        edition = source.edition()
        sections = load_corpus(corpus_dir).sections
        known = {section.id for section in sections}
        if any(chunk.section_id not in known for chunk in edition.searcher.index.chunks):
            raise RunFolderError(f"The index was not built from {corpus_dir}; name its guide with --corpus.")
        service = make_service(settings, source=source, scratch=True, limited=False)
        return cls(service, edition, sections, load_verifier())

    def measured(
        self,
        items: Sequence[Item],
        claims: Sequence[Claim],
        *,
        name: str,
        config: Mapping[str, Any],
        with_baseline: bool,
        progress: Progress,
    ) -> Run:
        """Ask every question, judge every claim, and sum up."""
        baseline = None
        if with_baseline:
            baseline = PlainRetriever(sections=self.sections, encode=self.edition.worker.encode, progress=progress)
        evaluator = Evaluator(
            service=self.service,
            searcher=self.edition.searcher,
            facts={section.id: frozenset(section.facts) for section in self.sections},
            judge=self.judge,
            baseline=baseline,
            progress=progress,
        )
        results = evaluator.results_of(items)
        judged = judged_claims(claims, self.judge, progress=progress)
        return Run(
            name=name,
            config=config,
            versions=self._versions(items, claims),
            results=tuple(results),
            claims=tuple(judged),
            summary=summary_of(results, judged),
        )

    def _versions(self, items: Sequence[Item], claims: Sequence[Claim]) -> dict[str, Any]:
        manifest = self.edition.searcher.index.manifest
        verifier = "".join(digest for _, digest in digests(MODEL_DIR))
        return {
            "guide": manifest.corpus_digest,
            "index": manifest.version,
            "model": manifest.model,
            "calibration": self.edition.calibration_version,
            "verifier": hashlib.sha256(verifier.encode()).hexdigest(),
            "questions": digest_of(items) if items else None,
            "claims": digest_of(claims) if claims else None,
            "packages": machine_versions(),
        }


def write(folder: Path, run: Run) -> None:
    """Write a run with its report."""
    calibration = json.loads(CALIBRATION_PATH.read_text(encoding="utf-8"))
    write_run(folder, run, report=report_of(run, calibration=calibration))
