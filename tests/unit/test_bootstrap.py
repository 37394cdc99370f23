"""The composition root: the signing key is made once, whoever comes first, and is never guessable."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from pathlib import Path

import langsmith
import langsmith.utils
import pytest

from bot import bootstrap
from bot.answer.generative.chain import GenerativeChain
from bot.bootstrap import make_answerer, make_source, make_triage, visitor_secret
from bot.conversation.triage.meaning import MeaningCheck
from bot.domain import Outcome
from bot.errors import ModelError, SettingsError
from bot.settings import Settings
from tests.fakes.readers import meaning_of


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


@pytest.mark.parametrize("error", [SettingsError("x"), ModelError("x"), RuntimeError("x")])
def test_triage_works_by_its_rules_where_its_model_cannot_be_loaded(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> MeaningCheck:
        raise error

    monkeypatch.setattr(bootstrap, "load_meaning", broken)
    assert make_triage().check("I cannot breathe and my lips are blue").outcome is Outcome.EMERGENCY


def test_triage_judges_meaning_where_its_model_can_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "load_meaning", lambda: meaning_of({"crisis": 1.0, "crisis.suicide": 1.0}))
    verdict = make_triage().check("strange words here")
    assert (verdict.outcome, verdict.rule_id) == (Outcome.CRISIS, "meaning.crisis")


def test_without_a_model_the_chain_answers_itself_and_nothing_of_a_vendor_is_imported() -> None:
    chain = object()
    assert make_answerer(Settings())(chain) is chain  # type: ignore[arg-type, comparison-overlap]
    code = (
        "import sys; from bot.bootstrap import make_source; from bot.settings import Settings; make_source(Settings());"
        "print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"langchain", "openai", "langchain_openai", "bot.answer.generative.chain"}.isdisjoint(loaded)


def test_a_model_is_set_up_when_the_program_starts_and_not_at_the_first_question() -> None:
    with pytest.raises(SettingsError, match="BOT_LLM_API_KEY is empty"):
        make_source(Settings(llm="openai:m"))
    with pytest.raises(SettingsError, match=r"answer\.system\.jinja2 cannot be read"):
        make_source(Settings(llm="openai:m", llm_api_key="k", prompts_dir=Path("absent")))
    assert isinstance(make_answerer(Settings(llm="openai:m", llm_api_key="k"))(object()), GenerativeChain)  # type: ignore[arg-type]


@pytest.mark.parametrize("is_asked", [False, True])
def test_nothing_is_traced_unless_asked_whatever_the_environment_says(
    is_asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING_V2"):
        monkeypatch.setenv(name, str(not is_asked).lower())
    try:
        make_source(Settings(tracing=is_asked))
        in_another_thread: list[object] = []
        thread = threading.Thread(target=lambda: in_another_thread.append(langsmith.utils.tracing_is_enabled()))
        thread.start()
        thread.join()
        assert (langsmith.utils.tracing_is_enabled(), in_another_thread) == (is_asked, [is_asked])
    finally:
        langsmith.configure(enabled=False)
