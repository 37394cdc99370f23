"""The door to LangChain's chat models: `init_chat_model` by name, our settings, no others.

Where patients' words go is decided by our settings alone: addresses and keys that a vendor's library would take from
its own environment variables are always given.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from bot.answer.generative.calls import CallingModel
from bot.errors import SettingsError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

# Providers that this project has an extra for, with the package that the extra brings.
_EXTRAS = {"openai": "langchain_openai", "anthropic": "langchain_anthropic", "ollama": "langchain_ollama"}
_HOME = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "ollama": "http://127.0.0.1:11434",
}
_KEYLESS = frozenset({"ollama"})
# A server of one's own may want no key; the libraries want one in any case.
_NO_KEY = "none"


def open_model(
    name: str,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    temperature: float | None = None,
    timeout_s: float = 20.0,
    max_retries: int = 1,
    max_concurrency: int = 8,
) -> CallingModel:
    """Open a chat model; nothing is sent yet.

    Args:
        name: Provider and model, such as ``openai:gpt-4.1-mini``.
        base_url: Another address than the provider's own.
        temperature: None: the model's own.
        timeout_s: Longest time for a whole answer, retries included.
        max_retries: Further tries while nothing has come.
        max_concurrency: Calls at a time; what comes beside them is refused.

    Raises:
        SettingsError: The name, the key or the address cannot be used, or a package is missing; the detail names
            the variable, and the extra to install.
    """
    provider, _, model = name.partition(":")
    _check(name, provider, model, base_url=base_url, api_key=api_key)
    chat = _made(name, provider, model, _options(provider, base_url, api_key, temperature, timeout_s))
    return CallingModel(
        chat, model_id=name, timeout_s=timeout_s, max_retries=max_retries, max_concurrency=max_concurrency
    )


def _check(name: str, provider: str, model: str, *, base_url: str | None, api_key: str | None) -> None:
    if not provider or not model:
        raise SettingsError(f"BOT_LLM is {name!r}; write provider and model, such as openai:gpt-4.1-mini.")
    package = _EXTRAS.get(provider)
    if package is not None and find_spec(package) is None:
        raise SettingsError(
            f"BOT_LLM names {name}, but {package} is not installed; run: pip install -c constraints.txt '.[{provider}]'"
        )
    if api_key is None and base_url is None and provider in _EXTRAS and provider not in _KEYLESS:
        raise SettingsError(f"BOT_LLM names {name}, but BOT_LLM_API_KEY is empty; set it, or BOT_LLM_API_KEY_FILE.")


def _options(
    provider: str, base_url: str | None, api_key: str | None, temperature: float | None, timeout_s: float
) -> dict[str, Any]:
    """Return what the provider's class is made with; retries are ours, and no answer is cached."""
    options: dict[str, Any] = {"cache": False}
    if temperature is not None:
        options["temperature"] = temperature
    if address := base_url or _HOME.get(provider):
        options["base_url"] = address
    if provider == "ollama":
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        return options | {"client_kwargs": {"timeout": timeout_s, "headers": headers}}
    return options | {"api_key": api_key or _NO_KEY, "timeout": timeout_s, "max_retries": 0}


def _made(name: str, provider: str, model: str, options: dict[str, Any]) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    try:
        chat: BaseChatModel = init_chat_model(model, model_provider=provider, **options)
    except ImportError as error:
        raise SettingsError(
            f"BOT_LLM names {name}, whose package is not installed; install the LangChain package of {provider}."
        ) from error
    except Exception as error:  # noqa: BLE001  # each vendor has errors of its own, and their text may hold the key
        raise SettingsError(
            f"BOT_LLM names {name}, which cannot be set up ({type(error).__name__}); "
            "correct BOT_LLM, BOT_LLM_BASE_URL or BOT_LLM_API_KEY."
        ) from None
    return chat
