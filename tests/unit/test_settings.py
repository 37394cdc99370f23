from __future__ import annotations

from pathlib import Path

import pytest

from bot import settings
from bot.errors import SettingsError
from bot.settings import ROOT, Settings

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / ".env"
    monkeypatch.setitem(Settings.model_config, "env_file", path)
    return path


def _set(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_readme_shows_every_setting_with_its_default_and_meaning() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    start = readme.index("| variable |")
    shown = readme[start : readme.index("\n\n", start)]
    assert shown == settings.table(), "put what bot.settings.table() returns into the README"


def test_every_setting_is_described_in_a_sentence() -> None:
    short = [name for name, field in Settings.model_fields.items() if not (field.description or "").endswith(".")]
    assert short == []


def test_starts_without_any_setting_on_this_machine_alone() -> None:
    found = settings.load()
    assert (found.host, found.port, found.environment, found.secret_key) == ("127.0.0.1", 8000, "development", None)


def test_takes_values_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, BOT_PORT="8080", BOT_REGION="DE")
    found = settings.load()
    assert (found.port, found.region) == (8080, "DE")


def test_takes_an_empty_variable_for_an_absent_one(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, BOT_PORT="", BOT_SECRET_KEY="")
    found = settings.load()
    assert (found.port, found.secret_key) == (8000, None)


def test_takes_values_from_the_env_file_and_the_environment_goes_before_it(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file.write_text("BOT_PORT=8081\nBOT_REGION=FR\nOTHER_TOOL=1\n")
    _set(monkeypatch, BOT_PORT="8082")
    found = settings.load()
    assert (found.port, found.region) == (8082, "FR")


def test_cannot_be_changed_once_read() -> None:
    found = settings.load()
    with pytest.raises(ValueError, match="frozen"):
        found.port = 1


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("BOT_PROT", id="misspelt"),
        pytest.param("bot_prot", id="lower-case"),
        pytest.param("BOT_PORT_FILE", id="file-of-what-is-no-secret"),
        pytest.param("BOT_", id="prefix-alone"),
    ],
)
def test_refuses_an_unknown_variable_and_names_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError) as refused:
        settings.load()
    assert refused.value.detail == (
        f"{name.upper()} is not a setting; the README lists those there are. Remove it or correct its name."
    )


def test_refuses_an_unknown_name_in_the_env_file(env_file: Path) -> None:
    env_file.write_text("BOT_PROT=8081\n")
    with pytest.raises(SettingsError, match=r"^BOT_PROT is not a setting"):
        settings.load()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("BOT_PORT", "70000", id="port-out-of-range"),
        pytest.param("BOT_PORT", "high", id="port-no-number"),
        pytest.param("BOT_LOG_LEVEL", "LOUD", id="log-level"),
        pytest.param("BOT_ENVIRONMENT", "staging", id="environment"),
        pytest.param("BOT_SECRET_KEY", "short", id="secret-key"),
        pytest.param("BOT_TRUSTED_PROXIES", "proxy.example.org", id="proxy-by-name"),
        pytest.param("BOT_TRUSTED_PROXIES", "*", id="every-proxy"),
        pytest.param("BOT_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.1/8", id="no-network"),
    ],
)
def test_refuses_a_wrong_value_and_names_the_variable_alone(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"^{name}") as refused:
        settings.load()
    assert value not in refused.value.detail


@pytest.mark.parametrize("name", ["BOT_SECRET_KEY", "BOT_DATABASE_URL"])
def test_reads_a_secret_from_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n")
    monkeypatch.setenv(f"{name}_FILE", str(path))
    secret = getattr(settings.load(), name.removeprefix("BOT_").lower())
    assert secret.get_secret_value() == SECRET


def test_reads_the_file_of_a_secret_that_the_env_file_names(env_file: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    env_file.write_text(f"BOT_SECRET_KEY_FILE={tmp_path / 'secret'}\n")
    secret = settings.load().secret_key
    assert secret is not None
    assert secret.get_secret_value() == SECRET


def test_refuses_a_secret_that_is_given_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret"
    path.write_text(SECRET)
    _set(monkeypatch, BOT_SECRET_KEY=SECRET, BOT_SECRET_KEY_FILE=str(path))
    with pytest.raises(SettingsError, match=r"^BOT_SECRET_KEY and BOT_SECRET_KEY_FILE are both set; remove one\.$"):
        settings.load()


def test_refuses_a_file_that_cannot_be_read_and_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOT_SECRET_KEY_FILE", str(tmp_path / "absent"))
    with pytest.raises(SettingsError, match=r"^BOT_SECRET_KEY_FILE names .*absent, which cannot be read"):
        settings.load()


def test_shows_no_secret_when_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_SECRET_KEY", SECRET)
    assert SECRET not in repr(settings.load())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("BOT_LOG_LEVEL", "DEBUG", id="debug"),
        pytest.param("BOT_PUBLIC_URL", "http://guide.example.org", id="no-tls"),
        pytest.param("BOT_PUBLIC_URL", "https://*.example.org", id="wildcard"),
    ],
)
def test_production_refuses_what_is_unsafe_and_development_takes_it(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert str(getattr(settings.load(), name.removeprefix("BOT_").lower())) == value
    monkeypatch.setenv("BOT_ENVIRONMENT", "production")
    with pytest.raises(SettingsError, match=f"^{name} must"):
        settings.load()


def test_production_starts_with_its_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, BOT_ENVIRONMENT="production", BOT_PUBLIC_URL="https://guide.example.org")
    assert settings.load().environment == "production"


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        pytest.param({"BOT_LLM": "gpt-4"}, "BOT_LLM", id="no-provider"),
        pytest.param({"BOT_LLM": "openai:"}, "BOT_LLM", id="no-model"),
        pytest.param({"BOT_LLM": "openai:a b"}, "BOT_LLM", id="space"),
        pytest.param({"BOT_LLM_BASE_URL": "http://127.0.0.1/v1"}, "BOT_LLM_BASE_URL", id="address-without-model"),
        pytest.param({"BOT_LLM": "openai:m", "BOT_LLM_BASE_URL": "127.0.0.1:80"}, "BOT_LLM_BASE_URL", id="no-scheme"),
        pytest.param({"BOT_LLM": "openai:m", "BOT_LLM_BASE_URL": "ftp://x/v1"}, "BOT_LLM_BASE_URL", id="ftp"),
        pytest.param({"BOT_LLM_TIMEOUT_S": "0"}, "BOT_LLM_TIMEOUT_S", id="no-time"),
        pytest.param({"BOT_LLM_MAX_RETRIES": "99"}, "BOT_LLM_MAX_RETRIES", id="retries"),
        pytest.param({"BOT_LLM_MAX_CONCURRENCY": "0"}, "BOT_LLM_MAX_CONCURRENCY", id="no-places"),
        pytest.param({"BOT_LLM_MAX_CONTEXT_TOKENS": "100"}, "BOT_LLM_MAX_CONTEXT_TOKENS", id="no-room"),
        pytest.param({"BOT_LLM_TEMPERATURE": "9"}, "BOT_LLM_TEMPERATURE", id="temperature"),
        pytest.param({"BOT_TRACING": "perhaps"}, "BOT_TRACING", id="tracing"),
    ],
)
def test_refuses_a_language_model_that_cannot_work_and_names_the_variable(
    variables: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(monkeypatch, **variables)
    with pytest.raises(SettingsError, match=rf"^{name}\b"):
        settings.load()


@pytest.mark.parametrize(
    "name", ["openai:gpt-4.1-mini", "anthropic:claude", "ollama:llama3.2:3b", "openai:org/model-v1"]
)
def test_takes_provider_and_model(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, BOT_LLM=name, BOT_LLM_BASE_URL="http://llm:8000/v1", BOT_LLM_API_KEY="very-secret")
    found = settings.load()
    assert (found.llm, found.llm_base_url, found.tracing) == (name, "http://llm:8000/v1", False)
    assert "very-secret" not in repr(found)


@pytest.mark.parametrize(
    ("url", "is_fine"),
    [
        ("https://api.example.org/v1", True),
        ("http://127.0.0.1:8000/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://10.0.0.5/v1", True),
        ("http://llm:8000/v1", True),
        ("http://api.example.org/v1", False),
        ("http://8.8.8.8/v1", False),
    ],
)
def test_production_sends_no_question_in_the_clear_over_the_internet(
    url: str, is_fine: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(monkeypatch, BOT_ENVIRONMENT="production", BOT_LLM="openai:m", BOT_LLM_BASE_URL=url)
    if is_fine:
        assert settings.load().llm_base_url == url
        return
    with pytest.raises(SettingsError, match=r"^BOT_LLM_BASE_URL must begin with https://"):
        settings.load()


_MAIL = {
    "BOT_SMTP_HOST": "mail.example.org",
    "BOT_NOTIFY_FROM": "a@example.org",
    "BOT_NOTIFY_TO": "b@example.org, c@d.e",
}
_HOOK = {"BOT_WEBHOOK_URL": "https://hooks.example.org/x", "BOT_WEBHOOK_SECRET": "whsec_" + "A" * 32}


@pytest.mark.parametrize("variables", [pytest.param(_MAIL, id="mail"), pytest.param(_HOOK, id="webhook")])
def test_takes_what_it_needs_to_tell_staff(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, BOT_ENVIRONMENT="production", **variables)
    assert "A" * 32 not in repr(settings.load())


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        pytest.param(_MAIL | {"BOT_NOTIFY_TO": ""}, "BOT_NOTIFY_TO", id="to-nobody"),
        pytest.param(_MAIL | {"BOT_NOTIFY_TO": "b@example.org;c@d.e x"}, "BOT_NOTIFY_TO", id="no-addresses"),
        pytest.param(_MAIL | {"BOT_NOTIFY_FROM": "the guide"}, "BOT_NOTIFY_FROM", id="from-nobody"),
        pytest.param(_MAIL | {"BOT_SMTP_SECURITY": "some"}, "BOT_SMTP_SECURITY", id="security"),
        pytest.param(_HOOK | {"BOT_WEBHOOK_URL": "http://hooks.example.org/x"}, "BOT_WEBHOOK_URL", id="in-the-clear"),
        pytest.param(_HOOK | {"BOT_WEBHOOK_URL": "ftp://10.0.0.1/x"}, "BOT_WEBHOOK_URL", id="no-http"),
        pytest.param(_HOOK | {"BOT_WEBHOOK_SECRET": ""}, "BOT_WEBHOOK_SECRET", id="unsigned"),
        pytest.param(_HOOK | {"BOT_WEBHOOK_SECRET": "whsec_QUJD"}, "BOT_WEBHOOK_SECRET", id="short-secret"),
        pytest.param(_HOOK | {"BOT_WEBHOOK_SECRET": "A" * 32}, "BOT_WEBHOOK_SECRET", id="no-prefix"),
        pytest.param({"BOT_RETENTION_DAYS": "0"}, "BOT_RETENTION_DAYS", id="erase-at-once"),
    ],
)
def test_refuses_notices_and_rules_that_cannot_work(
    variables: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(monkeypatch, **variables)
    with pytest.raises(SettingsError, match=rf"^{name}\b"):
        settings.load()


def test_production_signs_in_at_no_mail_server_elsewhere_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, BOT_ENVIRONMENT="production", BOT_SMTP_SECURITY="none", **_MAIL)
    with pytest.raises(SettingsError, match=r"^BOT_SMTP_SECURITY must not be none"):
        settings.load()
    _set(monkeypatch, BOT_SMTP_HOST="10.0.0.9")
    assert settings.load().smtp_host == "10.0.0.9"
