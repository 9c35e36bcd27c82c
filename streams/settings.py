"""Everything that can be set from the environment, in one class; `docs/settings.md` is generated from it.

A TOLLGATE_ variable that is not listed here is refused: a misspelt setting must not go unnoticed.
"""

import difflib
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from streams.connection import checked_clickhouse_url, complete_clickhouse_url, own_bootstrap, use_local
from streams.errors import Misconfigured, Outage
from streams.masking import masked, shown

if TYPE_CHECKING:
    from streams.kafka import TopicOptions

PREFIX = "TOLLGATE_"
DAYS = re.compile(r"-?[0-9]{1,9}")
DATABASE_ADDRESS = re.compile(r"postgres(ql)?://[^/\s]+/[^/\s?#]+(\?\S*)?")


class UnknownSetting(Misconfigured):
    """A TOLLGATE_ variable that no setting has; most often a misspelling."""


class InvalidSetting(Misconfigured):
    """A value that its setting does not accept."""


class NotRunning(Outage):
    """The local part that would have this address is not up."""


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - keep symbolic links as the user wrote them


def _absolute_or_empty(name: str) -> str:
    return str(_absolute(Path(name))) if name else ""


def _absolute_files(files: str) -> str:
    """Several paths: processes that are started elsewhere must find the same files."""
    names = [name.strip() for name in files.split(os.pathsep)]
    return os.pathsep.join(str(_absolute(Path(name))) for name in names if name)


def _broker_addresses(text: str) -> str:
    """`host:port,...` and nothing else: what stands in a listener's name is said by settings of its own."""
    if "://" in text or "@" in text:
        raise ValueError(
            "give host:port,... alone; TLS and users have settings of their own: KAFKA_SECURITY_PROTOCOL, "
            "KAFKA_SASL_USERNAME ..."
        )
    for part in filter(None, (part.strip() for part in text.split(","))):
        host, _, port = part.rpartition(":")
        if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
            raise ValueError(f"{part!r} is not host:port")
    return text


def _database_address(text: str) -> str:
    """A URL with a host and a database, so that everybody who shows it knows where its password is."""
    if text and not DATABASE_ADDRESS.fullmatch(text):
        raise ValueError("give postgresql://user:password@host:port/database")
    return text


def _console_address(text: str) -> str:
    """An origin: scheme, host and port, as browsers send it."""
    parts = urlsplit(text)
    if text and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/")):
        raise ValueError("give https://HOST or https://HOST:PORT, without a path")
    return f"{parts.scheme}://{parts.netloc.lower()}" if text else ""


def _two_people(text: str) -> str:
    """`models`, `lists` or both."""
    if not {part.strip() for part in text.split(",") if part.strip()} <= {"models", "lists"}:
        raise ValueError("give models, lists, models,lists or nothing")
    return text


def _issuer(text: str) -> str:
    """An address over TLS, or on this very machine."""
    parts = urlsplit(text)
    is_here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if text and not (parts.hostname and (parts.scheme == "https" or is_here)):
        raise ValueError("give the https:// address by which the provider names itself (`issuer`)")
    return text


def _retention(text: str) -> str:
    """`topic=days,...`; what each topic may be is checked where topics are made."""
    for part in filter(None, (part.strip() for part in text.split(","))):
        _, _, days = part.partition("=")
        if not DAYS.fullmatch(days.strip()):
            raise ValueError(f"{part!r} is not topic=days")
    return text


def _broker_ids(text: str) -> str:
    ids = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() for part in ids) or len(set(ids)) != len(ids):
        raise ValueError("give different broker ids, e.g. 1,2,3")
    return text


class Settings(BaseSettings):
    """The settings of one process, read from its environment when made.

    Raises UnknownSetting or InvalidSetting, both of which name the variable and what to do.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, env_ignore_empty=True, populate_by_name=True
    )

    home: Annotated[Path, AfterValidator(_absolute)] = Field(
        default=Path(".tollgate"),
        validate_default=True,
        description="Folder of everything local: Kafka's log, the warehouse, snapshots, artefacts, logs.",
    )
    kafka_bootstrap_servers: Annotated[str, AfterValidator(_broker_addresses)] = Field(
        default="",
        validation_alias="KAFKA_BOOTSTRAP_SERVERS",
        description="`host:port,...` of your own Kafka (3.7 or later). Empty: the one of `tollgate up`.",
    )
    kafka_security_protocol: str = Field(
        default="",
        validation_alias="KAFKA_SECURITY_PROTOCOL",
        description="`SSL` or `SASL_SSL` (or `PLAINTEXT`, `SASL_PLAINTEXT`), for every client "
        "(docs/security.md).",
    )
    kafka_sasl_mechanism: str = Field(
        default="",
        validation_alias="KAFKA_SASL_MECHANISM",
        description="`SCRAM-SHA-512`, `SCRAM-SHA-256`, `PLAIN` or `OAUTHBEARER` (OIDC client credentials).",
    )
    kafka_sasl_username: str = Field(
        default="", validation_alias="KAFKA_SASL_USERNAME", description="User for SCRAM and PLAIN."
    )
    kafka_sasl_password: SecretStr = Field(
        default=SecretStr(""), validation_alias="KAFKA_SASL_PASSWORD", description="The user's password."
    )
    kafka_sasl_password_file: str = Field(
        default="",
        validation_alias="KAFKA_SASL_PASSWORD_FILE",
        description="File that holds the password alone, instead of KAFKA_SASL_PASSWORD.",
    )
    kafka_sasl_oauth_token_url: str = Field(
        default="",
        validation_alias="KAFKA_SASL_OAUTH_TOKEN_URL",
        description="Token endpoint of the identity provider, for OAUTHBEARER.",
    )
    kafka_sasl_oauth_client_id: str = Field(
        default="", validation_alias="KAFKA_SASL_OAUTH_CLIENT_ID", description="Client id for OAUTHBEARER."
    )
    kafka_sasl_oauth_client_secret: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="KAFKA_SASL_OAUTH_CLIENT_SECRET",
        description="Client secret for OAUTHBEARER.",
    )
    kafka_sasl_oauth_client_secret_file: str = Field(
        default="",
        validation_alias="KAFKA_SASL_OAUTH_CLIENT_SECRET_FILE",
        description="File that holds the client secret alone.",
    )
    kafka_sasl_oauth_scope: str = Field(
        default="", validation_alias="KAFKA_SASL_OAUTH_SCOPE", description="Scope that tokens are asked for."
    )
    kafka_sasl_oauth_extensions: str = Field(
        default="",
        validation_alias="KAFKA_SASL_OAUTH_EXTENSIONS",
        description="`name=value,...` sent with a token, e.g. a provider's cluster id.",
    )
    kafka_ssl_ca_file: str = Field(
        default="",
        validation_alias="KAFKA_SSL_CA_FILE",
        description="PEM file of the certificate authorities that Kafka's certificate is checked with. "
        "Empty: the machine's.",
    )
    kafka_ssl_certificate_file: str = Field(
        default="",
        validation_alias="KAFKA_SSL_CERTIFICATE_FILE",
        description="PEM file of our certificate and its chain, for mutual TLS.",
    )
    kafka_ssl_key_file: str = Field(
        default="", validation_alias="KAFKA_SSL_KEY_FILE", description="PEM file of its private key."
    )
    kafka_ssl_key_password: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="KAFKA_SSL_KEY_PASSWORD",
        description="Password of the private key.",
    )
    kafka_ssl_key_password_file: str = Field(
        default="",
        validation_alias="KAFKA_SSL_KEY_PASSWORD_FILE",
        description="File that holds the private key's password alone.",
    )
    kafka_properties_file: str = Field(
        default="",
        validation_alias="KAFKA_PROPERTIES_FILE",
        description="Properties file of librdkafka with what concerns the connection. The variables above "
        "win over it.",
    )
    kafka_replication_factor: int = Field(
        default=0, ge=0, le=32_767, description="Replicas of topics that are made. 0: as the brokers say."
    )
    kafka_min_insync_replicas: int = Field(
        default=0,
        ge=0,
        le=32_767,
        description="Replicas that must have a message before it counts as written. 0: as the brokers say.",
    )
    kafka_replica_brokers: Annotated[str, AfterValidator(_broker_ids)] = Field(
        default="",
        description="Ids of the brokers that hold topics that are made, the preferred leader first, "
        "e.g. `1,2,3`. Empty: the cluster decides.",
    )
    kafka_retention_days: Annotated[str, AfterValidator(_retention)] = Field(
        default="",
        description="Days other than ours for topics that are made, e.g. `payments=90,decisions=400`; "
        "-1 keeps for ever.",
    )
    clickhouse_url: Annotated[str, AfterValidator(checked_clickhouse_url)] = Field(
        default="",
        validation_alias="CLICKHOUSE_URL",
        description="`http[s]://user:password@host:port/database` of your own ClickHouse. "
        "Empty: the local warehouse of `tollgate up`.",
    )
    database_url: Annotated[str, AfterValidator(_database_address)] = Field(
        default="",
        validation_alias="DATABASE_URL",
        description="`postgresql://user:password@host:port/database` of your own PostgreSQL (15 or later) "
        "for people's work; what libpq takes may follow "
        "(`?sslmode=verify-full&sslrootcert=FILE&passfile=FILE`). Empty: the local one of `tollgate up`.",
    )
    profile: Literal["laptop", "production"] = Field(
        default="laptop",
        description="`laptop` makes all keys at the first start. `production` makes none, and asks for two "
        "signatures on allow rules, models, policies and allow entries of more than a day (docs/trust.md).",
    )
    trust_root: Annotated[str, AfterValidator(_absolute_or_empty)] = Field(
        default="",
        description="File with the root of trust, public keys only: controls must be signed by what it "
        "trusts. Empty: `root.json` in the folder of keys, if there is one.",
    )
    keys: Annotated[str, AfterValidator(_absolute_or_empty)] = Field(
        default="", description="Folder of this host's private keys. Empty: `keys` in the home."
    )
    sign_with: str = Field(
        default="",
        description="Name of the key file to sign controls with. Empty: the operator of `tollgate up`, else "
        "the first with the role.",
    )
    sign_only: bool = Field(
        default=False,
        description="Whether commands that publish sign into a file for another person instead; "
        "`--sign-only` of a command.",
    )
    clickhouse_password_file: str = Field(
        default="",
        validation_alias="CLICKHOUSE_PASSWORD_FILE",
        description="File that holds the password of CLICKHOUSE_URL's user alone.",
    )
    clickhouse_ca_file: str = Field(
        default="",
        validation_alias="CLICKHOUSE_CA_FILE",
        description="PEM file of the certificate authority that ClickHouse's certificate is checked with. "
        "Empty: the machine's.",
    )
    warehouse_keep_days: str = Field(
        default="decisions_by_minute=35,journal=90",
        description="Days for which tables of the warehouse keep their rows, e.g. "
        "`payments=90,decisions_by_minute=35,journal=90` (docs/run-warehouse.md). A table that is not "
        "named keeps them for ever.",
    )
    warehouse_network_key_file: str = Field(
        default="",
        description="File with the key (16 bytes or more) under which networks of payers' addresses are "
        "hashed in the warehouse; the same on every host that fills one ClickHouse. Empty: "
        "`warehouse-network.key` in the home, made at the first start.",
    )
    deduplication_horizon_days: int = Field(
        default=7,
        ge=1,
        le=30,
        description="Days in which a repeated payment gets its first decision again; later it is `stale`.",
    )
    deduplication_keys_max: int = Field(
        default=64_000_000,
        ge=1_000,
        description="Most decisions remembered. When full, the horizon shrinks, down to one day.",
    )
    kafka_heap_mb: int = Field(
        default=512, ge=256, le=65_536, description="Heap of the local Kafka's Java process, in MiB."
    )
    metrics_port: int = Field(
        default=0, ge=-1, le=65_535,
        description="Port on which a process serves its metrics (docs/metrics.md). 0: a free one of its own, "
        "named in HOME/run/metrics. -1: none is served.",
    )  # fmt: skip
    metrics_host: str = Field(
        default="127.0.0.1",
        description="Interface on which metrics are served, to anybody who can reach it.",
    )
    traces_to: str = Field(
        default="",
        description="Address of a collector (OTLP over HTTP, `http://HOST:4318/v1/traces`) that gets a span "
        "for each payment with a sampled `traceparent` header; needs the extra `tracing`. Empty: none.",
    )
    features: Annotated[str, AfterValidator(_absolute_files)] = Field(
        default="",
        description="Python files with your own features, separated by `:`, run when a process starts "
        "(docs/own-features.md). Empty: only the built-in catalogue.",
    )

    review_idle_minutes: int = Field(
        default=10, ge=1, le=480,
        description="Minutes after which a payment under review that was left idle is free for others.",
    )  # fmt: skip
    review_hours: int = Field(
        default=4, ge=1, le=168, description="Hours within which a verdict on a payment under review is owed."
    )
    review_authorisation_days: int = Field(
        default=7, ge=2, le=30,
        description="Days for which the authorisations of payments under review hold.",
    )  # fmt: skip
    review_margin_hours: int = Field(
        default=24,
        ge=1,
        le=47,
        description="Hours before the authorisation expires at which the default is applied to a payment "
        "without a verdict.",
    )
    review_default: Literal["approve", "decline"] = Field(
        default="decline", description="What is applied to a payment that nobody has judged in time."
    )
    review_large_eur: int = Field(
        default=1_000, ge=1, le=10_000_000,
        description="Amount in EUR from which on two people must agree on a payment under review.",
    )  # fmt: skip
    review_per_hour: int = Field(
        default=20, ge=1, le=1_000,
        description="Payments that one reviewer finishes in an hour, for the load that the engine is told.",
    )  # fmt: skip
    tra_key_file: str = Field(
        default="",
        description="File with the key (16 bytes or more) that bands of the risk analysis exemption are "
        "signed with and checked against when published. Empty: none can be published.",
    )
    console_address: Annotated[str, AfterValidator(_console_address)] = Field(
        default="",
        description="Where people reach the console, e.g. `https://console.example.com`: the address of the "
        "proxy with TLS that stands before it. Empty: this machine alone.",
    )
    console_host: str = Field(
        default="127.0.0.1", description="Interface on which the console listens for that proxy."
    )
    console_port: int = Field(
        default=0, ge=0, le=65_535,
        description="Port on which the console listens. 0: a free one, which the home keeps.",
    )  # fmt: skip
    console_provider: Annotated[str, AfterValidator(_issuer)] = Field(
        default="",
        description="Identity provider (OpenID Connect) by which people may sign in to the console, as it "
        "names itself (`issuer`), e.g. `https://id.example.com`. Empty: names and passwords alone.",
    )
    console_provider_client: str = Field(
        default="", description="What that provider knows the console as (`client_id`)."
    )
    console_provider_secret_file: str = Field(
        default="",
        description="File that holds the client's secret at that provider alone. Empty: a public client, "
        "by PKCE alone.",
    )
    console_provider_role: Literal["", "viewer", "analyst", "reviewer", "rule_author", "approver"] = Field(
        default="",
        description="Role of a person whom only the provider knows, in no merchant account until an "
        "administrator gives some. Empty: only people who were connected come in.",
    )
    up_agents: Literal["yes", "no"] = Field(
        default="yes",
        description="`no`: `tollgate up` leaves `tollgate agents labels` and `tollgate agents lists` to you, "
        "to run them with options of your own or on another host.",
    )
    console_two_people: Annotated[str, AfterValidator(_two_people)] = Field(
        default="models,lists",
        description="What in the console takes a second person who confirms it: `models` (promotions), "
        "`lists` (every entry). Rules always do. Empty: one person is enough for both.",
    )
    console_key_file: str = Field(
        default="",
        description="File with the keys by which secrets of authenticator apps lie encrypted in PostgreSQL, "
        "the newest first; consoles of one database share it. Empty: `console/totp.keys` in the home.",
    )
    feast_online: str = Field(
        default="",
        description="`redis://[:password@]host:port/db` of the Redis for Feast's online store. "
        "Empty: a sqlite file in the home.",
    )
    mlflow_tracking_uri: str = Field(
        default="",
        validation_alias="MLFLOW_TRACKING_URI",
        description="Address of your own MLflow server. It does not authenticate: put it behind a "
        "proxy that does. Empty: sqlite and files under the home.",
    )
    retrain_promote: Literal["never", "shadow", "canary", "champion"] = Field(
        default="shadow",
        description="What `tollgate retrain` does with a model that passed every gate: `never` leaves it to "
        "people, `shadow` lets it score alongside the champion, `canary` lets it decide a share of cards, "
        "`champion` makes it live.",
    )
    retrain_canary_percent: float = Field(
        default=5.0, gt=0, le=100, description="Share of cards for `canary`, in percent."
    )
    retrain_days: int = Field(
        default=365, ge=0, le=3_650,
        description="Days of payments that `tollgate retrain` learns from and is measured on. 0: all.",
    )  # fmt: skip
    retrain_tune: int = Field(
        default=0, ge=0, le=1_000, description="Hyperparameter settings that `tollgate retrain` evaluates."
    )
    retrain_part_days: float = Field(
        default=0.0, ge=0, le=90,
        description="Days for each of the parts on which `tollgate retrain` selects, calibrates and "
        "measures. More days give more frauds to calibrate with. 0: 12 % of the time, up to 28.",
    )  # fmt: skip
    retrain_at: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = Field(
        default="04:00", description="Time of day (UTC, HH:MM) of `tollgate retrain --schedule`."
    )
    report_at: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = Field(
        default="05:00", description="Time of day (UTC, HH:MM) of `tollgate report --schedule`."
    )
    report_to: str = Field(
        default="", description="Addresses that the daily report is mailed to, separated by commas."
    )
    report_from: str = Field(
        default="",
        description="Address that the daily report comes from, e.g. `Tollgate <fraud@example.com>`.",
    )
    report_acquirer: str = Field(
        default="",
        description="Name of the one acquirer of all payments, for its scheme meters. Empty: each merchant "
        "account has an acquirer of its own.",
    )
    report_entity: str = Field(
        default="",
        description="Legal entity whose fraud rate the exemption for transaction risk depends on, and its "
        "country, e.g. `Acme Payments:IE`. Empty: not measured.",
    )
    report_programmes: Annotated[str, AfterValidator(_absolute_or_empty)] = Field(
        default="",
        description="File with the scheme programmes to measure by (TOML). Empty: those that ship "
        "(`tollgate meters --show-programmes`).",
    )
    mail_server: str = Field(
        default="",
        description="`smtp://[user@]host:587` (STARTTLS) or `smtps://[user@]host:465`; "
        "`smtp+plain://localhost` for a relay on this machine.",
    )
    mail_password_file: str = Field(
        default="", description="File that holds the password of the mail server's user alone."
    )
    mail_ca_file: str = Field(
        default="",
        description="PEM file of the certificate authority that the mail server's certificate is checked "
        "with. Empty: the machine's.",
    )

    def __init__(self, **values: Any) -> None:
        refuse_unknown(os.environ)
        try:
            super().__init__(**values)
        except ValidationError as failure:
            raise InvalidSetting(_explain(failure)) from None

    @property
    def own_kafka(self) -> str:
        """Bootstrap servers of your own Kafka, from variable or properties file; empty for the local one."""
        return self.kafka_bootstrap_servers or own_bootstrap(os.environ)

    def kafka(self, role: str = "") -> str:
        """Bootstrap servers: yours if given, else the local Kafka's. Raises NotRunning.

        Where the local Kafka is a secured one, connections of this process are made by `role` from now on:
        without one by the role named before, and as an analyst at first.
        """
        if self.own_kafka:
            return self.own_kafka
        record = self._run_file("kafka", "Kafka", "KAFKA_BOOTSTRAP_SERVERS")
        bootstrap = str(record["bootstrap"])
        if "credentials" in record:
            use_local(bootstrap, Path(record["credentials"]), role)
        return bootstrap

    def refuse_secured_home(self, command: str) -> None:
        """For commands that run engines of their own: the users of a secured home have no rights on those.

        Raises Misconfigured.
        """
        if not self.own_kafka and (self.home / "kafka" / "security").exists():
            raise Misconfigured(
                f"{command} runs an engine of its own, and the users of the secured Kafka in {self.home} "
                "have rights on the engine `live` alone: run it with another TOLLGATE_HOME"
            )

    def topic_options(self) -> "TopicOptions":
        """How topics are made. Raises Misconfigured where the settings contradict each other."""
        from streams.kafka import TopicOptions, parse_retention

        return TopicOptions(
            self.kafka_replication_factor,
            self.kafka_min_insync_replicas,
            tuple(int(part) for part in self.kafka_replica_brokers.split(",") if part.strip()),
            parse_retention(self.kafka_retention_days),
        )

    def network_key(self) -> Path:
        """The file with the key of the warehouse's hashed networks."""
        named = self.warehouse_network_key_file
        return _absolute(Path(named)) if named else self.home / "warehouse-network.key"

    def clickhouse(self) -> str:
        """URL of ClickHouse's HTTP interface: yours if given, else the local one's, as an analyst.

        It holds a password: show it by `without_password` only. Raises NotRunning, and Misconfigured where
        the file with the password cannot be read.
        """
        if self.clickhouse_url:
            return complete_clickhouse_url(
                self.clickhouse_url, self.clickhouse_password_file, self.clickhouse_ca_file
            )
        from streams.warehouse import WarehouseUser, url_as

        url = str(self._run_file("warehouse", "ClickHouse", "CLICKHOUSE_URL")["url"])
        return url_as(url, self.home, WarehouseUser.ANALYST)

    def database(self) -> str:
        """URL of the PostgreSQL with people's work: yours if given, else the local one's.

        It holds a password: show it by `without_password` only. Raises NotRunning.
        """
        if self.database_url:
            return self.database_url
        return str(self._run_file("postgres", "PostgreSQL", "DATABASE_URL")["url"])

    def with_home(self, home: Path | None) -> Self:
        """The same with another home, for a command's `--home`."""
        return self if home is None else self.model_copy(update={"home": _absolute(home)})

    @property
    def feature_files(self) -> tuple[Path, ...]:
        """The files of `features`."""
        return tuple(Path(name) for name in self.features.split(os.pathsep) if name)

    @property
    def two_people(self) -> frozenset[str]:
        """The parts of `console_two_people`."""
        return frozenset(part.strip() for part in self.console_two_people.split(",") if part.strip())

    @property
    def totp_key_file(self) -> Path:
        """The file of `console_key_file`."""
        return Path(self.console_key_file) if self.console_key_file else self.home / "console/totp.keys"

    @property
    def keys_folder(self) -> Path:
        """The folder of `keys`."""
        return Path(self.keys) if self.keys else self.home / "keys"

    @property
    def run(self) -> Path:
        """Who runs where: pid files, ports, status."""
        return self.home / "run"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    def _run_file(self, name: str, what: str, variable: str) -> dict[str, Any]:
        path = self.run / f"{name}.json"
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            found = {}
        if not found or not _lives(found.get("pid")):
            raise NotRunning(
                f"the local {what} of {self.home} is not running: run `tollgate up` first, "
                f"or set {variable} to your own"
            )
        return found


def _lives(pid: int | None) -> bool:
    """Whether the process that left a run file is still there; the file of a killed one stays."""
    try:
        os.kill(pid or 0, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def variable_of(name: str) -> str:
    """The environment variable of a field."""
    alias = Settings.model_fields[name].validation_alias
    return str(alias) if alias else PREFIX + name.upper()


def refuse_unknown(environment: os._Environ[str] | dict[str, str]) -> None:
    """Raises UnknownSetting for a TOLLGATE_ variable that no field has."""
    known = [variable_of(name) for name in Settings.model_fields]
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    if unknown:
        closest = difflib.get_close_matches(unknown[0], known, n=1, cutoff=0.0)
        raise UnknownSetting(
            f"{', '.join(unknown)}: no such setting. Closest known name: {closest[0]}. "
            "Unset it or correct it; `tollgate settings` lists all."
        )


def _explain(failure: ValidationError) -> str:
    lines = []
    for error in failure.errors():
        name = str(error["loc"][0])
        variable = variable_of(name) if name in Settings.model_fields else name
        lines.append(f"{variable}={shown(variable, error['input'])!r}: {error['msg']}")
    return "; ".join(lines) + ". `tollgate settings` lists the accepted values."


def without_password(url: str) -> str:
    """An address that can be shown: the password, if any, is masked."""
    return masked(url)


def table() -> str:
    """The page `docs/settings.md`."""
    lines = [
        "# Settings",
        "",
        "Written by `make pages` from `streams/settings.py`. All are environment",
        "variables; an unknown `TOLLGATE_` variable is refused.",
        "",
        "| variable | default | what it is |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = f"`{field.default}`" if str(field.default) else "(empty)"
        lines.append(f"| `{variable_of(name)}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"
