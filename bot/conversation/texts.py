"""Every fixed sentence that the bot says, read from ``prompts/replies.<language>.yaml`` and checked.

The file belongs to clinicians and translators: this module only puts its paragraphs together, turns telephone
numbers into links, and refuses a file in which a text or a variable is missing, misspelt or unknown.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.domain import Verdict
from bot.errors import SettingsError

_EMERGENCY_KINDS = (
    "life", "stroke", "collapse", "allergy", "sepsis", "overdose", "pregnancy", "adrenal", "car_t_life",
    "car_t_fever", "car_t_call_now", "fever", "emergency_department", "same_day", "car_t_same_day",
)  # fmt: skip
_PERSONAL_KINDS = (
    "dose", "medicine", "vaccine", "diagnosis", "results", "prognosis", "eligibility", "choice", "safe_for_me", "other",
    "pregnant_on_medicine", "pregnant_after_car_t", "car_t_lump",
)  # fmt: skip
_FIXED_PLAIN = (
    "out_of_scope", "injection", "greeting", "thanks", "goodbye", "identity", "abilities", "sources", "trust",
    "memory", "complaint", "gibberish", "empty", "sad", "too_fast", "too_many", "partner_full",
    "partner_off", "signed_out", "busy", "privacy_note",
    "abstained_plain", "handoff_no_hours", "handoff_waiting", "trouble", "safety_line", "disclaimer", "language_note",
    "warm_fear", "warm_weariness", "part_unanswered",
)  # fmt: skip
_DESK_PLAIN = (
    "somebody", "still_the_guide", "offer_again", "left_line", "ended_by_patient", "overdue", "unanswered",
    "step_overdue", "contact_email", "contact_phone", "contact_withdrawn", "problem_consent", "problem_contact_email",
    "problem_contact_phone", "problem_contact_kind", "download_sources", "download_patient", "download_bot",
    "download_system",
)  # fmt: skip
_NUMBERS = frozenset({"emergency", "car_t_line"})

_VARIABLES: dict[str, dict[str, frozenset[str]]] = {
    "contact_words": {
        "your_number": frozenset(),
        "or": frozenset(),
        "emergency_list": frozenset({"list"}),
        "crisis_list": frozenset({"list"}),
        "crisis_none": frozenset(),
        "car_t_line": frozenset({"line"}),
        "car_t_line_unknown": frozenset(),
    },
    "emergency": dict.fromkeys(_EMERGENCY_KINDS, _NUMBERS),
    "emergency_after": dict.fromkeys(("tell_helpers", "cannot_judge", "question_later"), frozenset()),
    "crisis": dict.fromkeys(("self", "other_person", "abuse"), frozenset({"emergency", "crisis_lines"})),
    "personal": dict.fromkeys(_PERSONAL_KINDS, frozenset()),
    "personal_after": dict.fromkeys(("with_general", "offer"), frozenset()),
    "fixed": dict.fromkeys(_FIXED_PLAIN, frozenset())
    | {
        "low_mood": frozenset({"crisis_lines"}),
        "too_long": frozenset({"max_chars"}),
        "abstained": frozenset({"topics"}),
        "handoff_in_hours": frozenset({"hours"}),
        "handoff_out_of_hours": frozenset({"next"}),
        "handoff_with_person": frozenset({"name"}),
        "expired_source": frozenset({"date"}),
    },
    "desk": dict.fromkeys(_DESK_PLAIN, frozenset())
    | dict.fromkeys(("joined", "released", "closed", "step_human", "download_staff"), frozenset({"name"}))
    | {
        "handed_on": frozenset({"name", "to_name"}),
        "step_waiting": frozenset({"position"}),
        "step_closed": frozenset({"next"}),
        "download_heading": frozenset({"date"}),
    },
}
_OTHER_KEYS = {"language", "reviewed_on", "contacts", "shown_when_unknown", "emergency_for", "crisis_for"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")
_ALIASES = {"UK": "GB"}


@dataclass(frozen=True, slots=True)
class CrisisLine:
    """One line for people in despair."""

    name: str
    number: str
    how: str


@dataclass(frozen=True, slots=True)
class Contacts:
    """Whom to call in one country."""

    name: str
    emergency: tuple[str, ...]
    crisis: tuple[CrisisLine, ...]


class Texts:
    """The sentences of one language; `load` makes it."""

    def __init__(self, *, raw: Mapping[str, Any], contacts: Mapping[str, Contacts]) -> None:
        self._raw = raw
        self._contacts = contacts
        self.language: str = raw["language"]
        self.reviewed_on: date | None = raw["reviewed_on"]

    @classmethod
    def load(cls, path: Path) -> Texts:
        """Read and check the file.

        Raises:
            SettingsError: The file is not readable, a key is missing or unknown, or a text uses a variable that is
                not declared for it; the detail names the key.
        """
        try:
            raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_OnceLoader)  # noqa: S506  # a safe loader
        except (OSError, yaml.YAMLError) as error:
            raise SettingsError(f"The texts {path.name} cannot be read; restore the file.") from error
        if not isinstance(raw, dict):
            raise SettingsError(f"The texts {path.name} are empty; restore the file.")
        _check(raw, name=path.name)
        return cls(raw=raw, contacts={code: _contacts(code, entry) for code, entry in raw["contacts"].items()})

    @property
    def regions(self) -> tuple[str, ...]:
        """Return the country codes whose numbers are known, sorted."""
        return tuple(sorted(self._contacts))

    def emergency(
        self,
        verdict: Verdict,
        *,
        region: str | None,
        car_t_line: str | None,
        has_question: bool,
        numbers: tuple[str, ...] = (),
    ) -> str:
        """Return the emergency text: what to do, the numbers, what to tell helpers.

        Args:
            verdict: Its reason chooses the text; its region goes before `region`.
            region: Country code of the settings or the conversation; None or unknown: several numbers are shown.
            car_t_line: 24-hour number of the treating centre, or None.
            has_question: Add that the other question can wait.
            numbers: To dial instead of those of the region.
        """
        kind = self._raw["emergency_for"].get(verdict.reason, "life")
        contacts = self._of(verdict.region) or self._of(region)
        filled = _fill(
            self._raw["emergency"][kind],
            {"emergency": self._emergency_number(contacts, numbers), "car_t_line": self._car_t_line(car_t_line)},
        )
        after = self._raw["emergency_after"]
        parts = [
            filled,
            self._emergency_list() if contacts is None and not numbers else None,
            after["tell_helpers"],
            after["cannot_judge"],
        ]
        return _join(*parts, after["question_later"] if has_question else None)

    def crisis(self, verdict: Verdict, *, region: str | None, numbers: tuple[str, ...] = ()) -> str:
        """Return the crisis text: the number first, then warmth. `region` and `numbers` as in `emergency`."""
        kind = self._raw["crisis_for"].get(verdict.reason, "self")
        contacts = self._of(verdict.region) or self._of(region)
        filled = _fill(
            self._raw["crisis"][kind],
            {"emergency": self._emergency_number(contacts, numbers), "crisis_lines": self._crisis_lines(contacts)},
        )
        return _join(filled, self._emergency_list() if contacts is None and not numbers else None)

    def personal(self, verdict: Verdict, *, has_general: bool) -> str:
        """Return the refusal of personal advice; `has_general`: general cited information follows it."""
        kind = verdict.reason.rpartition(".")[2]
        text = self._raw["personal"].get(kind, self._raw["personal"]["safe_for_me"])
        after = self._raw["personal_after"]
        return _join(text, after["with_general"] if has_general else after["offer"])

    def offer(self) -> str:
        """Return the sentence that offers a person."""
        return str(self._raw["personal_after"]["offer"])

    def talk(self, verdict: Verdict, *, region: str | None = None) -> str:
        """Return the reply to small talk, to an attack and to what is outside the guide, by the verdict's reason."""
        group, _, kind = verdict.reason.partition(".")
        if group in ("injection", "scope"):
            return self.fixed("injection" if group == "injection" else "out_of_scope")
        if kind == "low_mood":
            lines = self._crisis_lines(self._of(verdict.region) or self._of(region))
            return _fill(self._raw["fixed"]["low_mood"], {"crisis_lines": lines})
        return self.fixed(kind if kind in self._raw["fixed"] else "empty")

    def fixed(self, key: str, **values: object) -> str:
        """Return one fixed text; the values are put in as plain text, escaped for Markdown.

        Raises:
            SettingsError: The key is not there, or the values are not those it declares.
        """
        return self._filled("fixed", key, values)

    def desk(self, key: str, **values: object) -> str:
        """Return one sentence of the desk: notes of the transcript, next steps; values and errors as in `fixed`.

        Raises:
            SettingsError: The key is not there, or the values are not those it declares.
        """
        return self._filled("desk", key, values)

    def _filled(self, block: str, key: str, values: Mapping[str, object]) -> str:
        declared = _VARIABLES[block].get(key)
        if declared is None or declared != values.keys():
            raise SettingsError(f"The text “{key}” takes {sorted(declared or ())}, not {sorted(values)}.")
        return _fill(self._raw[block][key], {name: escape(str(value)) for name, value in values.items()})

    def _of(self, region: str | None) -> Contacts | None:
        code = (region or "").upper()
        return self._contacts.get(_ALIASES.get(code, code))

    def _emergency_number(self, contacts: Contacts | None, numbers: tuple[str, ...] = ()) -> str:
        words = self._raw["contact_words"]
        if contacts is None and not numbers:
            return str(words["your_number"])
        dialled = numbers or (contacts.emergency if contacts is not None else ())
        return f" {words['or']} ".join(link(number) for number in dialled)

    def _emergency_list(self) -> str:
        words = self._raw["contact_words"]
        shown = self._grouped(lambda entry: f" {words['or']} ".join(link(number) for number in entry.emergency))
        return _fill(words["emergency_list"], {"list": shown})

    def _crisis_lines(self, contacts: Contacts | None) -> str:
        words = self._raw["contact_words"]
        if contacts is None:
            return _fill(
                words["crisis_list"], {"list": self._grouped(lambda entry: ", ".join(map(_line, entry.crisis)))}
            )
        if not contacts.crisis:
            return str(words["crisis_none"])
        return _fill(words["crisis_list"], {"list": ", ".join(_line(line) for line in contacts.crisis)})

    def _grouped(self, numbers_of: Callable[[Contacts], str]) -> str:
        """Name the countries in order, those with the same numbers together."""
        groups: dict[str, list[str]] = {}
        for code in self._raw["shown_when_unknown"]:
            groups.setdefault(numbers_of(self._contacts[code]), []).append(self._contacts[code].name)
        return "; ".join(f"{', '.join(names)}: {numbers}" for numbers, names in groups.items() if numbers)

    def _car_t_line(self, line: str | None) -> str:
        words = self._raw["contact_words"]
        if line is None or not line.strip():
            return str(words["car_t_line_unknown"])
        return _fill(words["car_t_line"], {"line": link(line)})


class _OnceLoader(yaml.SafeLoader):
    """Reads a file in which no key may stand twice: the second text would silently replace the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Read a mapping.

        Raises:
            SettingsError: A key stands twice.
        """
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise SettingsError(
                    f"The texts: “{key.value}” stands twice, the second time in line {key.start_mark.line + 1}; "
                    "remove one or rename it."
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def link(number: str) -> str:
    """Return a telephone number as a Markdown link; without a digit it stays plain, escaped text."""
    dialled = re.sub(r"[^\d+]", "", number)
    return f"[{escape(number)}](tel:{dialled})" if re.search(r"\d", dialled) else escape(number)


def escape(value: str) -> str:
    """Return a value as one line of plain text, with the signs that Markdown reads put out of action."""
    return _SPECIAL.sub(r"\\\1", " ".join(value.split()))


def _line(line: CrisisLine) -> str:
    return f"{line.name} {link(line.number)} ({line.how})"


def _fill(template: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: values[match.group(1)], template)


def _join(*paragraphs: str | None) -> str:
    return "\n\n".join(paragraph.strip() for paragraph in paragraphs if paragraph)


def _contacts(code: str, entry: Mapping[str, Any]) -> Contacts:
    try:
        lines = tuple(CrisisLine(str(line["name"]), str(line["number"]), str(line["how"])) for line in entry["crisis"])
        return Contacts(str(entry["name"]), tuple(str(number) for number in entry["emergency"]), lines)
    except (KeyError, TypeError) as error:
        raise SettingsError(f"The texts: contacts.{code} needs name, emergency and crisis; correct it.") from error


def _check(raw: Mapping[str, Any], *, name: str) -> None:
    _same_keys(set(raw), set(_VARIABLES) | _OTHER_KEYS, where=name)
    for block, declared in _VARIABLES.items():
        entries = raw[block] if isinstance(raw[block], dict) else {}
        _same_keys(set(entries), set(declared), where=block)
        for key, template in entries.items():
            _check_template(f"{block}.{key}", template, declared[key])
    for block, kinds in (("emergency_for", raw["emergency"]), ("crisis_for", raw["crisis"])):
        for reason, kind in raw[block].items():
            if kind not in kinds:
                raise SettingsError(f"The texts: {block}.{reason} names the text “{kind}”, which is not there.")
    for code in raw["shown_when_unknown"]:
        if code not in raw["contacts"]:
            raise SettingsError(f"The texts: shown_when_unknown names {code}, which contacts does not have.")
    if raw["reviewed_on"] is not None and not isinstance(raw["reviewed_on"], date):
        raise SettingsError("The texts: reviewed_on has to be a date such as 2026-11-22, or null.")


def _check_template(key: str, template: object, declared: frozenset[str]) -> None:
    if not isinstance(template, str) or not template.strip():
        raise SettingsError(f"The texts: {key} is empty; write its sentence.")
    try:
        used = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    except ValueError as error:
        raise SettingsError(f"The texts: {key} has a brace without its partner; correct it.") from error
    for unknown in sorted(used - declared):
        raise SettingsError(
            f"The texts: {key} uses {{{unknown}}}, which is not declared for it; it may use {sorted(declared)}."
        )


def _same_keys(found: set[str], wanted: set[str], *, where: str) -> None:
    for key in sorted(wanted - found):
        raise SettingsError(f"The texts: {where}: “{key}” is missing; add it.")
    for key in sorted(found - wanted):
        raise SettingsError(f"The texts: {where}: “{key}” is not known; remove it or correct its name.")
