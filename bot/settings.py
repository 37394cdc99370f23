"""All settings: environment variables with the prefix ``BOT_``, or a ``.env`` file.

Only cli, bootstrap and web.app read them; everything else takes keyword arguments.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
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
# Standard Webhooks: between 24 and 64 bytes.
_MIN_WEBHOOK_KEY_BYTES = 24
# Enough to see a slip; whether somebody reads there only sending shows.
_ADDRESS = re.compile(r"\s*[^@\s,<>]+@[^@\s,<>]+\s*")


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
    trusted_proxies: str = Field(
        "127.0.0.1, ::1",
        description="Addresses or networks of the reverse proxies before this server, with commas between them: what "
        "they say of a visitor's address and of HTTPS is believed, and nobody else's word.",
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
    support_schedule: str | None = Field(
        None,
        description="When people answer, for the desk to count with, such as `Mon-Fri 09:00-17:00; Sat 10:00-12:00`; "
        "empty: not told. Put into words where `BOT_SUPPORT_HOURS` is empty.",
    )
    support_timezone: str = Field("UTC", description="Time zone of that schedule, such as `Europe/Berlin`.")
    queue_timeout_min: int = Field(
        15,
        ge=1,
        le=1440,
        description="Minutes without a person, within those hours, or without an answer of theirs, after which a "
        "patient reads what else helps.",
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
    smtp_host: str | None = Field(
        None, description="Mail server that tells staff of new requests for a person; empty: no e-mail."
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "ssl", "none"] = Field(
        "starttls", description="`starttls` (port 587), `ssl` (port 465), or `none` within your own network."
    )
    smtp_user: str | None = Field(None, description="Name to sign in with at the mail server; empty: without.")
    smtp_password: SecretStr | None = Field(None, description="Password for it.")
    notify_from: str | None = Field(None, description="Address that the e-mails come from.")
    notify_to: str | None = Field(None, description="Addresses they go to, with commas between them.")
    webhook_url: str | None = Field(
        None, description="Address that new requests for a person are posted to, signed; empty: none."
    )
    webhook_secret: SecretStr | None = Field(
        None, description="What the posts are signed with: `whsec_` and at least 24 bytes as Base64."
    )
    retention_days: int | None = Field(
        None,
        ge=1,
        description="Days without a new message after which a conversation is erased; empty: kept until someone "
        "erases it.",
    )
    retention_days_without_person: int | None = Field(
        None, ge=1, description="The same where no person was asked for; empty: as all."
    )
    retention_days_emergency: int | None = Field(
        None, ge=1, description="The same where an emergency or a crisis was met; empty: as all."
    )
    staff_idle_min: int = Field(
        30, ge=1, le=720, description="Minutes without a request after which staff are signed out of the console."
    )
    staff_session_h: int = Field(
        12, ge=1, le=24, description="Hours after which they are signed out, whatever they do."
    )
    oidc_issuer: str | None = Field(
        None,
        description="Address of an OpenID Connect issuer through which staff may sign in beside their passwords; needs "
        "`pip install 'bot[oidc]'`.",
    )
    oidc_client_id: str | None = Field(None, description="Under which the console is known there.")
    oidc_client_secret: SecretStr | None = Field(None, description="Its secret there; empty: PKCE alone.")
    oidc_title: str = Field("Sign in with your work account", description="What the button says.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="How much is logged.")

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Settings:
        if self.secret_key is not None and len(self.secret_key.get_secret_value()) < _MIN_SECRET_CHARS:
            _refuse("secret_key", f"needs at least {_MIN_SECRET_CHARS} characters; lengthen it, or leave it empty")
        self._check_proxies()
        self._check_llm()
        self._check_notices()
        self._check_oidc()
        if self.environment != "production":
            return self
        if self.llm_base_url is not None and not _is_private(self.llm_base_url):
            _refuse("llm_base_url", "must begin with https:// in production, or be on this machine or network")
        if self.smtp_security == "none" and self.smtp_host is not None and not _is_near(self.smtp_host):
            _refuse("smtp_security", "must not be none in production for a server elsewhere; choose starttls")
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

    def _check_proxies(self) -> None:
        for name in filter(None, map(str.strip, self.trusted_proxies.split(","))):
            try:
                ip_network(name)
            except ValueError:
                _refuse("trusted_proxies", "must hold addresses or networks, such as 10.0.0.0/8, with commas between")

    def _check_oidc(self) -> None:
        if self.oidc_issuer is None:
            return
        if not _is_private(self.oidc_issuer) or urlsplit(self.oidc_issuer).scheme not in ("http", "https"):
            _refuse("oidc_issuer", "must begin with https://, or be on this machine or network")
        if self.oidc_client_id is None:
            _refuse("oidc_client_id", "is missing and BOT_OIDC_ISSUER is set; the issuer gives it to you")

    def _check_notices(self) -> None:
        if self.smtp_host is not None:
            for name in ("notify_from", "notify_to"):
                if not all(_ADDRESS.fullmatch(address) for address in (getattr(self, name) or "").split(",")):
                    _refuse(name, "must hold e-mail addresses, such as guide@example.org, as BOT_SMTP_HOST is set")
        if self.webhook_url is None:
            return
        if not _is_private(self.webhook_url) or urlsplit(self.webhook_url).scheme not in ("http", "https"):
            _refuse("webhook_url", "must begin with https://, or be on this machine or network")
        if not _is_webhook_secret(self.webhook_secret):
            _refuse("webhook_secret", "must be whsec_ and at least 24 bytes as Base64, as BOT_WEBHOOK_URL is set")

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
    return parts.scheme == "https" or _is_near(parts.hostname or "")


def _is_near(host: str) -> bool:
    """Tell whether a host is this machine or one of this network."""
    try:
        return ip_address(host).is_private
    except ValueError:  # a name: without a dot it is one of this network
        return bool(host) and "." not in host


def _is_webhook_secret(secret: SecretStr | None) -> bool:
    value = secret.get_secret_value() if secret is not None else ""
    try:
        key = base64.b64decode(value.removeprefix("whsec_"), validate=True)
    except ValueError:
        return False
    return value.startswith("whsec_") and len(key) >= _MIN_WEBHOOK_KEY_BYTES


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
