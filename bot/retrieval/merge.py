"""Several searches for one question become one list: a chunk counts with its best score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.domain import Hit
from bot.retrieval.search import Found


def merged(founds: Sequence[Found], *, weights: Sequence[float], k: int, untold: Sequence[bool] = ()) -> Found:
    """Merge searches; each one's scores are multiplied by its weight, 0..1.

    Args:
        untold: Marks searches that say which chunks are near, but not which of their sentences; none by default.
    """
    best: dict[str, Hit] = {}
    sentences: dict[tuple[str, int], float] = {}
    silent = list(untold) if untold and not all(untold) else [False] * len(founds)
    for found, weight, is_untold in zip(founds, weights, silent, strict=True):
        for hit in found.hits:
            weighted = replace(hit, score=round(hit.score * weight, 6))
            known = best.get(hit.chunk.id)
            closest = max(hit.question, known.question if known else -1.0)
            higher = weighted if known is None or known.score < weighted.score else known
            best[hit.chunk.id] = replace(higher, question=closest)
        for key, cosine in () if is_untold else found.sentences.items():
            sentences[key] = max(cosine, sentences.get(key, -1.0))
    hits = sorted(best.values(), key=lambda hit: (-hit.score, hit.chunk.id))
    query_terms = tuple(
        dict.fromkeys(
            term for found, quiet in zip(founds, silent, strict=True) if not quiet for term in found.query_terms
        )
    )
    return Found(tuple(hits[:k]), sentences, query_terms)
