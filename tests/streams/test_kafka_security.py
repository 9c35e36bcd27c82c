"""Kafka's security: every form that clients can be let in by, from variables and from files."""

import json
import logging
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from click.testing import CliRunner

from streams.agents.credentials import credentials
from streams.connection import (
    KafkaSecurity,
    OAuthTokens,
    act_as,
    kafka_security,
    security,
    security_variables,
    use_local,
)
from streams.connection.aiokafka_options import ssl_context
from streams.connection.variables import SECRETS, VARIABLES
from streams.errors import Misconfigured, Outage
from streams.kafka import client
from streams.platform.broker.certificates import CertificateAuthority
from streams.settings import InvalidSetting, Settings, variable_of

BROKER = "127.0.0.1:9"
SECRET = "correct-horse-battery"


@pytest.fixture(autouse=True)
def no_security_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*security_variables(), "KAFKA_BOOTSTRAP_SERVERS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pem")
    authority = CertificateAuthority()
    ours = authority.issue("fraud-engine")
    (folder / "ca.pem").write_bytes(authority.pem)
    (folder / "engine.pem").write_bytes(ours.certificate)
    (folder / "engine.key").write_bytes(ours.key)
    return folder


def forms(pem: Path) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """By name: variables, and the properties they must become."""
    tls = {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SSL_CA_FILE": str(pem / "ca.pem")}
    tls_properties = {"security.protocol": "SASL_SSL", "ssl.ca.location": str(pem / "ca.pem")}
    user = {"KAFKA_SASL_USERNAME": "engine", "KAFKA_SASL_PASSWORD": SECRET}
    user_properties = {"sasl.username": "engine", "sasl.password": SECRET}
    found = {
        mechanism: (
            tls | user | {"KAFKA_SASL_MECHANISM": mechanism.lower()},
            tls_properties | user_properties | {"sasl.mechanism": mechanism},
        )
        for mechanism in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
    }
    found["mutual TLS"] = (
        {
            "KAFKA_SECURITY_PROTOCOL": "ssl",
            "KAFKA_SSL_CA_FILE": str(pem / "ca.pem"),
            "KAFKA_SSL_CERTIFICATE_FILE": str(pem / "engine.pem"),
            "KAFKA_SSL_KEY_FILE": str(pem / "engine.key"),
        },
        {
            "security.protocol": "SSL",
            "ssl.ca.location": str(pem / "ca.pem"),
            "ssl.certificate.location": str(pem / "engine.pem"),
            "ssl.key.location": str(pem / "engine.key"),
        },
    )
    found["OAUTHBEARER"] = (
        tls
        | {
            "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
            "KAFKA_SASL_OAUTH_TOKEN_URL": "https://id.bank/token",
            "KAFKA_SASL_OAUTH_CLIENT_ID": "fraud-engine",
            "KAFKA_SASL_OAUTH_CLIENT_SECRET": SECRET,
            "KAFKA_SASL_OAUTH_SCOPE": "kafka",
        },
        tls_properties
        | {
            "sasl.mechanism": "OAUTHBEARER",
            "sasl.oauthbearer.method": "oidc",
            "sasl.oauthbearer.token.endpoint.url": "https://id.bank/token",
            "sasl.oauthbearer.client.id": "fraud-engine",
            "sasl.oauthbearer.client.secret": SECRET,
            "sasl.oauthbearer.scope": "kafka",
        },
    )
    return found


FORMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "mutual TLS", "OAUTHBEARER")


def set_all(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("form", FORMS)
def test_every_client_is_let_in_by_every_form(monkeypatch: pytest.MonkeyPatch, pem: Path, form: str) -> None:
    variables, properties = forms(pem)[form]
    set_all(monkeypatch, variables)
    for settings in (
        client.consumer_settings(BROKER, "g"),
        client.bulk_consumer_settings(BROKER, "g", fetch_wait_ms=1, queue_kib=64),
        client.group_settings(BROKER, "g"),
        client.sender_settings(BROKER),
        client.transaction_settings(BROKER, "t", 10_000),
        client.engine_output_settings(BROKER, "live"),
    ):
        assert properties.items() <= settings.items()


@pytest.mark.parametrize("form", FORMS)
def test_librdkafka_takes_every_form(monkeypatch: pytest.MonkeyPatch, pem: Path, form: str) -> None:
    set_all(monkeypatch, forms(pem)[form][0])
    if form == "OAUTHBEARER":  # its client asks for a token at once
        monkeypatch.setenv("KAFKA_SASL_OAUTH_TOKEN_URL", "http://127.0.0.1:9/token")
    client.admin_client(BROKER, client.SILENT)


@pytest.mark.parametrize("form", FORMS)
def test_agents_are_let_in_by_every_form(monkeypatch: pytest.MonkeyPatch, pem: Path, form: str) -> None:
    from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

    variables, properties = forms(pem)[form]
    set_all(monkeypatch, variables)
    options = credentials_to_aiokafka_auth(credentials(security(BROKER)))
    assert options["security_protocol"] == properties["security.protocol"]
    assert options["ssl_context"].verify_mode == ssl.CERT_REQUIRED
    assert options["ssl_context"].check_hostname
    if form in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"):
        assert options["sasl_mechanism"] == form
        assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("engine", SECRET)
    if form == "OAUTHBEARER":
        assert options["sasl_oauth_token_provider"] is not None


def test_without_settings_the_connection_is_as_it_always_was() -> None:
    assert client.connection(BROKER) == {
        "bootstrap.servers": BROKER,
        "metadata.recovery.strategy": "none",
    }
    assert credentials(security(BROKER)) is None


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_secret_can_come_from_a_file(
    monkeypatch: pytest.MonkeyPatch, pem: Path, tmp_path: Path, name: str
) -> None:
    form = {
        "KAFKA_SASL_PASSWORD": "PLAIN",
        "KAFKA_SASL_OAUTH_CLIENT_SECRET": "OAUTHBEARER",
        "KAFKA_SSL_KEY_PASSWORD": "mutual TLS",
    }[name]
    set_all(monkeypatch, forms(pem)[form][0])
    monkeypatch.delenv(name, raising=False)
    (tmp_path / "secret").write_text(SECRET + "\n")
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    assert security(BROKER).properties[SECRETS[name]] == SECRET
    monkeypatch.setenv(name, "another")
    with pytest.raises(Misconfigured, match="both set"):
        security(BROKER)


PROVIDERS_FILE = """\
# Required connection configs for Kafka producer, consumer, and admin
bootstrap.servers=pkc-1.eu.example.com:9092
security.protocol=SASL_SSL
sasl.mechanisms=PLAIN
sasl.username=ABCDEFGH
sasl.password={secret}
session.timeout.ms=45000
client.id=ccloud-python-client
"""


def test_a_providers_properties_file_is_taken_as_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "client.properties"
    path.write_text(PROVIDERS_FILE.format(secret=SECRET))
    monkeypatch.setenv("KAFKA_PROPERTIES_FILE", str(path))
    assert Settings(home=tmp_path).kafka() == "pkc-1.eu.example.com:9092"
    assert client.connection(BROKER) == {
        "bootstrap.servers": BROKER,
        "metadata.recovery.strategy": "none",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "ABCDEFGH",
        "sasl.password": SECRET,
        "client.id": "ccloud-python-client",
    }


def test_a_variable_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "client.properties"
    path.write_text(PROVIDERS_FILE.format(secret="old"))
    monkeypatch.setenv("KAFKA_PROPERTIES_FILE", str(path))
    monkeypatch.setenv("KAFKA_SASL_PASSWORD", SECRET)
    assert security(BROKER).properties["sasl.password"] == SECRET


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("group.id=mine", "group.id is not about the connection"),
        ("isolation.level=read_uncommitted", "isolation.level is not about the connection"),
        ("enable.idempotence=false", "enable.idempotence is not about"),
        ("plugin.library.paths=/tmp/evil.so", "plugin.library.paths is not about"),
        ("acks=1", "acks is always all"),
        ("sasl.jaas.config=org.apache", "for Java's client; librdkafka's is sasl.username"),
        ("ssl.truststore.location=/x.jks", "for Java's client; librdkafka's is ssl.ca.location"),
        ("security.protocol=SSL", "security.protocol is there twice"),
        ("nonsense", "line 9: a line is `property=value`"),
    ],
)
def test_a_properties_file_cannot_set_what_is_ours(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, words: str
) -> None:
    path = tmp_path / "client.properties"
    path.write_text(PROVIDERS_FILE.format(secret=SECRET) + line + "\n")
    monkeypatch.setenv("KAFKA_PROPERTIES_FILE", str(path))
    with pytest.raises(Misconfigured, match=words) as refusal:
        security(BROKER)
    assert SECRET not in str(refusal.value)


TLS = {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"KAFKA_SECURITY_PROTOCOL": "TLS"}, "it is one of PLAINTEXT, SSL"),
        ({"KAFKA_SASL_PASSWORD": SECRET}, "KAFKA_SASL_PASSWORD is set, but KAFKA_SECURITY_PROTOCOL is not"),
        (
            {"KAFKA_SSL_CA_FILE": "/ca.pem"},
            "KAFKA_SSL_CA_FILE is set, but .* Set KAFKA_SECURITY",
        ),
        ({"KAFKA_SSL_CA_FILE": "/ca.pem", "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}, "would not be used"),
        (TLS, "KAFKA_SASL_MECHANISM is not set: it is one of PLAIN"),
        (TLS | {"KAFKA_SASL_MECHANISM": "GSSAPI"}, "KAFKA_SASL_MECHANISM is GSSAPI: it is one of"),
        (TLS | {"KAFKA_SASL_MECHANISM": "PLAIN"}, "needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"),
        (TLS | {"KAFKA_SASL_MECHANISM": "OAUTHBEARER"}, "needs KAFKA_SASL_OAUTH_TOKEN_URL and"),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_KEY_FILE": "/k"}, "go together"),
        (
            {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CA_FILE": "/no/ca.pem"},
            "/no/ca.pem: the file cannot",
        ),
        ({"KAFKA_SASL_PASSWORD_FILE": "/no/such"}, "KAFKA_SASL_PASSWORD_FILE=/no/such: the file cannot"),
        ({"KAFKA_PROPERTIES_FILE": "/no/such"}, "/no/such: the properties file cannot be read"),
        ({"KAFKA_SASL_PASWORD": SECRET}, "Closest known name: KAFKA_SASL_PASSWORD"),
        ({"KAFKA_SASL_PASSWORD": SECRET, "KAFKA_SASL_PASSWORD_FILE": "/no"}, "both set"),
    ],
)
def test_what_would_be_less_secure_than_meant_is_refused(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], words: str
) -> None:
    set_all(monkeypatch, variables)
    with pytest.raises(Misconfigured, match=words) as refusal:
        client.connection(BROKER)
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("enable.ssl.certificate.verification=false", "NOT verified"),
        ("ssl.endpoint.identification.algorithm=none", "NOT verified"),
    ],
)
def test_an_unverified_broker_is_said_loudly(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture, line: str, words: str
) -> None:
    path = tmp_path / "client.properties"
    path.write_text(f"security.protocol=SSL\n{line}\n")
    monkeypatch.setenv("KAFKA_PROPERTIES_FILE", str(path))
    client._warn_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        client.connection(BROKER)
    assert words in caplog.text
    context = ssl_context(security(BROKER))
    assert context is not None
    assert not context.check_hostname


def test_the_agents_refuse_what_their_client_cannot_honour(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "client.properties"
    path.write_text("security.protocol=SSL\nssl.cipher.suites=TLS_AES_256_GCM_SHA384\n")
    monkeypatch.setenv("KAFKA_PROPERTIES_FILE", str(path))
    with pytest.raises(Misconfigured, match=r"ssl\.cipher\.suites: the agents' client cannot honour it"):
        credentials(security(BROKER))


def test_a_locked_key_without_its_password_is_refused_and_nobody_is_asked(
    monkeypatch: pytest.MonkeyPatch, pem: Path, tmp_path: Path
) -> None:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key((pem / "engine.key").read_bytes(), None)
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(SECRET.encode()),
        )
    )
    set_all(monkeypatch, forms(pem)["mutual TLS"][0] | {"KAFKA_SSL_KEY_FILE": str(locked)})
    with pytest.raises(Misconfigured, match="cannot be used"):
        ssl_context(security(BROKER))
    monkeypatch.setenv("KAFKA_SSL_KEY_PASSWORD", SECRET)
    assert ssl_context(security(BROKER)) is not None


def test_the_local_brokers_users_count_only_where_nothing_is_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for role in ("analyst", "publisher"):
        (tmp_path / f"{role}.properties").write_text(
            f"security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.username={role}\nsasl.password=x\n"
        )
    address = "127.0.0.1:8"
    use_local(address, tmp_path)
    assert security(address).user == "analyst"
    use_local(address, tmp_path, "publisher")
    use_local(address, tmp_path)
    assert security(address).user == "publisher"
    assert security(BROKER).user == "ANONYMOUS"
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SSL")
    assert security(address).protocol == "SSL"


def test_a_process_that_said_what_it_is_stays_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The console publishes and reads at once: one must not change what the other is let in as."""
    (tmp_path / "console.properties").write_text(
        "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.username=console\nsasl.password=x\n"
    )
    monkeypatch.setattr(kafka_security, "_acting_as", [])
    act_as("console")
    use_local("127.0.0.1:9", tmp_path)
    use_local("127.0.0.1:9", tmp_path, "publisher")
    assert security("127.0.0.1:9").user == "console"


def test_every_variable_is_a_documented_setting() -> None:
    documented = {variable_of(name) for name in Settings.model_fields}
    assert set(security_variables()) <= documented
    assert set(VARIABLES) <= documented


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch, pem: Path) -> None:
    from streams.commands.installation.settings import command

    for form in FORMS:
        set_all(monkeypatch, forms(pem)[form][0])
    monkeypatch.setenv("KAFKA_SSL_KEY_PASSWORD", SECRET)
    shown = CliRunner().invoke(command).output
    assert "KAFKA_SASL_PASSWORD=***" in shown
    assert SECRET not in shown
    assert SECRET not in repr(Settings())
    assert SECRET not in repr(security(BROKER))
    assert SECRET not in repr(KafkaSecurity({"sasl.password": SECRET}))


@pytest.mark.parametrize(
    "address",
    [f"SASL_SSL://user:{SECRET}@broker:9093", "kafka://broker:9092", "broker", "broker:port", "broker:0"],
)
def test_an_address_of_another_form_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", address)
    with pytest.raises(InvalidSetting, match="KAFKA_BOOTSTRAP_SERVERS") as refusal:
        Settings()
    assert SECRET not in str(refusal.value)


@pytest.fixture
def token_server() -> Iterator[tuple[str, list[Any]]]:
    """Its address; the answers it gives, the last one again and again; and what it was asked."""
    answers: list[Any] = []
    requests: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            requests.append((self.headers["Authorization"], parse_qs(body)))
            status, content = answers.pop(0) if len(answers) > 1 else answers[0]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/token", [answers, requests]
    server.shutdown()
    server.server_close()
    thread.join()


def oauth(url: str) -> KafkaSecurity:
    prefix = "sasl.oauthbearer"
    return KafkaSecurity(
        {
            f"{prefix}.token.endpoint.url": url,
            f"{prefix}.client.id": "fraud engine",
            f"{prefix}.client.secret": SECRET,
            f"{prefix}.scope": "kafka",
            f"{prefix}.extensions": "logicalCluster=lkc-1,identityPoolId=pool-2",
        }
    )


def test_a_token_is_fetched_once_and_again_before_it_ends(token_server: tuple[str, list[Any]]) -> None:
    url, (answers, requests) = token_server
    answers += [
        (200, json.dumps({"access_token": "one", "expires_in": 100}).encode()),
        (200, json.dumps({"access_token": "two", "expires_in": 100}).encode()),
    ]
    now = [0.0]
    tokens = OAuthTokens(oauth(url), lambda: now[0])
    assert [tokens.get(), tokens.get()] == ["one", "one"]
    now[0] = 80.0
    assert tokens.get() == "two"
    assert [form for _, form in requests] == [{"grant_type": ["client_credentials"], "scope": ["kafka"]}] * 2
    assert tokens.extensions == {"logicalCluster": "lkc-1", "identityPoolId": "pool-2"}


def test_the_token_servers_authority_may_be_a_folder_and_must_be_one(pem: Path, tmp_path: Path) -> None:
    given = dict(oauth("https://127.0.0.1:9/token").properties)
    OAuthTokens(KafkaSecurity(given | {"https.ca.location": str(pem)}))
    other = tmp_path / "other.pem"
    other.write_text("no certificate")
    with pytest.raises(Misconfigured, match=r"https\.ca\.location=.*other\.pem"):
        OAuthTokens(KafkaSecurity(given | {"https.ca.location": str(other)}))


def test_an_authority_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "client.properties"
    path.write_text(f"https.ca.location={tmp_path / 'none.pem'}\n")
    monkeypatch.setenv("KAFKA_PROPERTIES_FILE", str(path))
    with pytest.raises(Misconfigured, match=r"https\.ca\.location=.*none\.pem: the file cannot be read"):
        security(BROKER)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, b"bad client", "answers 401"),
        (200, b"not json", "gives no token"),
        (200, b'{"error": "no"}', "without an access_token"),
        (200, b"x" * 1_000_000, "gives no token"),
    ],
)
def test_a_token_server_that_gives_none_is_an_outage(
    token_server: tuple[str, list[Any]], status: int, body: bytes, words: str
) -> None:
    url, (answers, _) = token_server
    answers.append((status, body))
    with pytest.raises(Outage, match=words) as failure:
        OAuthTokens(oauth(url)).get()
    assert SECRET not in str(failure.value)
