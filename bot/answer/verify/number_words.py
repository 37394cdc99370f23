"""How quantities are written: figures, words for them, units, and what stands around them."""

from __future__ import annotations

import re

SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
VALUES: dict[str, float] = {word: float(value) for value, word in enumerate(SMALL)}
VALUES |= {word: 10.0 * place for place, word in enumerate(TENS, start=2)}
MULTIPLIERS = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "lakh": 1e5, "dozen": 12.0}
PARTS = {"half": 1 / 2, "third": 1 / 3, "quarter": 1 / 4, "fifth": 1 / 5, "tenth": 1 / 10, "sixth": 1 / 6}
DAYS = {
    "second": 1 / 86400, "minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "night": 1.0, "week": 7.0, "fortnight": 14.0,
    "month": 30.44, "year": 365.25, "decade": 3652.5, "century": 36525.0,
}  # fmt: skip
NUMBER_WORD = "|".join([*SMALL, *TENS])
WORDED = (
    rf"(?:{NUMBER_WORD})(?:[ -](?:{NUMBER_WORD}))?"
    rf"(?:[ ]hundred(?:[ ]and[ ](?:{NUMBER_WORD})(?:-(?:{NUMBER_WORD}))?)?)?"
)
DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
PART = "|".join(PARTS)
ORDINALS = dict(
    zip(
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"],
        range(1, 11),
        strict=True,
    )
)
MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]  # fmt: skip
RATES = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year", "annual": "year", "annually": "year"}
ROMAN = dict(zip(["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"], range(1, 11), strict=True))
TIME = "|".join(sorted(DAYS, key=len, reverse=True))
TOKEN = re.compile(
    rf"""(?P<titre>\b1:\d+\b)
    |(?-i:\b(?P<month>{"|".join(MONTHS)})[ ](?P<month_year>(?:19|20)\d\d)\b)
    |(?P<part>\b(?:(?P<parts_n>an?|one|two|three|four)[ -])?(?P<part_of>{PART})s?\b(?![ ](?:a[ ])?dozen))
    |(?P<article>\b(?:an?|one|every)[ ](?:full[ ]|whole[ ]|single[ ])?(?P<article_unit>{TIME})\b)
    |(?P<money>[$€£])?(?<![\w.])(?<![A-Za-z]-)(?P<digits>{DIGITS})(?!\d|:\d|\w*[A-Z]\d)
    |\b(?P<worded>{WORDED})\b
    |\b(?P<times>once|twice)(?=[ ](?:a|an|per|each|every|daily|weekly|monthly|yearly)\b)
    |\b(?P<ordinal>{"|".join(ORDINALS)})[ ](?P<ordinal_unit>day|week|month|year)s?\b
    |\b(?P<rate>daily|weekly|monthly|yearly|annual|annually)\b
    |(?-i:\b(?P<roman>II|III|IV|VI|VII|VIII|IX)\b)
    |(?-i:(?<=[Cc]lass[ ])(?P<roman_class>I|V|X)\b|(?<=[Pp]hase[ ])(?P<roman_phase>I|V)\b)
    |\b(?P<fortnight>fortnight)\b
    |\b(?P<couple>couple)\b|\b(?P<dozen>dozen)\b""",
    re.IGNORECASE | re.VERBOSE,
)
MULTIPLIER = re.compile(r"[ -]?(hundred|thousand|million|billion|lakh|dozen)s?\b", re.IGNORECASE)
AND = re.compile(rf"[ -]?(?:(?:{TIME})s?)?[ ]and[ ]", re.IGNORECASE)
UNIT_BEFORE = re.compile(r"\b(day|week|month|year) $", re.IGNORECASE)
# What may stand between a number and its unit: "three or more full months", "15 to 18 years", "two to five hours".
BETWEEN = re.compile(
    rf"(?:[ -](?:or[ ](?:more|less|fewer|longer|so|{WORDED}|{DIGITS})|full|whole|more|further|other|extra|consecutive)"
    rf"|[ ]?(?:to|and|or|–|-|through)[ ]?(?:about[ ]|almost[ ]|nearly[ ])?(?:{DIGITS}|{WORDED}))*",
    re.IGNORECASE,
)
UNIT = re.compile(
    rf"""[ -]?(?:(?P<percent>%|per[ ]?cent\b|percent\b|percentage)
    |(?P<time>{TIME})s?\b
    |(?P<celsius>°[ ]?C\b|C\b|degrees?[ ](?:C|[Cc]elsius|[Cc]entigrade)\b)
    |(?P<fahrenheit>°[ ]?F\b|F\b|degrees?[ ](?:F|[Ff]ahrenheit)\b)
    |(?P<mass>mg|milligrams?|milligrammes?|mcg|micrograms?|kg|kilograms?|g|grams?|ml)\b
    |(?P<dollar>dollars?|euros?|pounds?|rupees?)\b
    |(?P<times>times)\b)""",
    re.VERBOSE,
)
SHARE = re.compile(
    rf"(?:\s*(?:to|-|–|or)\s*(?:{DIGITS}|{WORDED}))?\s+(?:out\s+of|of|in|from)\s+(?:the\s+|every\s+|those\s+|about\s+|these\s+|all\s+)*"
    rf"(?P<whole>{DIGITS}|{WORDED})(?!\s*(?:{TIME})s?\b|\s*%|\s*per\s?cent)",
    re.IGNORECASE,
)
# "One" counts people or things only here; elsewhere it is a pronoun.
ONE_COUNTS = re.compile(
    rf"\s+(?:(?:out\s+)?of\s+(?:the\s+|every\s+|about\s+)?(?:\d|(?:{NUMBER_WORD})\b)|in\s+(?:every\s+)?(?:\d|(?:{NUMBER_WORD})\b)"
    rf"|(?:{TIME})s?\b|to\b|or\b|and a half|person|woman|man|child|patient|death|mg|million|thousand|hundred)",
    re.IGNORECASE,
)
_MORE_OR_LESS = r"(?:over|under|more|less)(?: than)?"
ROUGH = re.compile(
    rf"\b(?:about|around|roughly|some|nearly|almost|approximately|close to|somewhat {_MORE_OR_LESS}|just (?:over|under)"
    rf"|a little {_MORE_OR_LESS}|slightly {_MORE_OR_LESS}|or so|up to about|over|more than|less than|under|fewer than"
    r"|well over)\s+(?:the |a |an )?$",
    re.IGNORECASE,
)
LOWER_BOUND = re.compile(
    r"\b(?:at least|more than|over|no less than|a minimum of|minimum|above|not under|from|exceed(?:s|ing)?)\s+"
    r"(?:about )?$",
    re.IGNORECASE,
)
UPPER_BOUND = re.compile(
    r"\b(?:at most|(?<!no )less than|under|up to|no more than|fewer than|a maximum of|maximum|below|not more than"
    r"|within)\s+(?:about )?$",
    re.IGNORECASE,
)
MORE_AFTER = re.compile(r"^[^.;,]{0,14}?\bor (?:more|longer|higher|above|over|later|older)\b", re.IGNORECASE)
LESS_AFTER = re.compile(r"^[^.;,]{0,14}?\bor (?:less|shorter|lower|below|under|fewer|younger)\b", re.IGNORECASE)
MASSES = {"mg": 1.0, "mi": 1.0, "mc": 1e-3, "kg": 1e6, "ki": 1e6, "g": 1e3, "gr": 1e3, "ml": 1.0}
