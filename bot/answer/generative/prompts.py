"""The prompts: one Jinja2 file per job and role, checked when the program starts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.domain import Chunk
from bot.errors import SettingsError

# What each file must use, all of it: a prompt that has lost its passages would be answered all the same.
VARIABLES: Mapping[str, frozenset[str]] = {
    "answer.system": frozenset({"max_words"}),
    "answer.human": frozenset({"question", "earlier", "passages"}),
    "condense.system": frozenset(),
    "condense.human": frozenset({"question", "earlier"}),
}
_SUFFIX = ".jinja2"
_DIGEST_DIGITS = 12
# The model is told what a tired person can read on a phone.
MAX_WORDS = 120
# What was said before helps to read a short question; more of it would drown the question.
_MOST_EARLIER = 3
_EARLIER_CHARS = 300


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked: the rules, and the matter."""

    system: str
    human: str


class Prompts:
    """The prompts of one folder.

    Attributes:
        digest: First digits of the SHA-256 of all files and their names.
    """

    def __init__(self, sources: Mapping[str, str]) -> None:
        """Compile the sources, by name without suffix.

        Raises:
            SettingsError: One is missing or no template, or its variables are not those it must use.
        """
        environment = ImmutableSandboxedEnvironment(  # text for a model: no HTML is made here
            undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
        )
        environment.filters["json"] = _as_json
        self._templates = {name: _compiled(environment, name, sources) for name in VARIABLES}
        whole = json.dumps({name: sources[name] for name in VARIABLES}, ensure_ascii=False, sort_keys=True)
        self.digest = hashlib.sha256(whole.encode()).hexdigest()[:_DIGEST_DIGITS]

    @classmethod
    def load(cls, folder: Path) -> Prompts:
        """Read the prompts of a folder.

        Raises:
            SettingsError: A file cannot be read or used; the detail names it.
        """
        sources = {}
        for name in VARIABLES:
            try:
                sources[name] = (folder / f"{name}{_SUFFIX}").read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsError(f"The prompt {name}{_SUFFIX} cannot be read; restore the file.") from error
        return cls(sources)

    def answer(self, *, question: str, earlier: Sequence[str], chunks: Sequence[Chunk]) -> Request:
        """Ask for the sentences of an answer; passages are numbered from 1."""
        passages = [
            {"passage": number, "title": chunk.title, "text": " ".join(chunk.text.split())}
            for number, chunk in enumerate(chunks, start=1)
        ]
        return Request(
            system=self._render("answer.system", max_words=MAX_WORDS),
            human=self._render("answer.human", question=question, earlier=_bounded(earlier), passages=passages),
        )

    def condense(self, *, question: str, earlier: Sequence[str]) -> Request:
        """Ask for a question that can be understood without those before it."""
        return Request(
            system=self._render("condense.system"),
            human=self._render("condense.human", question=question, earlier=_bounded(earlier)),
        )

    def _render(self, name: str, **values: Any) -> str:
        return self._templates[name].render(values).strip()


def _compiled(environment: ImmutableSandboxedEnvironment, name: str, sources: Mapping[str, str]) -> Template:
    try:
        tree = environment.parse(sources[name])
        template = environment.from_string(sources[name])
    except (KeyError, TemplateError) as error:
        raise SettingsError(f"The prompt {name}{_SUFFIX} is no template; restore the file.") from error
    used = meta.find_undeclared_variables(tree)
    if used != VARIABLES[name]:
        wrong = ", ".join(sorted(used ^ VARIABLES[name]))
        raise SettingsError(f"The prompt {name}{_SUFFIX} has variables missing or unknown: {wrong}; correct it.")
    return template


def _as_json(value: object) -> str:
    """Write a value so that nothing in it can end its line or pass for a part of the prompt."""
    written = json.dumps(value, ensure_ascii=False)
    return written.encode("utf-8", "replace").decode("utf-8")


def _bounded(earlier: Sequence[str]) -> list[str]:
    return [text[:_EARLIER_CHARS] for text in earlier[-_MOST_EARLIER:]]
