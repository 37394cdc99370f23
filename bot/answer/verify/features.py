"""The findings of all rules about one pair as numbers, and which of them are vetoes."""

from __future__ import annotations

from bot.answer.verify.alignment import Alignment, align
from bot.answer.verify.bindings import bindings
from bot.answer.verify.claims import cause, clause_coverages, cues, longest_gap, polarity
from bot.answer.verify.clauses import clause_findings
from bot.answer.verify.edits import edit_findings
from bot.answer.verify.lexicon import lexicon
from bot.answer.verify.names import check_names
from bot.answer.verify.number_match import Match, is_same, match
from bot.answer.verify.numbers import Quantity, quantities
from bot.answer.verify.replacements import replacement_findings
from bot.answer.verify.scopes import scope_findings

_TIMES = ("day", "date", "year")
# Smaller leads of a rival are chance.
_CLEAR_LEAD = 0.1


def features(sentence: str, passage: str) -> dict[str, float]:
    """Return what the rules find about one pair."""
    alignment = align(sentence, passage)
    found = {
        **_coverage(alignment),
        **_numbers(alignment),
        **_names(alignment),
        **_claims(alignment),
        **_bindings(alignment),
        **clause_findings(alignment),
        **edit_findings(alignment),
        **replacement_findings(alignment),
    }
    scopes = scope_findings(alignment)
    flip = max(scopes.values())
    return {**found, **scopes, "scope_flip": flip, "flip_agreed": min(found["clause_flip"], flip)}


def _coverage(alignment: Alignment) -> dict[str, float]:
    count = max(1, len(alignment.answers))
    clauses = clause_coverages(alignment) or [1.0]
    ranked = sorted(alignment.by_sentence, reverse=True)
    two = [
        any(alignment.passage.words[p].sentence in alignment.nearest for p in places) for places in alignment.answers
    ]
    missing = sum(1 for places in alignment.answers if not places)
    return {
        "words": min(count, 30) / 10,
        "exact": sum(alignment.exact) / count,
        "coverage": 1 - missing / count,
        "missing": min(missing, 6),
        "clause_min": min(clauses),
        "clause_last": clauses[-1],
        "gap": min(longest_gap(alignment), 5),
        "in_one": ranked[0],
        "in_two": sum(two) / count,
        "nothing_said": float(not alignment.answers),
    }


def _numbers(alignment: Alignment) -> dict[str, float]:
    said, source = quantities(alignment.sentence.text), quantities(alignment.passage.text)
    found = [(quantity, match(quantity, source)) for quantity in said]
    shares = {q.start for q, how in found if q.written_unit == "of" and how >= Match.DERIVED}
    # The two counts of a share that the passage has in other figures need not be there.
    counted = [(q, how) for q, how in found if not (how < Match.SAME and _is_inside_share(q, said, shares))]
    absent = [q for q, how in counted if how == Match.ABSENT]
    return {
        "numbers": min(len(said), 5),
        "number_absent": min(sum(1 for q in absent if q.unit not in _TIMES), 2),
        "time_absent": min(sum(1 for q in absent if q.unit in _TIMES), 2),
        "rate_other": _other_rate(said, source),
        "time_other_unit": float(any(how == Match.OTHER_UNIT and q.unit == "day" for q, how in counted)),
        "number_other_unit": float(any(how == Match.OTHER_UNIT and q.unit != "day" for q, how in counted)),
        "bound_other": float(any(how == Match.OTHER_BOUND for _, how in counted)),
        "number_derived": min(sum(1 for _, how in counted if how == Match.DERIVED), 2),
        "number_summed": min(sum(1 for _, how in counted if how == Match.SUMMED), 2),
        "number_rival": max(0.0, _number_rivalry(alignment, said, source) - _CLEAR_LEAD),
        "number_swap": max(0.0, _number_swap(alignment, said, source) - _CLEAR_LEAD),
    }


def _is_inside_share(quantity: Quantity, said: tuple[Quantity, ...], shares: set[int]) -> bool:
    return any(q.written_unit == "of" and q.start in shares and q.start <= quantity.start < q.end for q in said)


def _other_rate(said: tuple[Quantity, ...], source: tuple[Quantity, ...]) -> float:
    """Tell whether the sentence counts by the month what its passage counts by the year only."""
    mine, theirs = ({quantity.written_unit for quantity in found if quantity.is_soft} for found in (said, source))
    return float(bool(mine) and bool(theirs) and not mine & theirs)


def _number_rivalry(alignment: Alignment, said: tuple[Quantity, ...], source: tuple[Quantity, ...]) -> float:
    """Return the largest lead of another number of the same unit in fitter company, the sentence's others left out."""
    worst = 0.0
    places = _places(alignment, source)
    for quantity in said:
        own = [o for o in source if is_same(quantity, o)]
        rivals = [o for o in source if o.unit == quantity.unit and not any(is_same(other, o) for other in said)]
        worst = max(worst, _lead(alignment, quantity, own, rivals, places, is_local=False))
    return worst


def _number_swap(alignment: Alignment, said: tuple[Quantity, ...], source: tuple[Quantity, ...]) -> float:
    """The same among the sentence's own numbers, by the words beside each: 8 in 10 adults for 8 in 10 children."""
    worst = 0.0
    places = _places(alignment, source)
    for quantity in said:
        own = [o for o in source if is_same(quantity, o)]
        rivals = [o for o in source if o.unit == quantity.unit and not is_same(quantity, o)]
        if own:
            worst = max(worst, _lead(alignment, quantity, own, rivals, places, is_local=True))
    return worst


def _lead(
    alignment: Alignment,
    quantity: Quantity,
    own: list[Quantity],
    rivals: list[Quantity],
    places: dict[int, int],
    *,
    is_local: bool,
) -> float:
    without = _content_at(alignment, quantity)
    if is_local:
        without |= _content_far_from(alignment, quantity)

    def company(found: list[Quantity]) -> float:
        at = [places[other.start] for other in found if other.start in places]
        return max((alignment.company(place, without=without) for place in at), default=0.0)

    return company(rivals) - company(own)


def _content_far_from(alignment: Alignment, quantity: Quantity) -> frozenset[int]:
    """Return the content words that do not stand in the clause of a quantity."""
    clauses = {word.clause for word in alignment.sentence.words if quantity.start <= word.start <= quantity.end}
    return frozenset(n for n, word in enumerate(alignment.sentence.content) if word.clause not in clauses)


def _content_at(alignment: Alignment, quantity: Quantity) -> frozenset[int]:
    return frozenset(
        number for number, word in enumerate(alignment.sentence.content) if quantity.start <= word.start < quantity.end
    )


def _places(alignment: Alignment, source: tuple[Quantity, ...]) -> dict[int, int]:
    """Return for each quantity's start the place of the first word at or after it."""
    found = {}
    for quantity in source:
        for place, word in enumerate(alignment.passage.words):
            if word.end > quantity.start:
                found[quantity.start] = place
                break
    return found


def _names(alignment: Alignment) -> dict[str, float]:
    found = check_names(alignment)
    return {
        "name_strict": min(found.strict_missing, 2),
        "name_loose": min(found.loose_missing, 2),
        "name_code": min(found.codes_missing, 2),
        "name_rival": max(0.0, found.rival - _CLEAR_LEAD),
        "name_swap": max(0.0, found.swap - _CLEAR_LEAD),
    }


def _claims(alignment: Alignment) -> dict[str, float]:
    lists = lexicon()
    poles, reason = polarity(alignment), cause(alignment)
    hedges, certain = cues(lists.hedges, alignment), cues(lists.certainties, alignment)
    universal, limits = cues(lists.universals, alignment), cues(lists.limits, alignment)
    return {
        "negation_parity": poles.parity,
        "negation_added": poles.added,
        "negation_lost": poles.lost,
        "opposites": min(poles.opposites, 2),
        "opposites_far": min(poles.opposites_far, 2),
        "opposites_one": min(poles.opposites_one, 2),
        "hedge_lost": hedges.lost if not hedges.said else 0.0,
        "hedge_none": float(not hedges.said and hedges.near > 0),
        "certain_new": min(certain.new, 2),
        "certain_added": min(certain.added, 2),
        "universal_new": min(universal.new, 2),
        "universal_added": min(universal.added, 2),
        "limit_lost": limits.lost if not limits.said else 0.0,
        "universal_for_limit": float(universal.added > 0) * limits.lost,
        "cause_said": reason.is_said,
        "cause_new": reason.is_new,
        "cause_not_near": reason.is_said * (1 - reason.near),
        "cause_uncovered": 1 - reason.coverage,
    }


def _bindings(alignment: Alignment) -> dict[str, float]:
    lists = lexicon()
    found: dict[str, float] = {}
    for name in ("negations", "hedges", "limits", "universals", "certainties"):
        bound = bindings(getattr(lists, name), alignment)
        found |= {
            f"{name}_dropped": bound.dropped,
            f"{name}_bound": bound.added,
            f"{name}_dropped_most": bound.dropped_most,
        }
    return found
