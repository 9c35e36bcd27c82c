"""The secured broker, really: each role can do what the matrix grants it, and nothing else. Who cannot prove
who he is stays out, with a message that says why.
"""

import base64
import json
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    NewTopic,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from streams.access import ROLES, KafkaRole, apply, compare, grants, role_named, set_passwords
from streams.access.roles import TOPICS
from streams.agents.credentials import credentials
from streams.connection import KafkaSecurity, read_properties, security, use_local
from streams.errors import Misconfigured, Outage
from streams.kafka import Sender, Topics, admin, reach, records, send_one
from streams.kafka.client import admin_client, consumer_settings, sender_settings, transaction_settings
from streams.kafka.sender import DeliveryFailed
from streams.platform.broker import SUPERUSER_FILE, LocalKafka
from streams.platform.broker.local_kafka import QUICK
from streams.platform.processes import HOST

pytestmark = pytest.mark.kafka

ENGINE = "live"
PLAIN_PASSWORD = "only-for-this-test"
PATIENCE_S = 30.0
EVERY_WAY_IN = {
    "listener.name.client.sasl.enabled.mechanisms": "SCRAM-SHA-512,SCRAM-SHA-256,PLAIN,OAUTHBEARER",
    "listener.name.client.scram-sha-256.sasl.jaas.config": (
        "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    ),
    "listener.name.client.plain.sasl.jaas.config": (
        "org.apache.kafka.common.security.plain.PlainLoginModule required "
        f'user_live-analyst="{PLAIN_PASSWORD}";'
    ),
    # The one that checks no signature: what is tested is that our clients fetch a token and present it.
    "listener.name.client.oauthbearer.sasl.jaas.config": (
        "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required "
        'unsecuredLoginStringClaim_sub="broker";'
    ),
}
DENIED = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    }
)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """A secured broker with users, grants, every topic, and one record on each."""
    broker = LocalKafka(
        tmp_path_factory.mktemp("secured"), lambda _: None, overrides=EVERY_WAY_IN, java_options=QUICK
    )
    broker.secure(ENGINE)
    try:
        broker.start()
        _open_to_roles(broker)
        yield broker
    finally:
        broker.stop()


def _open_to_roles(broker: LocalKafka) -> None:
    use_local(broker.administration, broker.credentials.clients, SUPERUSER_FILE)
    files = [read_properties(path) for path in sorted(broker.credentials.clients.glob("*.properties"))]
    users = {one["sasl.username"]: one["sasl.password"] for one in files if "sasl.username" in one}
    set_passwords(broker.administration, users)
    sha256 = UserScramCredentialUpsertion(
        "live-analyst", ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4_096), PLAIN_PASSWORD.encode()
    )
    superuser = admin_client(broker.administration)
    superuser.alter_user_scram_credentials([sha256])["live-analyst"].result(PATIENCE_S)
    apply(broker.administration, [grant for role in ROLES for grant in grants(role, ENGINE)])
    with by(broker, "administrator") as bootstrap:
        admin.ensure_topics(bootstrap, ENGINE)
        admin.ensure_agent_topics(bootstrap, ENGINE)
        topics = Topics(ENGINE)
        there = reach(bootstrap).topics  # a history is made for historical engines only
        later = [topics[name] for name in TOPICS if topics[name] not in there]
        maker = admin_client(bootstrap)
        made = maker.create_topics([NewTopic(name, 1, 1) for name in later]) if later else {}
        for future in made.values():
            future.result(PATIENCE_S)
    producer = Producer({**settings_of(broker, SUPERUSER_FILE), "bootstrap.servers": broker.administration})
    for name in TOPICS:
        producer.produce(topics[name], b"first", b"key")
    assert producer.flush(PATIENCE_S) == 0


def settings_of(broker: LocalKafka, role: str) -> dict[str, Any]:
    found: dict[str, Any] = read_properties(broker.credentials.client(role))
    return found


@contextmanager
def by(broker: LocalKafka, role: str) -> Iterator[str]:
    """The clients' address; connections of the block are made by the role."""
    use_local(broker.bootstrap, broker.credentials.clients, role)
    yield broker.bootstrap


def clients_of(broker: LocalKafka, role: KafkaRole) -> dict[str, dict[str, Any]]:
    """Settings of our own functions, by this role."""
    own = [name.replace("ENGINE", ENGINE) for name in role.groups] + [
        name.replace("ENGINE", ENGINE) + "test" for name in [role.own_groups] if name
    ]
    with by(broker, role.name) as bootstrap:
        quiet = {"log_level": 0}
        return {
            "reader": consumer_settings(bootstrap, own[0] if own else "nobody") | quiet,
            "sender": sender_settings(bootstrap) | quiet | {"delivery.report.only.error": False},
            "transactions": transaction_settings(bootstrap, "x", 10_000) | quiet,
        }


def written(settings: dict[str, Any], topics: list[str]) -> set[str]:
    """The topics that took a message; every other one was refused for want of a right."""
    refused: dict[str, KafkaError] = {}
    taken: set[str] = set()

    def delivered(error: KafkaError | None, message: Any) -> None:
        if error is None:
            taken.add(message.topic())
        else:
            refused[message.topic()] = error

    producer = Producer(settings)
    for topic in topics:
        producer.produce(topic, b"tried", b"key", on_delivery=delivered)
    assert producer.flush(PATIENCE_S) == 0
    assert taken | set(refused) == set(topics)
    assert {error.code() for error in refused.values()} <= DENIED, refused
    return taken


def read(settings: dict[str, Any], topics: list[str]) -> set[str]:
    """The topics of which a record came; every other one was refused for want of a right, or not shown."""
    consumer = Consumer(settings)
    shown = set(topics) & set(consumer.list_topics(timeout=PATIENCE_S).topics)
    consumer.assign([TopicPartition(topic, 0, 0) for topic in shown])
    came: set[str] = set()
    refused: set[str] = set()
    deadline = time.monotonic() + PATIENCE_S
    while came | refused < shown and time.monotonic() < deadline:
        for message in consumer.consume(100, 0.1):
            error = message.error()
            if error is None:
                came.add(message.topic())
            elif error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                refused.add(message.topic())
    consumer.close()
    assert came | refused == shown, shown - came - refused
    assert not came & refused
    return came


def for_each_role(check: Callable[[KafkaRole], Any]) -> dict[str, Any]:
    """At once: most of it is waiting."""
    with ThreadPoolExecutor(6) as pool:
        return dict(zip([role.name for role in ROLES], pool.map(check, ROLES), strict=True))


def test_every_role_writes_its_topics_and_no_other(broker: LocalKafka) -> None:
    topics = Topics(ENGINE)
    everything = [topics[name] for name in TOPICS]
    clients = {role.name: clients_of(broker, role)["sender"] for role in ROLES}
    granted = {role.name: {topics[name] for name in role.writes} for role in ROLES}
    # Without a number of its own from the broker: one refusal would end a producer that has one.
    plain = {"enable.idempotence": False}
    found = for_each_role(lambda role: written(clients[role.name] | plain, everything))
    assert found == granted
    for_each_role(lambda role: written(clients[role.name], sorted(granted[role.name])))


def test_every_role_reads_its_topics_and_no_other(broker: LocalKafka) -> None:
    topics = Topics(ENGINE)
    everything = [topics[name] for name in TOPICS]
    clients = {role.name: clients_of(broker, role)["reader"] for role in ROLES}
    found = for_each_role(lambda role: read(clients[role.name], everything))
    assert found == {role.name: {topics[name] for name in role.reads} for role in ROLES}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["follower", "list-agent", "label-agent", "publisher", "desk", "console"])
def test_our_own_readers_work_with_the_rights_of_a_role(broker: LocalKafka, name: str) -> None:
    """`records` names a group of its own for each topic, and asks for its ends and whether it is there."""
    role = role_named(name)
    topics = [topic for topic in role.reads if f"ENGINE.{topic}-reader" in role.groups]
    assert topics
    with by(broker, name) as bootstrap:
        for topic in topics:
            assert next(records(bootstrap, Topics(ENGINE)[topic])).value() == b"first", topic


@pytest.mark.slow
def test_every_role_uses_its_transactional_ids_and_no_other(broker: LocalKafka) -> None:
    ids = sorted({name.replace("ENGINE", ENGINE) for role in ROLES for name in role.transactional_ids})
    clients = {role.name: clients_of(broker, role)["transactions"] for role in ROLES}

    refusals: list[int] = []

    def taken(role: KafkaRole) -> set[str]:
        found = set()
        for name in ids:
            producer = Producer(clients[role.name] | {"transactional.id": name})
            try:
                producer.init_transactions(PATIENCE_S)
                found.add(name)
            except KafkaException as failure:
                refusals.append(failure.args[0].code())
        return found

    found = for_each_role(taken)
    assert set(refusals) <= DENIED
    assert found == {
        role.name: {name.replace("ENGINE", ENGINE) for name in role.transactional_ids} for role in ROLES
    }


COMMITTED = {"engine": "payments", "clickhouse": "decisions", "parquet": "features",
             "list-agent": "list-requests", "label-agent": "disputes"}  # fmt: skip
"""By group: a topic that it commits offsets of."""


def test_every_role_commits_for_its_groups_and_no_other(broker: LocalKafka) -> None:
    topics = Topics(ENGINE)
    clients = {}
    for role in ROLES:
        with by(broker, role.name) as bootstrap:
            clients[role.name] = admin_client(bootstrap, 0)

    refusals: list[int] = []

    def committed(role: KafkaRole) -> set[str]:
        found = set()
        client = clients[role.name]
        for group, topic in COMMITTED.items():
            wanted = ConsumerGroupTopicPartitions(f"{ENGINE}-{group}", [TopicPartition(topics[topic], 0, 1)])
            (future,) = client.alter_consumer_group_offsets([wanted], request_timeout=PATIENCE_S).values()
            try:
                (partition,) = future.result(PATIENCE_S).topic_partitions
                code = partition.error.code() if partition.error else 0
            except KafkaException as failure:
                code = failure.args[0].code()
            if code:
                refusals.append(code)
            else:
                found.add(f"ENGINE-{group}")
        return found

    found = for_each_role(committed)
    assert set(refusals) <= DENIED
    named = {f"ENGINE-{group}" for group in COMMITTED}
    assert found == {role.name: named & set(role.groups) for role in ROLES}


@pytest.mark.slow
def test_only_the_administrator_makes_topics_and_only_of_its_engine(broker: LocalKafka) -> None:
    for role in ROLES:
        with by(broker, role.name) as bootstrap:
            client = admin_client(bootstrap, 0)
            names = [f"{ENGINE}.new-{role.name}", "other.payments"]
            made = client.create_topics([NewTopic(name, 1, 1) for name in names])
            allowed = {name for name, future in made.items() if future.exception(PATIENCE_S) is None}
        assert allowed == ({names[0]} if role.makes_topics else set()), role.name


@pytest.mark.slow
def test_nobody_but_the_superuser_grants(broker: LocalKafka) -> None:
    wanted = [grant for role in ROLES for grant in grants(role, ENGINE)]
    found = compare(broker.administration, wanted)
    assert (found.missing, found.surplus) == ((), ())
    for role in ROLES:
        with by(broker, role.name) as bootstrap, pytest.raises(Misconfigured, match="out of reach"):
            apply(bootstrap, wanted)


def test_what_is_beyond_the_matrix_is_shown(broker: LocalKafka) -> None:
    role = role_named("analyst")
    fewer = [grant for grant in grants(role, ENGINE) if grant.name != f"{ENGINE}.payments"]
    (surplus, *others) = compare(broker.administration, fewer).surplus
    assert "User:live-analyst: ALLOW" in surplus
    assert all(f"{ENGINE}.payments (LITERAL" in right for right in (surplus, *others))


def refusal(bootstrap: str, timeout_s: float = 10.0) -> str:
    with pytest.raises((Misconfigured, Outage)) as failure:
        reach(bootstrap, timeout_s)
    return str(failure.value)


def test_who_cannot_prove_who_he_is_stays_out_and_is_told_why(
    broker: LocalKafka, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours = settings_of(broker, "analyst")

    def enter(**changes: str) -> str:
        lines = {key: value for key, value in (ours | changes).items() if value}
        path = tmp_path / "client.properties"
        path.write_text("".join(f"{key}={value}\n" for key, value in lines.items()))
        monkeypatch.setenv("KAFKA_PROPERTIES_FILE", str(path))
        return refusal(broker.bootstrap, 6.0)

    began = time.monotonic()
    wrong = enter(**{"sasl.password": "wrong-password"})
    assert "does not let us in by SASL_SSL SCRAM-SHA-512 as 'live-analyst'" in wrong
    assert "uthentication" in wrong
    assert "wrong-password" not in wrong
    other_ca = tmp_path / "other.pem"
    other_ca.write_bytes(other_authority())
    assert "certificate verify failed" in enter(**{"ssl.ca.location": str(other_ca)})
    in_clear = enter(**dict.fromkeys(ours, "") | {"security.protocol": "PLAINTEXT"})
    assert "speaks TLS, and KAFKA_SECURITY_PROTOCOL is PLAINTEXT" in in_clear
    assert time.monotonic() - began < 20, "a refusal is said at once, not after half a minute"


def other_authority() -> bytes:
    from streams.platform.broker.certificates import CertificateAuthority

    return CertificateAuthority().pem


@contextmanager
def token_server() -> Iterator[str]:
    """Gives everybody an unsigned token of the analyst."""

    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            now = int(time.time())
            token = f"{part({'alg': 'none'})}.{part({'sub': 'live-analyst', 'iat': now, 'exp': now + 300})}."
            body = json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": 300}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer((HOST, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}/token"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ways_in(broker: LocalKafka, token_url: str) -> dict[str, tuple[str, dict[str, str]]]:
    """By name: the address and the variables."""
    folder = broker.credentials.folder
    tls = {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SSL_CA_FILE": str(folder / "ca.pem")}
    user = {"KAFKA_SASL_USERNAME": "live-analyst"}
    scram = settings_of(broker, "analyst")["sasl.password"]
    return {
        "SCRAM-SHA-512": (
            broker.bootstrap,
            tls | user | {"KAFKA_SASL_MECHANISM": "SCRAM-SHA-512", "KAFKA_SASL_PASSWORD": scram},
        ),
        "SCRAM-SHA-256": (
            broker.bootstrap,
            tls | user | {"KAFKA_SASL_MECHANISM": "SCRAM-SHA-256", "KAFKA_SASL_PASSWORD": PLAIN_PASSWORD},
        ),
        "PLAIN": (
            broker.bootstrap,
            tls | user | {"KAFKA_SASL_MECHANISM": "PLAIN", "KAFKA_SASL_PASSWORD": PLAIN_PASSWORD},
        ),
        "OAUTHBEARER": (
            broker.bootstrap,
            tls
            | {
                "KAFKA_SASL_MECHANISM": "OAUTHBEARER",
                "KAFKA_SASL_OAUTH_TOKEN_URL": token_url,
                "KAFKA_SASL_OAUTH_CLIENT_ID": "tollgate",
                "KAFKA_SASL_OAUTH_CLIENT_SECRET": "secret",
            },
        ),
        "mutual TLS": (
            broker.administration,
            {
                "KAFKA_SECURITY_PROTOCOL": "SSL",
                "KAFKA_SSL_CA_FILE": str(folder / "ca.pem"),
                "KAFKA_SSL_CERTIFICATE_FILE": str(folder / "superuser.pem"),
                "KAFKA_SSL_KEY_FILE": str(folder / "superuser.key"),
            },
        ),
    }


@pytest.mark.parametrize("way", ["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN", "OAUTHBEARER", "mutual TLS"])
def test_both_client_libraries_come_in_by_every_way(
    broker: LocalKafka, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    with token_server() as url:
        address, variables = ways_in(broker, url)[way]
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        assert f"{ENGINE}.payments" in seen_by_librdkafka(address)
        assert f"{ENGINE}.payments" in seen_by_aiokafka(address, security(address))


def seen_by_librdkafka(address: str) -> set[str]:
    """OAUTHBEARER fetches its token while `poll` is served, which `reach` does."""
    return set(reach(address, PATIENCE_S).topics)


def seen_by_aiokafka(address: str, entry: KafkaSecurity) -> set[str]:
    import asyncio

    from aiokafka import AIOKafkaConsumer
    from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

    async def ask() -> set[str]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=address, **credentials_to_aiokafka_auth(credentials(entry))
        )
        await consumer.start()
        try:
            return set(await consumer.topics())
        finally:
            await consumer.stop()

    return asyncio.run(ask())


def test_credentials_are_readable_by_their_owner_alone(broker: LocalKafka) -> None:
    folder = broker.credentials.folder
    open_to_others = [
        path for path in (folder, *folder.rglob("*")) if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert open_to_others == []
    passwords = {settings_of(broker, role.name)["sasl.password"] for role in ROLES}
    assert len(passwords) == len(ROLES)
    assert all(len(password) == 64 for password in passwords)


def test_a_home_of_an_older_version_gets_the_users_that_came_since(tmp_path: Path) -> None:
    broker = LocalKafka(tmp_path, lambda _: None)
    broker.secure(ENGINE)
    before = settings_of(broker, "engine")
    broker.credentials.client("desk").unlink()
    broker.credentials.add_users(ENGINE)
    assert settings_of(broker, "desk")["sasl.username"] == f"{ENGINE}-desk"
    assert settings_of(broker, "engine") == before


def test_no_secret_reaches_the_brokers_files_or_the_process_list(broker: LocalKafka) -> None:
    process = broker.process
    assert process is not None
    passwords = {settings_of(broker, role.name)["sasl.password"] for role in ROLES}
    texts = [" ".join(process.cmdline()), broker.log.read_text(encoding="utf-8")]
    texts += [path.read_text(encoding="utf-8") for path in (broker.home / "kafka").glob("*.properties")]
    assert not [password for password in passwords for text in texts if password in text]


def test_a_home_is_secured_before_its_broker_runs(kafka: str, tmp_path: Path) -> None:
    """A broker that runs in clear text is not called secured."""
    broker = LocalKafka(tmp_path, lambda _: None)
    broker.file.path.parent.mkdir(parents=True)
    broker.file.write(os.getpid(), bootstrap=kafka)
    with pytest.raises(Misconfigured, match="tollgate down"):
        broker.secure(ENGINE)
    assert not broker.credentials.exist


def test_a_principal_without_the_right_is_told_so_by_the_command(
    broker: LocalKafka, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from streams import cli

    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrap)
    monkeypatch.setenv("KAFKA_PROPERTIES_FILE", str(broker.credentials.client("payment-service")))
    with pytest.raises(SystemExit):
        cli.main(["acls", "--check"])
    assert "tollgate: the access control lists are out of reach" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["analyst", "payment-service"])
def test_a_sender_without_the_right_ends_with_what_it_lacks(broker: LocalKafka, name: str) -> None:
    """An analyst may write nothing, so that its producer gets no number either: that ends a client."""
    topic = Topics(ENGINE)["controls"]
    with by(broker, name) as bootstrap:
        with pytest.raises(DeliveryFailed, match="uthorization failed"), Sender(bootstrap, ENGINE) as sender:
            sender.send(topic, "control", "key", b"tried")
        with pytest.raises(DeliveryFailed, match="uthorization failed"):
            sender.send(topic, "control", "key", b"again")
    with by(broker, name) as bootstrap, pytest.raises(DeliveryFailed, match="uthorization failed"):
        send_one(bootstrap, topic, "key", b"tried", [])


@pytest.mark.slow
def test_admin_client_without_users_is_refused(broker: LocalKafka) -> None:
    client = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})
    with pytest.raises(KafkaException):
        client.list_topics(timeout=2)
