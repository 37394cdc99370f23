from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answer.generative.parse import Claim, ClaimReader, Malformed, NoAnswer, Parsed

GOOD = '{"sentence": "Fever comes first.", "passages": [1], "quote": "fever is its first sign"}'
CLAIM = Claim("Fever comes first.", (1,), "fever is its first sign")


def read(text: str, *, size: int = 5) -> list[Parsed]:
    reader = ClaimReader()
    found = [item for start in range(0, len(text), size) for item in reader.feed(text[start : start + size])]
    return [*found, *reader.end()]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{GOOD}\n{GOOD}\n", id="lines"),
        pytest.param(f"```json\n{GOOD}\n{GOOD}\n```", id="fenced"),
        pytest.param(f"[{GOOD},\n {GOOD}]", id="list"),
        pytest.param(f'{{"sentences": [{GOOD}, {GOOD}]}}', id="one-object"),
        pytest.param(f"{GOOD}{GOOD}", id="no-line-ends"),
        pytest.param(f"Here you are:\n{GOOD}\nand\n{GOOD}\nGood luck!", id="remarks"),
        pytest.param(f"<think>{{ maybe {GOOD}?</think>{GOOD}\n{GOOD}", id="thoughts"),
        pytest.param(json.dumps(json.loads(GOOD), indent=2) * 2, id="spread-over-lines"),
    ],
)
def test_reads_claims_from_what_models_put_around_them(text: str, size: int) -> None:
    assert read(text, size=size) == [CLAIM, CLAIM]


def test_a_claim_is_there_as_soon_as_its_object_ends() -> None:
    reader = ClaimReader()
    assert list(reader.feed(GOOD[:-1])) == []
    assert list(reader.feed("}")) == [CLAIM]


@pytest.mark.parametrize(
    ("passages", "numbers"),
    [("[2, 1, 2]", (2, 1)), ("3", (3,)), ('["4"]', (4,)), ("[]", ()), ("[0]", (0,)), ("[-1]", (-1,)), ("[99]", (99,))],
)
def test_passage_numbers_are_read_and_not_judged(passages: str, numbers: tuple[int, ...]) -> None:
    assert read(GOOD.replace("[1]", passages)) == [Claim(CLAIM.text, numbers, CLAIM.quote)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(GOOD.replace("[1]", "[true]"), id="a-boolean-is-no-number"),
        pytest.param(GOOD.replace("[1]", "[1.5]"), id="fraction"),
        pytest.param(GOOD.replace("[1]", "null"), id="null"),
        pytest.param(GOOD.replace("[1]", '["one"]'), id="word"),
        pytest.param(GOOD.replace("[1]", json.dumps(list(range(50)))), id="too-many"),
        pytest.param(GOOD.replace("[1]", '["' + "9" * 5000 + '"]'), id="endless-number"),
        pytest.param(GOOD.replace('"quote"', '"quotation"'), id="no-quote"),
        pytest.param(GOOD.replace('"sentence": "Fever comes first."', '"sentence": 7'), id="sentence-no-text"),
        pytest.param('{"a": ' * 50 + "1" + "}" * 50, id="nested"),
        pytest.param('{"a":' * 3_000, id="endless-nesting"),
        pytest.param('{"sentence": "' + "x" * 20_000, id="endless-sentence"),
        pytest.param(GOOD[:-3], id="cut-off"),
        pytest.param('{"sentences": ["x"]}', id="list-of-texts"),
        pytest.param("{}", id="empty"),
    ],
)
def test_what_is_no_claim_is_malformed(text: str) -> None:
    found = read(text, size=100)
    assert found
    assert all(isinstance(item, Malformed) for item in found)


@pytest.mark.parametrize(
    "broken",
    ['{"sentence": "Fever comes', '{"sentence": "Fever", "passages": [1]', '{"sentence": "a" "b"}', "{]"],
)
def test_a_broken_object_does_not_swallow_the_next_one(broken: str) -> None:
    found = read(f"{broken}\n{GOOD}\n")
    assert found[-1] == CLAIM
    assert all(isinstance(item, Malformed) for item in found[:-1])


@pytest.mark.parametrize("text", ["", " \n", "I am sorry, I cannot.", "}{"[:1], '"{" is a brace'[:3], "<think>{}"])
def test_prose_holds_no_claim(text: str) -> None:
    assert [item for item in read(text) if isinstance(item, Claim)] == []


def test_a_model_may_say_that_the_passages_do_not_answer() -> None:
    assert read('{"answered": false}') == [NoAnswer()]
    assert read('{"answered": true}') == [Malformed('{"answered": true}')]


@given(st.text(alphabet='{}[]":,\\\nab1 <think>/', max_size=200), st.integers(1, 20))
def test_nothing_makes_the_reader_fail(text: str, size: int) -> None:
    assert read(text, size=size) == read(text, size=1)
