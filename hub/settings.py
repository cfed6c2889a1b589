"""The settings: one typed object, read once from environment variables that begin with ``UNIONHUB_``."""

import os
import re
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
"""The checkout; in the image, the folder into which the hub was copied."""

PREFIX = "UNIONHUB_"
PORTS = {"http": 80, "https": 443}
"""The default port of each scheme, which browsers leave out."""

NOT_SETTINGS = {"UNIONHUB_TEST_DATABASE_URL", "UNIONHUB_CHROMIUM"}
"""Variables with this prefix that are for the tests, not for the hub."""


class BadSettingError(ValueError):
    """Settings are invalid; the message has one line for each variable."""


def _postgresql(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ValueError("must begin with postgresql://")
    if not parts.path.strip("/"):
        raise ValueError("must name a database: postgresql://user:password@host:5432/unionhub")
    return url


class RoleLimit(NamedTuple):
    """The limits of one operation: levels of fields, objects, and page size."""

    depth: Annotated[int, Field(ge=1)]
    objects: Annotated[int, Field(ge=1)]
    page: Annotated[int, Field(ge=1)]


def _secure(url: str) -> str:
    parts = urlsplit(url)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))):
        raise ValueError("must begin with https:// (or http:// on this machine)")
    return url


def _several(given: object) -> object:
    return tuple(part for part in given.replace(",", " ").split()) if isinstance(given, str) else given


def _networks(given: object) -> object:
    if not isinstance(given, str):
        return given
    try:
        found = tuple(ip_network(part) for part in given.replace(",", " ").split())
    except ValueError as error:
        raise ValueError(f"must be addresses or networks as 10.0.0.5, 10.1.0.0/16, fd00::/8: {error}") from None
    if any(network.prefixlen == 0 for network in found):
        raise ValueError("must not be all addresses: then every caller could say who they are")
    return found


def _token(given: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9._~+/=-]{16,512}", given.get_secret_value()):
        raise ValueError("must have at least 16 characters, of those that a Bearer token may have")
    return given


def _origin(given: str) -> str:
    """An origin as browsers write it: in lower case and ASCII, without the scheme's default port."""
    if given == "*":
        return given
    parts = urlsplit(given)
    try:
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:
        host, port = "", None
    if (
        parts.scheme not in {"http", "https"}
        or not host
        or "*" in host
        or parts.username is not None
        or parts.path
        or parts.query
    ):
        raise ValueError("must be origins as https://app.example.org, without a path, separated by commas; or *")
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, PORTS[parts.scheme]) else "")


def is_loopback(host: str) -> bool:
    """Whether a server on ``host`` can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


Count = Annotated[int, Field(ge=1)]


class Settings(BaseSettings):
    """All settings; each field is the variable ``UNIONHUB_<NAME>`` (``PORT`` works too)."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        validate_default=True,
        populate_by_name=True,
    )

    database_url: Annotated[str, AfterValidator(_postgresql)] | None = Field(
        default=None,
        repr=False,
        description="A PostgreSQL 16 to 18; without it the embedded server runs under the data folder",
    )
    data_dir: Path = Field(default=ROOT / ".data", description="Folder of the embedded server and of the tokens")
    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(
        default=8000,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("UNIONHUB_PORT", "PORT"),
        description="Port to listen on (PORT works too)",
    )
    executor: Literal["plan", "default"] = Field(
        default="plan",
        description="plan: compiled plans; default: the ordinary executor with DataLoader, for comparison",
    )
    pool_size: Count = Field(default=8, le=1000, description="Connections to PostgreSQL held by one process")
    statement_timeout_ms: Count = Field(default=10_000, description="PostgreSQL ends a statement after this many ms")
    caller_connections: int | None = Field(
        default=None,
        ge=0,
        description="Most connections that the operations of one caller hold; a quarter of the pool if unset, 0: no limit",
    )
    caller_queue: int = Field(
        default=100, ge=0, description="Most operations of one caller that wait for one of these connections"
    )
    max_body_bytes: Count = Field(default=262_144, description="Largest request body, in bytes")
    max_import_bytes: Count = Field(default=268_435_456, description="Largest file that is imported, in bytes")
    import_report_days: Count = Field(default=90, le=36_500, description="Days that the report of an import is kept")
    max_exports: int = Field(default=2, ge=0, le=1000, description="Exports that run at the same time; 0 serves none")
    export_seconds: Count = Field(default=600, description="Seconds in which an export must be read to its end")
    max_tokens: Count = Field(default=5_000, description="Most lexical tokens in a document")
    max_depth: Count = Field(default=20, description="Deepest nesting of fields")
    max_aliases: Count = Field(default=100, description="Most aliases in an operation")
    max_fields: Count = Field(default=2_000, description="Most fields in an operation, fragments expanded")
    statistical_year_month: int = Field(
        default=10, ge=1, le=12, description="First month of a statistical year; 10 is October"
    )
    max_objects: Count = Field(default=25_000, description="Most objects an operation may ask for, by its page sizes")
    max_sockets: int = Field(default=200, ge=0, description="Most WebSockets open in one process; 0: none are served")
    socket_operations: Count = Field(default=20, description="Most operations that run at a time on one WebSocket")
    origins: Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], NoDecode, BeforeValidator(_several)] = (
        Field(default=(), description="Origins of pages, beside the hub's own, that may use the hub; * for all")
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)] = Field(
        default=(), description="Addresses and networks of proxies that say by X-Forwarded-For who asks"
    )
    metrics_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="Port of its own for /metrics, and for /readyz with what each check found",
    )
    metrics_host: str = Field(default="127.0.0.1", description="Address that this port listens on")
    metrics_token: Annotated[SecretStr, AfterValidator(_token)] | None = Field(
        default=None, repr=False, description="Bearer token for /metrics, and for /readyz with what each check found"
    )
    oidc_issuer: Annotated[str, AfterValidator(_secure)] | None = Field(
        default=None, description="Issuer of the OpenID Connect provider whose access tokens are accepted"
    )
    oidc_audience: str | None = Field(default=None, description="What must stand in `aud` of those tokens")
    oidc_jwks_url: Annotated[str, AfterValidator(_secure)] | None = Field(
        default=None, description="The provider's key set; found by discovery if unset"
    )
    local_issuer: bool | None = Field(
        default=None,
        description="Accepts the tokens that `unionhub token` prints; if unset, as long as there is no provider",
    )
    public_analyst: bool = Field(default=True, description="Answers callers without a token, with aggregates only")
    public_cache_seconds: int = Field(
        default=60, ge=0, description="Seconds that caches may keep the public's answers to GET; 0: not at all"
    )
    budget_points: int = Field(default=5_000_000, ge=0, description="Points a principal may spend at once; 0: no limit")
    public_budget_points: int = Field(
        default=200_000, ge=0, description="Points the anonymous callers of one address may spend at once; 0: no limit"
    )
    public_cells: int = Field(
        default=20_000,
        ge=0,
        description="Distinct cells of statistics that the anonymous callers of one address may be given in a day; 0: no limit",
    )
    analyst_cells: int = Field(
        default=200_000,
        ge=0,
        description="Distinct cells of statistics that an analyst with a name may be given in a day; 0: no limit",
    )
    budget_seconds: Count = Field(default=60, description="Seconds in which the points are refilled")
    role_limits: dict[str, RoleLimit] = Field(
        default={"ANALYST": RoleLimit(12, 10_000, 200), "WORKER": RoleLimit(12, 5_000, 100)},
        description="By role: most levels of fields, objects, and a page, as JSON",
    )
    introspection: Literal["all", "signed_in", "nobody"] = Field(
        default="all", description="Who may ask for the schema: all, signed_in (callers with a token), nobody"
    )
    key_file: Path = Field(
        default_factory=lambda known: known.get("data_dir", ROOT / ".data") / "keys.json",
        description="The keys of encrypted columns, mode 600; keys.json in the data folder if unset",
    )
    keys: SecretStr | None = Field(default=None, repr=False, description="The same keys as JSON, instead of the file")
    cipher: Literal["AES-256-GCM", "SM4-GCM"] = Field(
        default="AES-256-GCM", description="What the next key version encrypts with; SM4 is GB/T 32907"
    )
    index_digest: Literal["SHA-256", "SM3"] = Field(
        default="SHA-256", description="The hash of the next key version's blind indexes; SM3 is GB/T 32905"
    )
    audit_digest: Literal["SHA-256", "SM3"] = Field(
        default="SHA-256", description="The hash that chains the audit log; SM3 is GB/T 32905"
    )
    audit_months: int = Field(
        default=36, ge=6, description="Months that the audit log is kept; the Cybersecurity Law wants 6 at the least"
    )
    reveal_daily_limit: Count = Field(
        default=500, description="Records whose personal data a principal may see in clear in a day"
    )
    verify_daily_limit: Count = Field(
        default=500, description="Values that a principal may have compared by `verify` in a day"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What is logged")
    log_format: Literal["json", "logfmt"] = Field(default="json", description="How log lines are written")
    slow_operation_ms: int = Field(
        default=1_000, ge=0, description="An operation that takes so many ms is logged with its plan; 0: none is"
    )

    @field_validator("data_dir", "key_file")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().absolute()

    @field_validator("log_level", "log_format", "executor", "introspection", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("role_limits")
    @classmethod
    def _roles(cls, limits: dict[str, RoleLimit]) -> dict[str, RoleLimit]:
        from db.access import Role  # imported here, so that `unionhub doctor` runs without the database packages

        unknown = sorted(limits.keys() - Role.__members__.keys())
        if unknown:
            raise ValueError(f"there is no role {unknown[0]}; there are {', '.join(Role.__members__)}")
        return limits

    @model_validator(mode="after")
    def _provider_is_whole(self) -> Self:
        if self.oidc_issuer is not None and not self.oidc_audience:
            raise ValueError(
                "UNIONHUB_OIDC_AUDIENCE: is needed with UNIONHUB_OIDC_ISSUER: the name of this hub at the provider"
            )
        if self.oidc_issuer is None and (self.oidc_audience or self.oidc_jwks_url):
            raise ValueError("UNIONHUB_OIDC_ISSUER: is needed with UNIONHUB_OIDC_AUDIENCE and UNIONHUB_OIDC_JWKS_URL")
        return self

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        if self.metrics_port is not None and 0 != self.metrics_port == self.port:
            raise ValueError("UNIONHUB_METRICS_PORT: must be another port than that of the hub")
        return self

    @property
    def trusts_local_issuer(self) -> bool:
        """Whether the tokens that ``unionhub token`` prints are accepted."""
        return self.oidc_issuer is None if self.local_issuer is None else self.local_issuer

    @property
    def share(self) -> int:
        """The most connections that the operations of one caller hold at a time; 0 for no limit."""
        return max(1, self.pool_size // 4) if self.caller_connections is None else self.caller_connections

    @property
    def issuer_key(self) -> Path:
        """The private key of the demonstration's issuer of tokens."""
        return self.data_dir / "issuer.json"

    def shown(self) -> dict[str, str]:
        """The settings by their variables, for printing: without secrets."""
        values = {name: str(getattr(self, name)) for name in type(self).model_fields}
        values["keys"] = "(set)" if self.keys else "None"
        values["metrics_token"] = "(set)" if self.metrics_token else "None"
        values["trusted_proxies"] = ", ".join(map(str, self.trusted_proxies)) or "()"
        values["database_url"] = hide_password(self.database_url) if self.database_url else "(embedded)"
        return {PREFIX + name.upper(): value for name, value in values.items()}


SECRET = {"UNIONHUB_DATABASE_URL", "UNIONHUB_KEYS", "UNIONHUB_METRICS_TOKEN"}
"""Variables whose values are secret, wholly or in part."""


def hide_password(url: str) -> str:
    """``url`` with ``***`` instead of its password, wherever a PostgreSQL URL may have one."""
    head, _, query = url.partition("?")
    scheme, mark, rest = head.partition("://")
    user, at, host = rest.rpartition("@")
    name, colon, _ = user.partition(":")
    query = "&".join("password=***" if part.startswith("password=") else part for part in query.split("&"))
    shown = f"{scheme}{mark}{name}{colon and ':***'}{at}{host}"
    return f"{shown}?{query}" if query else shown


def load() -> Settings:
    """Read the environment.

    Raises:
        BadSettingError: a variable has a value that cannot be used.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = [part for part in error.errors(include_url=False) if part["type"] != "default_factory_not_called"]
        raise BadSettingError("\n".join(map(_line, faults))) from None


def unknown() -> list[str]:
    """Variables with this prefix that are no settings: usually misspelt names."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | NOT_SETTINGS
    return sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)


@cache
def settings() -> Settings:
    """The settings of this process, read once.

    Raises:
        BadSettingError: as of :func:`load`.
    """
    return load()


def _line(error: Any) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return message
    name = str(error["loc"][0])
    variable = name if name.isupper() else PREFIX + name.upper()
    if variable == "UNIONHUB_PORT" and variable not in os.environ:
        variable = "PORT"
    if variable in SECRET:
        return f"{variable}: {message}"
    return f"{variable}: {message[0].lower()}{message[1:]} (it is {str(error['input'])!r})"
