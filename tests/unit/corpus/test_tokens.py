from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus import tokens
from bot.errors import CorpusError


@pytest.fixture
def fresh_encoding() -> Iterator[None]:
    tokens.encoding.cache_clear()
    yield
    tokens.encoding.cache_clear()


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        # Published for cl100k_base in the tiktoken cookbook and tests.
        pytest.param("hello world", [15339, 1917], id="words"),
        pytest.param("tiktoken is great!", [83, 1609, 5963, 374, 2294, 0], id="sentence"),
        pytest.param("", [], id="empty"),
    ],
)
def test_encodes_as_cl100k_base_does(text: str, ids: list[int]) -> None:
    assert tokens.encoding().encode(text) == ids
    assert tokens.count(text) == len(ids)


def test_counts_special_tokens_as_ordinary_text() -> None:
    assert tokens.count("<|endoftext|>") == 7


@given(st.text())
def test_keeps_every_text_whole(text: str) -> None:
    encoding = tokens.encoding()
    ids = encoding.encode(text, disallowed_special=())
    assert encoding.decode(ids) == text
    assert tokens.count(text) == len(ids) <= len(text.encode())


def test_counts_a_long_word_in_no_time() -> None:
    assert 0 < tokens.count("a" * 100_000) < 100_000


def test_says_so_when_the_vocabulary_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fresh_encoding: None
) -> None:
    monkeypatch.setattr(tokens, "VOCABULARY", tmp_path / "cl100k_base.tiktoken")
    with pytest.raises(CorpusError, match=r"^cl100k_base\.tiktoken is missing from the installation"):
        tokens.encoding()


def test_refuses_a_vocabulary_with_one_byte_changed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fresh_encoding: None
) -> None:
    damaged = tmp_path / "cl100k_base.tiktoken"
    damaged.write_bytes(tokens.VOCABULARY.read_bytes()[:-2] + b"7\n")
    monkeypatch.setattr(tokens, "VOCABULARY", damaged)
    with pytest.raises(CorpusError, match=r"^cl100k_base\.tiktoken is damaged"):
        tokens.encoding()
