from __future__ import annotations

import sys
from typing import Any

import pytest

from bot.answer.generative import model as model_module
from bot.answer.generative.model import open_model
from bot.errors import SettingsError


def made(name: str, **more: Any) -> dict[str, Any]:
    """Return what the vendor's class is made with."""
    seen: dict[str, Any] = {}

    def init(model: str, **options: Any) -> object:
        seen.update(options, model=model)
        return object()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("langchain.chat_models.init_chat_model", init)
        patch.setattr(model_module, "find_spec", lambda package: object())
        assert open_model(name, timeout_s=7, **more).id == name
    return seen


def test_keys_and_addresses_are_ours_alone() -> None:
    assert made("openai:gpt-x", api_key="k") == {
        "model": "gpt-x",
        "model_provider": "openai",
        "base_url": "https://api.openai.com/v1",
        "api_key": "k",
        "timeout": 7,
        "max_retries": 0,
        "cache": False,
    }
    assert made("anthropic:c", api_key="k")["base_url"] == "https://api.anthropic.com"


def test_a_server_of_ones_own_needs_no_key() -> None:
    options = made("openai:llama-3:8b", base_url="http://127.0.0.1:1/v1", temperature=0.0)
    assert (options["model"], options["base_url"], options["api_key"]) == (
        "llama-3:8b",
        "http://127.0.0.1:1/v1",
        "none",
    )
    assert options["temperature"] == 0.0


def test_ollama_is_asked_in_its_own_way() -> None:
    assert made("ollama:llama3.2", api_key="k") == {
        "model": "llama3.2",
        "model_provider": "ollama",
        "base_url": "http://127.0.0.1:11434",
        "client_kwargs": {"timeout": 7, "headers": {"Authorization": "Bearer k"}},
        "cache": False,
    }


def test_the_real_library_takes_what_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "another programs key")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://elsewhere.example")
    monkeypatch.setenv("OPENAI_API_BASE", "https://elsewhere.example")
    chat: Any = open_model("openai:m", base_url="http://127.0.0.1:9/v1", timeout_s=3)._chat
    assert str(chat.root_client.base_url) == "http://127.0.0.1:9/v1/"
    assert (chat.root_client.api_key, chat.request_timeout, chat.max_retries, chat.cache) == ("none", 3, 0, False)


@pytest.mark.parametrize(
    ("name", "more", "says"),
    [
        pytest.param("gpt-4", {}, "write provider and model", id="no-provider"),
        pytest.param("openai:", {}, "write provider and model", id="no-model"),
        pytest.param("openai:m", {}, "BOT_LLM_API_KEY is empty", id="no-key"),
        pytest.param("nobody:m", {"api_key": "k"}, r"cannot be set up \(ValueError\)", id="unknown-provider"),
        pytest.param("mistralai:m", {"api_key": "k"}, "LangChain package of mistralai", id="no-extra-for-it"),
    ],
)
def test_a_bad_setting_is_named(name: str, more: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says) as refused:
        open_model(name, **more)
    assert refused.value.detail.startswith("BOT_LLM")


@pytest.mark.parametrize("provider", ["openai", "anthropic", "ollama"])
def test_a_missing_package_names_the_extra(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_module, "find_spec", lambda package: None)
    with pytest.raises(SettingsError, match=rf"pip install -c constraints\.txt '\.\[{provider}\]'"):
        open_model(f"{provider}:m", api_key="k")


def test_the_key_is_in_no_message() -> None:
    with pytest.raises(SettingsError) as refused:
        open_model("nobody:m", api_key="very-secret-key")
    assert "very-secret-key" not in refused.value.detail
    assert refused.value.__suppress_context__


def test_nothing_of_a_vendor_is_imported_with_the_module() -> None:
    import subprocess

    code = "import sys; import bot.answer.generative.chain, bot.answer.generative.model; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"langchain", "openai", "langchain_openai", "anthropic"}.isdisjoint(loaded)
