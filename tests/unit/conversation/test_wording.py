"""The wording rules catch what they are for, leave plain sentences alone, and read each kind of file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.conversation.wording import Wording, all_rules, find_in_files, find_in_texts, read_wordings, title_rules
from bot.corpus.check.finding import Finding

FORBIDDEN = {
    "NV-01": "CAR-T cures lupus.",
    "NV-02": "You will go into remission.",
    "NV-03": "It means you have lupus.",
    "NV-04": "Take 5 mg in the morning.",
    "NV-05": "Stop your hydroxychloroquine today.",
    "NV-08": "CAR-T is approved for lupus.",
    "NV-09": "This treatment is completely safe.",
    "NV-10": "CAR-T may be your last hope.",
    "NV-13": "Your doctor is wrong.",
    "NV-16": "You will live for another ten years.",
    "NV-23": "It is just anxiety.",
    "NV-24": "Drive yourself to the hospital.",
    "NV-26": "A revolutionary way to treat lupus.",
    "NV-30": "Please type your full name here.",
    "voice": "Great news!",
    "title-self": "I am your lupus nurse.",
    "title-product": "Welcome to the AI doctor for lupus.",
    "title-act": "I can diagnose you in a minute.",
}
FINE = [
    "A cure has not been shown.",
    "I am a machine, not a doctor or a nurse.",
    "In one study, 8 of 8 people reached remission.",
    "Ask your doctor or your nurse.",
    "Please do not share your name here.",
    "I cannot diagnose you; only an examination and tests can tell.",
    "If you are a nurse, this guide may still help.",
    "Do not drive yourself.",
]


def rules_broken_by(sentence: str) -> set[str]:
    return {finding.message.split(" ")[0] for finding in find_in_texts([Wording("x.yaml", 3, sentence)])}


@pytest.mark.parametrize(("rule", "sentence"), FORBIDDEN.items(), ids=FORBIDDEN)
def test_a_forbidden_sentence_is_found_by_its_rule(rule: str, sentence: str) -> None:
    assert rule in rules_broken_by(sentence)


@pytest.mark.parametrize("sentence", FINE)
def test_a_plain_sentence_breaks_no_rule(sentence: str) -> None:
    assert rules_broken_by(sentence) == set()


def test_every_rule_has_a_name_of_its_own_and_a_way_out() -> None:
    ids = [rule.id for rule in all_rules()]
    assert len(ids) == len(set(ids))
    assert all(rule.instead for rule in all_rules())
    assert {rule.id for rule in title_rules()} == {"title-self", "title-product", "title-act"}


def test_a_finding_names_file_line_words_and_way_out() -> None:
    findings = list(find_in_texts([Wording("replies.en.yaml", 7, "Hello. I am your lupus nurse.")]))
    assert findings == [
        Finding(
            file="replies.en.yaml",
            line=7,
            rule="wording",
            message='title-self the guide as a licensed person: "I am your lupus nurse"; '
            'say "a guide", "a machine", "a computer program".',
        )
    ]


def test_reads_yaml_values_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("# a comment: cures\na: first\nb:\n  - second\n  - {c: third}\n", encoding="utf-8")
    assert read_wordings(path) == [
        Wording("a.yaml", 2, "first"),
        Wording("a.yaml", 4, "second"),
        Wording("a.yaml", 5, "third"),
    ]


def test_reads_what_a_page_shows_and_not_its_code(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(
        "<style>b{}</style>\n{% if cure %}\n<p title='Tip'>Hello {{ name }}</p>\n<script>var x = 'no'</script>",
        encoding="utf-8",
    )
    assert [(text.line, text.text.strip()) for text in read_wordings(path)] == [(3, "Tip"), (3, "Hello")]


def test_reads_the_sentences_of_a_script(tmp_path: Path) -> None:
    path = tmp_path / "a.js"
    path.write_text("const a = 'Talk to a person';\nconst b = 'id';\nlet c = \"#x .y\";", encoding="utf-8")
    assert read_wordings(path) == [Wording("a.js", 1, "Talk to a person")]


def test_reads_a_prompt_without_its_template_code(tmp_path: Path) -> None:
    path = tmp_path / "answer.system.jinja2"
    path.write_text("{# cures #}\nAnswer from the passages.\n", encoding="utf-8")
    assert read_wordings(path) == [Wording("answer.system.jinja2", 2, "Answer from the passages.")]


def test_files_are_checked_in_order_and_with_the_rules_asked_for(tmp_path: Path) -> None:
    for name, text in (("a.yaml", "x: CAR-T cures lupus."), ("b.yaml", "x: I am your nurse.")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    paths = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    assert [finding.file for finding in find_in_files(paths)] == ["a.yaml", "b.yaml"]
    assert [finding.file for finding in find_in_files(paths, rules=title_rules())] == ["b.yaml"]
