"""Checks every sentence that patients can read for what must never be said and for titles that imply a licence.

Input: fixed replies, model prompts, pages and the guide. Output: findings with file and line, as the guide's own checks
give them. The rules are data: `bot/corpus/check/never-say.yaml` and ``titles.yaml`` beside this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import yaml

from bot.corpus.check.finding import Finding
from bot.corpus.check.wording import NeverSay, broken_by, never_say_rules
from bot.corpus.sentences import sentence_spans

_TITLES = Path(__file__).with_name("titles.yaml")
_SKIPPED_TAGS = frozenset({"script", "style", "svg"})
_SHOWN_ATTRIBUTES = frozenset({"title", "alt", "aria-label", "placeholder", "content", "value"})
_TEMPLATE_CODE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
_SCRIPT_STRING = re.compile(r"(?P<quote>[\"'`])(?P<text>(?:(?!(?P=quote))[^\\\n]|\\.){3,400})(?P=quote)")


@dataclass(frozen=True, slots=True)
class Wording:
    """A piece of text and where it stands; `line` is 1-based."""

    source: str
    line: int
    text: str


@cache
def title_rules() -> tuple[NeverSay, ...]:
    """Return the rules about titles, in the order of their file."""
    entries = yaml.safe_load(_TITLES.read_text(encoding="utf-8"))
    return tuple(
        NeverSay(
            id=entry["id"],
            what=entry["what"],
            instead=entry["instead"],
            patterns=tuple(re.compile(pattern, re.IGNORECASE) for pattern in entry["patterns"]),
            allowed=tuple(re.compile(pattern, re.IGNORECASE) for pattern in entry.get("allowed", [])),
            in_headings=bool(entry.get("in_headings", False)),
        )
        for entry in entries
    )


def all_rules() -> tuple[NeverSay, ...]:
    """Return what must never be said, then the titles."""
    return (*never_say_rules(), *title_rules())


def find_in_texts(texts: Iterable[Wording], *, rules: Sequence[NeverSay] = ()) -> Iterator[Finding]:
    """Report each sentence that breaks a rule; no rules given: all of them."""
    rules = rules or all_rules()
    for text in texts:
        plain = " ".join(text.text.replace("**", "").split())
        for span in sentence_spans(plain):
            sentence = plain[span.start : span.end]
            for rule in rules:
                if found := broken_by(sentence, rule):
                    message = f'{rule.id} {rule.what}: "{found}"; {rule.instead}'
                    yield Finding(text.source, text.line, "wording", message)


def read_wordings(path: Path) -> list[Wording]:
    """Read the texts of one file by its kind: YAML values, visible HTML, strings of a script, a prompt, Markdown."""
    content = path.read_text(encoding="utf-8")
    if path.suffix in {".yaml", ".yml"}:
        return list(_yaml_values(path.name, content))
    if path.suffix == ".html":
        return _html_texts(path.name, content)
    if path.suffix == ".js":
        return list(_script_strings(path.name, content))
    return list(_lines(path.name, content))


def find_in_files(paths: Iterable[Path], *, rules: Sequence[NeverSay] = ()) -> list[Finding]:
    """Check files that are shown to patients or sent to a model, in the order given."""
    return [finding for path in paths for finding in find_in_texts(read_wordings(path), rules=rules)]


def _yaml_values(name: str, content: str) -> Iterator[Wording]:
    waiting = [yaml.compose(content, Loader=yaml.SafeLoader)]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, yaml.MappingNode):
            waiting = [value for _, value in node.value] + waiting
        elif isinstance(node, yaml.SequenceNode):
            waiting = list(node.value) + waiting
        elif isinstance(node, yaml.ScalarNode):
            yield Wording(name, node.start_mark.line + 1, str(node.value))


class _Visible(HTMLParser):
    """Collects what a page shows, with its line."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.found: list[Wording] = []
        self._name = name
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skipped += tag in _SKIPPED_TAGS
        for key, value in attrs:
            if key in _SHOWN_ATTRIBUTES and value:
                self._add(value)

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in _SKIPPED_TAGS and self._skipped > 0

    def handle_data(self, data: str) -> None:
        if not self._skipped and data.strip():
            self._add(data)

    def _add(self, text: str) -> None:
        self.found.append(Wording(self._name, self.getpos()[0], text))


def _html_texts(name: str, content: str) -> list[Wording]:
    parser = _Visible(name)
    parser.feed(_TEMPLATE_CODE.sub(_blank_lines, content))
    parser.close()
    return parser.found


def _blank_lines(code: re.Match[str]) -> str:
    """Keep the line numbers of a template whose code is taken out."""
    return " " + "\n" * code.group().count("\n")


def _script_strings(name: str, content: str) -> Iterator[Wording]:
    for number, line in enumerate(content.splitlines(), start=1):
        for match in _SCRIPT_STRING.finditer(line):
            if " " in match["text"] and not match["text"].startswith(("<", ".", "#", "@")):
                yield Wording(name, number, match["text"])


def _lines(name: str, content: str) -> Iterator[Wording]:
    for number, line in enumerate(_TEMPLATE_CODE.sub(_blank_lines, content).splitlines(), start=1):
        if line.strip():
            yield Wording(name, number, line)
