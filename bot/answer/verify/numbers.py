"""Quantities: digits or words, ranges, shares, durations and temperatures.

A duration is kept in days, a temperature in °C, a share in per cent, a mass in mg, so that "a fortnight", "14 days"
and "two weeks" are one thing, and "8 of 10", "four out of five" and "80 per cent" another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from bot.answer.verify.number_words import (
    AND,
    BETWEEN,
    DAYS,
    LESS_AFTER,
    LOWER_BOUND,
    MASSES,
    MONTHS,
    MORE_AFTER,
    MULTIPLIER,
    MULTIPLIERS,
    ONE_COUNTS,
    ORDINALS,
    PARTS,
    RATES,
    ROMAN,
    ROUGH,
    SHARE,
    TIME,
    TOKEN,
    UNIT,
    UNIT_BEFORE,
    UPPER_BOUND,
    VALUES,
)

# "One of the two" names one of a pair and is no share.
_PAIR = 3


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity.

    Args:
        value: In its unit's base: days, °C, per cent, mg; else as written.
        unit: day, celsius, percent, mg, money, times, titre, year and date (calendar), or empty for a bare count.
        written_unit: The unit as written, for durations and shares: "week", "of".
        is_rough: "About" stands before it, or it is a rounded word such as "a third".
        bound: "least", "most" or empty.
        is_soft: Said by the way ("a day", "the fifth year"): it can answer for a quantity but needs no answer.
    """

    value: float
    unit: str
    written_unit: str
    start: int
    end: int
    is_rough: bool = False
    bound: str = ""
    is_soft: bool = False


def quantities(text: str) -> tuple[Quantity, ...]:
    """Find the quantities of a text, in order; a share such as "8 of 10" also gives its two counts."""
    found: list[Quantity] = []
    for token in TOKEN.finditer(text):
        is_read = bool(found) and token.start() < found[-1].end
        if not (is_read and (token["article"] or token["part"] or token["dozen"])):
            found.extend(_of_token(text, token))
    return tuple(_joined(found, text))


def _of_token(text: str, token: re.Match[str]) -> Iterator[Quantity]:
    if token["titre"]:
        yield Quantity(float(token["titre"][2:]), "titre", "titre", token.start(), token.end())
    elif token["part"]:
        yield from _of_part(text, token)
    elif token["article"]:
        yield from _of_article(text, token)
    elif token["month"]:
        year, month = float(token["month_year"]), MONTHS.index(token["month"])
        yield Quantity(12 * year + month, "date", "date", token.start(), token.end())
        yield Quantity(year, "year", "", token.start(), token.end())
    elif token["ordinal"] or token["rate"] or _roman(token):
        yield _soft(token)
    elif token["times"]:
        value = 1.0 if token["times"].lower() == "once" else 2.0
        yield Quantity(value, "times", "times", token.start(), token.end())
    elif token["fortnight"]:
        yield Quantity(14.0, "day", "fortnight", token.start(), token.end(), is_rough=True)
    else:
        yield from _of_number(text, token)


def _roman(token: re.Match[str]) -> str:
    return token["roman"] or token["roman_class"] or token["roman_phase"] or ""


def _soft(token: re.Match[str]) -> Quantity:
    """Read "the fifth year", "yearly" and "class III"."""
    if _roman(token):
        return Quantity(float(ROMAN[_roman(token)]), "", "", token.start(), token.end())
    unit = token["ordinal_unit"].lower() if token["ordinal"] else RATES[token["rate"].lower()]
    value = ORDINALS[token["ordinal"].lower()] if token["ordinal"] else 1
    return Quantity(value * DAYS[unit], "day", unit, token.start(), token.end(), is_soft=True)


def _of_part(text: str, token: re.Match[str]) -> Iterator[Quantity]:
    """Read "a third", "three quarters", "half a year"; a bare "third" or "second" is an ordinal."""
    part, many = token["part_of"].lower(), (token["parts_n"] or "").lower()
    if part != "half" and not many:
        return
    value = PARTS[part] * {"": 1, "a": 1, "an": 1}.get(many, VALUES.get(many, 1))
    after = re.match(rf"(?: (?:of )?an?| (?:of the|the))?[ -]({TIME})s?\b", text[token.end() :], re.IGNORECASE)
    if after and part in ("half", "quarter", "third"):
        unit = after[1].lower()
        end = token.end() + after.end()
        yield Quantity(value * DAYS[unit], "day", unit, token.start(), end, is_rough=True)
    elif not re.match(r"[ -](?:dose|life|way)", text[token.end() :]):
        bound = _bound(text, token.start(), token.end())
        yield Quantity(value * 100, "percent", part, token.start(), token.end(), is_rough=True, bound=bound)


def _of_article(text: str, token: re.Match[str]) -> Iterator[Quantity]:
    """Read "a year"; "twice a day" and "5 mg a day" are rates and no duration."""
    before = text[max(0, token.start() - 14) : token.start()].lower()
    unit, article = token["article_unit"].lower(), token["article"].lower()
    is_soft = (
        re.search(r"(?:once|twice|times|mg|g|\d|doses?|days|hours)\s+$", before) is not None
        or article.startswith("every")
        or (unit in ("second", "minute", "day", "night") and not article.startswith("one"))
    )
    is_rough = _is_rough(text, token.start())
    yield Quantity(DAYS[unit], "day", unit, token.start(), token.end(), is_rough=is_rough, is_soft=is_soft)


def _of_number(text: str, token: re.Match[str]) -> Iterator[Quantity]:
    value, end = _value(text, token)
    if value is None:
        return
    if token["worded"] and token["worded"].lower() == "one" and not ONE_COUNTS.match(text, end):
        return
    start = token.start()
    unit, base, written = _unit(text, value, end, is_money=bool(token["money"]))
    before = UNIT_BEFORE.search(text[max(0, start - 8) : start])
    if before and unit in ("", "year"):
        unit, base, written = "day", value * DAYS[before[1].lower()], before[1].lower()
    rough = _is_rough(text, start) or bool(token["couple"])
    bound = _bound(text, start, end)
    share = SHARE.match(text, end) if not unit or unit == "year" else None
    if share is not None:
        whole = _plain_value(share["whole"])
        if whole and value <= whole and (whole > _PAIR or " in " in share.group()):
            yield Quantity(100 * value / whole, "percent", "of", start, share.end(), rough, bound)
    yield Quantity(base, unit, written, start, end, rough, bound)


def _value(text: str, token: re.Match[str]) -> tuple[float | None, int]:
    end = token.end()
    if token["couple"] or token["dozen"]:
        is_half = text[: token.start()].lower().endswith("half a ")
        return (2.0 if token["couple"] else 6.0 if is_half else 12.0), end
    value = _plain_value(token["digits"] or token["worded"])
    multiplier = MULTIPLIER.match(text, end)
    if value is not None and multiplier:
        value, end = value * MULTIPLIERS[multiplier[1].lower()], multiplier.end()
    half = re.match(r" and a half\b", text[end:], re.IGNORECASE)
    if value is not None and half:
        value, end = value + 0.5, end + half.end()
    return value, end


def _plain_value(written: str) -> float | None:
    if written[0].isdigit():
        return float(written.replace(",", ""))
    total, words = 0.0, re.split(r"[ -]", written.lower())
    for word in words:
        if word == "hundred":
            total = (total or 1.0) * 100
        elif word != "and":
            total += VALUES[word]
    return total


def _unit(text: str, value: float, end: int, *, is_money: bool) -> tuple[str, float, str]:
    """Return the unit, the value in its base, and the unit as written."""
    if is_money:
        return "money", value, "money"
    between = BETWEEN.match(text, end)
    after = between.end() if between else end
    found = UNIT.match(text, after) or UNIT.match(text, end)
    if found is None:
        is_year = 1900 <= value <= 2100 and value == int(value) and not re.match(r"\s+(?:people|women|men)", text[end:])
        return ("year" if is_year and "," not in text[end - 5 : end] else ""), value, ""
    kind = str(found.lastgroup)
    if kind == "time":
        unit = found["time"].lower()
        return "day", value * DAYS[unit], unit
    if kind == "mass":
        return "mg", value * MASSES[found["mass"][:2].lower()], "mg"
    if kind == "fahrenheit":
        return "celsius", (value - 32) * 5 / 9, "fahrenheit"
    return {"dollar": "money"}.get(kind, kind), value, kind


def _is_rough(text: str, start: int) -> bool:
    return ROUGH.search(text[max(0, start - 40) : start]) is not None


def _bound(text: str, start: int, end: int) -> str:
    before, after = text[max(0, start - 24) : start], text[end : end + 40]
    if LOWER_BOUND.search(before) or MORE_AFTER.match(after):
        return "least"
    return "most" if UPPER_BOUND.search(before) or LESS_AFTER.match(after) else ""


def _joined(found: list[Quantity], text: str) -> Iterator[Quantity]:
    """Join "a year and a quarter" and "two years and five months" into one duration each."""
    skip = False
    for here, following in zip_longest(found, found[1:]):
        if skip:
            skip = False
            continue
        extra = 0.0
        if following is not None and here.unit == "day" and AND.fullmatch(text, here.end, following.start):
            extra = _extra(here, following)
        if extra:
            yield Quantity(here.value + extra, "day", here.written_unit, here.start, following.end, is_rough=True)
            skip = True
        else:
            yield here


def _extra(here: Quantity, following: Quantity) -> float:
    """Return the days that a following quantity adds to a duration; none where it stands by itself."""
    unit = DAYS.get(here.written_unit, 1.0)
    if following.written_unit in PARTS and following.unit == "percent":
        return following.value / 100 * unit
    return following.value if following.unit == "day" and following.value < unit else 0.0
