from __future__ import annotations

from typing import Any

import pytest

from bot.domain import Outcome
from bot.evaluation.datasets import (
    Claim,
    DataSetError,
    Item,
    claims_of,
    digest_of,
    folds_of,
    group_of,
    of_categories,
    problems_of,
    questions_of,
    right_sections,
    spread_over,
)
from tests.fakes.evaluation import make_item, make_reply

LINE: dict[str, Any] = {
    "id": "D-1",
    "category": "answerable",
    "turns": ["Hello", "What is lupus?"],
    "expect": ["answered", "personal"],
    "facts": ["F-LUP-01"],
    "must": ["immune"],
    "must_not": ["cure"],
    "note": "style=typed; definition",
}
CLAIM: dict[str, Any] = {"id": "V-1", "passage": "p", "sentence": "s", "label": "supported", "kind": "paraphrase"}


def test_a_line_becomes_an_item() -> None:
    assert questions_of([(1, LINE)], source="dev.jsonl") == [
        Item(
            id="D-1",
            category="answerable",
            turns=("Hello", "What is lupus?"),
            expect=(Outcome.ANSWERED, Outcome.PERSONAL),
            facts=("F-LUP-01",),
            must=("immune",),
            must_not=("cure",),
            style="typed",
        )
    ]


def test_patterns_facts_and_note_may_be_left_out() -> None:
    short = {name: LINE[name] for name in ("id", "category", "turns", "expect")}
    item = questions_of([(1, short)], source="x")[0]
    assert (item.facts, item.must, item.must_not, item.style) == ((), (), (), "")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"id": None}, '"id" must be a text'),
        ({"id": " "}, '"id" must be a text'),
        ({"category": 3}, '"category" must be a text'),
        ({"turns": []}, '"turns" must be a list of at least one text'),
        ({"turns": "hello"}, '"turns" must be a list of at least one text'),
        ({"turns": [1]}, '"turns" must be a list of at least one text'),
        ({"expect": []}, '"expect" must be a list of at least one text'),
        ({"facts": "F-1"}, '"facts" must be a list of texts'),
        ({"must": ["("]}, "\"must\": '(' is no regular expression (missing ), unterminated subpattern)"),
        ({"must_not": ["*"]}, "\"must_not\": '*' is no regular expression (nothing to repeat)"),
        ({"note": 7}, '"note" must be a text'),
    ],
)
def test_a_fault_is_told_with_file_and_line(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(DataSetError) as raised:
        questions_of([(1, LINE), (7, LINE | {"id": "D-2"} | changes)], source="sets/dev.jsonl")
    assert raised.value.detail == f"sets/dev.jsonl:7: {told}."


def test_an_unknown_outcome_is_told_with_those_there_are() -> None:
    with pytest.raises(DataSetError, match=r"x:3: \"expect\": 'sung' is no outcome; there are answered, abstained"):
        questions_of([(3, LINE | {"expect": ["sung"]})], source="x")


def test_an_id_may_stand_there_once_only() -> None:
    with pytest.raises(DataSetError, match='the id "D-1" stands there twice'):
        questions_of([(1, LINE), (2, LINE)], source="x")


@pytest.mark.parametrize("read", [questions_of, claims_of])
def test_an_empty_set_is_told(read: Any) -> None:
    with pytest.raises(DataSetError, match=r"dev\.jsonl holds no items"):
        read([], source="dev.jsonl")


def test_a_line_becomes_a_claim() -> None:
    lines = [(1, CLAIM), (2, CLAIM | {"id": "V-2", "label": "unsupported", "kind": "other_topic"})]
    assert claims_of(lines, source="x") == [
        Claim("V-1", "p", "s", is_supported=True, kind="paraphrase"),
        Claim("V-2", "p", "s", is_supported=False, kind="other_topic"),
    ]


def test_a_claim_with_another_label_is_told() -> None:
    with pytest.raises(DataSetError, match=r'x:4: "label" must be "supported" or "unsupported"'):
        claims_of([(4, CLAIM | {"label": "maybe"})], source="x")


@pytest.mark.parametrize(
    ("expect", "is_to_answer"),
    [
        (["answered"], True),
        (["answered", "personal"], True),
        (["abstained"], False),
        (["out_of_scope", "abstained"], False),
        (["abstained", "personal"], False),
        (["answered", "abstained"], None),
        (["personal", "abstained", "handoff"], None),
        (["conversation", "abstained"], None),
        (["emergency"], None),
    ],
)
def test_what_is_expected_tells_whether_the_guide_has_the_answer(expect: list[str], is_to_answer: bool | None) -> None:
    assert make_item(expect=tuple(map(Outcome, expect))).is_to_answer is is_to_answer


def test_no_personal_advice_counts_as_a_refusal_only_where_a_refusal_is_wanted() -> None:
    uncovered = make_item(expect=(Outcome.ABSTAINED, Outcome.PERSONAL))
    assert uncovered.is_refused_by(Outcome.PERSONAL)
    assert not make_item().is_refused_by(Outcome.PERSONAL)
    assert make_item().is_refused_by(Outcome.OUT_OF_SCOPE)


@pytest.mark.parametrize(
    ("outcome", "text", "problems"),
    [
        (Outcome.ANSWERED, "It is ACTIVE.", []),
        (Outcome.ABSTAINED, "active", ["outcome abstained"]),
        (Outcome.ANSWERED, "calm", ["lacks /active/"]),
        (Outcome.ANSWERED, "active, a cure", ["says /cure/"]),
        (Outcome.EMERGENCY, "cure", ["outcome emergency", "lacks /active/", "says /cure/"]),
    ],
)
def test_an_item_passes_by_outcome_key_facts_and_forbidden_words(
    outcome: Outcome, text: str, problems: list[str]
) -> None:
    reply = make_reply(outcome=outcome, text=text)
    assert problems_of(make_item(must_not=("cure",)), reply) == problems


def test_right_sections_hold_one_of_the_facts() -> None:
    facts = {"a": frozenset({"F-1", "F-2"}), "b": frozenset({"F-3"}), "c": frozenset({"F-2"}), "d": frozenset[str]()}
    assert right_sections(make_item(facts=("F-2", "F-9")), facts) == {"a", "c"}
    assert right_sections(make_item(facts=()), facts) == frozenset()


def test_the_digest_changes_with_what_is_asked_and_expected_only() -> None:
    first = digest_of(questions_of([(1, LINE)], source="one"))
    assert first == digest_of(questions_of([(9, LINE)], source="other"))
    assert first != digest_of(questions_of([(1, LINE | {"must": ["immunity"]})], source="one"))


def test_a_limit_takes_items_from_the_whole_set_in_order() -> None:
    items = [make_item(id=str(number)) for number in range(10)]
    assert [item.id for item in spread_over(items, 4)] == ["0", "2", "5", "7"]
    assert spread_over(items, None) == spread_over(items, 99) == items


def test_categories_are_kept_or_told_when_there_is_none_of_that_name() -> None:
    items = [make_item(id="1"), make_item(id="2", category="crisis")]
    assert [item.id for item in of_categories(items, ["crisis"])] == ["2"]
    assert of_categories(items, []) == items
    with pytest.raises(DataSetError, match='no category "crysis"; there are answerable, crisis'):
        of_categories(items, ["crysis"])


def test_items_of_one_topic_share_a_group_and_those_without_facts_stand_alone() -> None:
    assert group_of(make_item(facts=("F-CRS-04", "F-LUP-01"))) == "F-CRS"
    assert group_of(make_item(id="D-7", facts=())) == "D-7"


def test_a_group_is_never_split_and_folds_are_alike_in_size() -> None:
    groups = [name for name in "abcdefgh" for _ in range(3)] + [f"single-{number}" for number in range(8)]
    folds = folds_of(groups, folds=4, shuffled=lambda names: names)
    assert all(len({fold for fold, group in zip(folds, groups, strict=True) if group == name}) == 1 for name in groups)
    assert [folds.count(fold) for fold in range(4)] == [8, 8, 8, 8]
