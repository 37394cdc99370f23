"""All settings: environment variables with the prefix ``BOT_``, or a ``.env`` file.

Only cli, bootstrap and web.app read them; everything else takes keyword arguments.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "BOT_"
_FILE = "_FILE"
# "ollama:llama3.2:3b": the provider ends at the first colon.
_LLM = re.compile(r"[a-z0-9_]+:\S+")
# What signs the cookies of patients is not to be guessed: 32 random hexadecimal digits are 128 bits.
_MIN_SECRET_CHARS = 32


class Settings(BaseSettings):
    """Every setting, its default and what it does; the README's table is checked against this class."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    corpus_dir: Path = Field(
        ROOT / "corpus", description="The guide: a folder of Markdown (or HTML, PDF, DOCX, TXT) files."
    )
    index_dir: Path = Field(ROOT / "index", description="Where the built index lives.")
    prompts_dir: Path = Field(
        ROOT / "prompts", description="Every sentence the bot itself says, and the model prompts."
    )
    data_dir: Path = Field(
        ROOT / "data", description="Database, run files and the signing secret, where none is given."
    )
    model_dir: Path | None = Field(
        None, description="Folder of the embedding model; empty: the all-MiniLM-L6-v2 of the installed package."
    )
    database_url: SecretStr | None = Field(None, description="SQLAlchemy address; empty: SQLite in the data folder.")
    secret_key: SecretStr | None = Field(
        None, description="Signs visitor cookies, at least 32 characters; empty: made once and kept in the data folder."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    environment: Literal["development", "production"] = Field(
        "development", description="`production` refuses unsafe settings."
    )
    public_url: str | None = Field(
        None, description="Address patients see, such as `https://guide.example.org`; empty: host and port."
    )
    language: str = Field("en", description="Language of the bot's own sentences; a file in the prompts folder.")
    region: str | None = Field(
        None, description="Country code for emergency numbers, such as `US`; empty: several are shown."
    )
    car_t_line: str | None = Field(
        None,
        description="24-hour telephone number of the treating centre; empty: the one on the wallet card is named.",
    )
    support_hours: str | None = Field(
        None, description="When people answer, in words, such as `Monday to Friday, 9 to 17`."
    )
    max_message_chars: int = Field(2000, ge=200, le=20000, description="Longest message a patient may send.")
    messages_per_minute: int = Field(
        12, ge=1, description="Messages that one visitor may send in a minute; red flags are always answered."
    )
    messages_per_day: int = Field(300, ge=1, description="Messages that one visitor may send in a day.")
    address_messages_per_minute: int = Field(
        120, ge=1, description="Messages from one network address in a minute; a hospital is one address."
    )
    llm: str | None = Field(
        None,
        description="Language model that words the answers, as `provider:model`, such as `openai:gpt-4.1-mini`; "
        "empty: the guide's own sentences.",
    )
    llm_base_url: str | None = Field(
        None,
        description="Address of the model where it is not the provider's own, such as `http://127.0.0.1:8001/v1`; "
        "with `openai:` any server that speaks that protocol.",
    )
    llm_api_key: SecretStr | None = Field(
        None, description="Key for the model; the provider's own variables are not read."
    )
    llm_timeout_s: float = Field(
        20.0, ge=1, le=120, description="Longest time for a model's answer, in seconds; then the guide's own is shown."
    )
    llm_max_retries: int = Field(
        1, ge=0, le=5, description="Further tries within that time while nothing has come from the model."
    )
    llm_max_concurrency: int = Field(
        8, ge=1, le=256, description="Calls of the model at a time; beside them the guide's own sentences answer."
    )
    llm_max_context_tokens: int = Field(
        8000, ge=3000, description="Prompt and answer together, in tokens; passages that do not fit are left out."
    )
    llm_temperature: float | None = Field(
        None, ge=0, le=2, description="`0` quotes most faithfully; empty: the model's own, as some models want it."
    )
    tracing: bool = Field(
        False,
        description="Send questions (masked) and answers to LangSmith, with key and address from its own `LANGSMITH_` "
        "variables; off: nothing is sent, whatever those say.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="How much is logged.")

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Settings:
        if self.secret_key is not None and len(self.secret_key.get_secret_value()) < _MIN_SECRET_CHARS:
            _refuse("secret_key", f"needs at least {_MIN_SECRET_CHARS} characters; lengthen it, or leave it empty")
        self._check_llm()
        if self.environment != "production":
            return self
        if self.llm_base_url is not None and not _is_private(self.llm_base_url):
            _refuse("llm_base_url", "must begin with https:// in production, or be on this machine or network")
        if self.log_level == "DEBUG":
            _refuse("log_level", "must not be DEBUG in production; choose INFO")
        if self.public_url is not None and not self.public_url.startswith("https://"):
            _refuse("public_url", "must begin with https:// in production; correct it")
        for name in type(self).model_fields:
            if _is_wildcard(getattr(self, name)):
                _refuse(name, "must not be a wildcard in production; list what is allowed")
        return self

    def _check_llm(self) -> None:
        if self.llm is not None and not _LLM.fullmatch(self.llm):
            _refuse("llm", "must be provider and model, such as openai:gpt-4.1-mini")
        if self.llm is None and self.llm_base_url is not None:
            _refuse("llm_base_url", "is set and BOT_LLM is not; name the model there")
        if self.llm_base_url is not None and urlsplit(self.llm_base_url).scheme not in ("http", "https"):
            _refuse("llm_base_url", "must begin with https:// or http://")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read, first wins: arguments, the files that ``BOT_X_FILE`` names, the environment, ``.env``."""
        return init_settings, _SecretFiles(settings_cls), env_settings, dotenv_settings


class _SecretFiles(PydanticBaseSettingsSource):
    """Reads secrets from files, so that they stand in no environment."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        given = _given(self.config.get("env_file"))
        name = f"{PREFIX}{field_name}".upper()
        path = given.get(name + _FILE)
        if not path or not _is_secret(field):
            return None, field_name, False
        if given.get(name):
            raise SettingsError(f"{name} and {name}{_FILE} are both set; remove one.")
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{name}{_FILE} names {path}, which cannot be read; correct it.") from error

    def __call__(self) -> dict[str, Any]:
        """Return the secrets that are given as files."""
        values = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in values.items() if value is not None}


def load() -> Settings:
    """Read the settings.

    Raises:
        SettingsError: A value is wrong or unsafe, a ``BOT_`` variable is unknown, or the file of a secret
            cannot be read; the detail names the variable.
    """
    known = _known()
    for name in _given(Settings.model_config.get("env_file")):
        if name.startswith(PREFIX) and name not in known:
            raise SettingsError(
                f"{name} is not a setting; the README lists those there are. Remove it or correct its name."
            )
    try:
        return Settings()
    except ValidationError as error:
        # The value itself stays out of the message: it may be a secret.
        first = error.errors(include_input=False)[0]
        name = "".join(f"{PREFIX}{part}".upper() + ": " for part in first["loc"][:1])
        raise SettingsError(f"{name}{first['msg']}. Correct it and start again.") from None


def table() -> str:
    """Return all settings as the Markdown table of the README."""
    rows = [
        f"| {_named(name, field)} | {_shown(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(("| variable | default | what it does |", "| --- | --- | --- |", *rows))


def _known() -> set[str]:
    names = {f"{PREFIX}{name}".upper(): field for name, field in Settings.model_fields.items()}
    return names.keys() | {name + _FILE for name, field in names.items() if _is_secret(field)}


def _given(env_file: object) -> Mapping[str, str]:
    """Return what is set, names in capitals; the environment goes before the file."""
    lines = dotenv_values(env_file) if isinstance(env_file, str | Path) else {}
    return {name.upper(): value or "" for name, value in (*lines.items(), *os.environ.items())}


def _is_secret(field: FieldInfo) -> bool:
    return "SecretStr" in str(field.annotation)


def _is_wildcard(value: object) -> bool:
    values = value if isinstance(value, tuple | list | frozenset) else (value,)
    return any(isinstance(item, str) and "*" in item for item in values)


def _is_private(url: str) -> bool:
    """Tell whether what is sent to an address is encrypted, or stays on this machine or network."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        return True
    try:
        return ip_address(host).is_private
    except ValueError:  # a name: without a dot it is one of this network
        return bool(host) and "." not in host


def _refuse(name: str, why: str) -> None:
    raise PydanticCustomError("unsafe", f"{PREFIX}{name.upper()} {why}")


def _named(name: str, field: FieldInfo) -> str:
    variable = f"{PREFIX}{name.upper()}"
    return f"`{variable}` or `{variable}{_FILE}`" if _is_secret(field) else f"`{variable}`"


def _shown(field: FieldInfo) -> str:
    default = field.default
    if default is None:
        return ""
    if isinstance(default, Path):
        return f"`{default.relative_to(ROOT).as_posix()}/`"
    return f"`{default}`"
