"""The composition root: the signing key is made once, whoever comes first, and is never guessable."""

from __future__ import annotations

import stat
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bot.bootstrap import make_triage, visitor_secret
from bot.conversation.triage.meaning import load_head
from bot.domain import Outcome
from bot.errors import BadIndexError, ModelError, SettingsError
from bot.settings import Settings


def test_the_key_is_made_once_and_kept_for_this_account_only(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    key = visitor_secret(settings)
    assert len(key) >= 64
    assert visitor_secret(settings) == key
    assert stat.S_IMODE((tmp_path / "data" / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret_key"]
    assert visitor_secret(Settings(data_dir=tmp_path / "other")) != key


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    settings, keys = Settings(data_dir=tmp_path), []
    threads = [threading.Thread(target=lambda: keys.append(visitor_secret(settings))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert keys == [visitor_secret(settings)] * 8


def test_a_key_that_is_set_is_used_and_not_written(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, secret_key="k" * 40)
    assert visitor_secret(settings) == "k" * 40
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SettingsError, match="set BOT_SECRET_KEY or BOT_DATA_DIR"):
        visitor_secret(Settings(data_dir=tmp_path / "file"))
    (tmp_path / "secret_key").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not a key"):
        visitor_secret(Settings(data_dir=tmp_path))


@pytest.mark.parametrize("error", [BadIndexError("x"), ModelError("x"), RuntimeError("x")])
def test_triage_works_by_its_rules_where_the_guide_is_down(error: Exception) -> None:
    def edition() -> Any:
        raise error

    triage = make_triage(SimpleNamespace(edition=edition))  # type: ignore[arg-type]
    assert triage.check("I cannot breathe and my lips are blue").outcome is Outcome.EMERGENCY


def source_of(model: str) -> Any:
    index = SimpleNamespace(manifest=SimpleNamespace(model=model))
    return SimpleNamespace(edition=lambda: SimpleNamespace(searcher=SimpleNamespace(index=index)))


def test_triage_judges_meaning_with_the_model_it_was_trained_for() -> None:
    head = load_head()
    weights = head.kinds["crisis"].weights
    vector = (weights / np.linalg.norm(weights)).astype(np.float32)
    verdict = make_triage(source_of(head.model)).check("strange words here", vector=lambda: vector)
    assert (verdict.outcome, verdict.rule_id) == (Outcome.CRISIS, "meaning.crisis")


def test_triage_works_by_its_rules_with_another_model() -> None:
    def never() -> Any:
        raise AssertionError

    assert make_triage(source_of("f" * 64)).check("strange words here", vector=never).outcome is None
