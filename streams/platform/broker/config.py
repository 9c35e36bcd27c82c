"""Configuration of the local broker: one KRaft process for one machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streams.platform.broker.credentials import BROKER, SUPERUSER
from streams.platform.processes import HOST

LOG4J = """\
# Everything that warns, and what tells a start, a recovery or a stop.
status = error
appender.out.type = Console
appender.out.name = out
appender.out.target = SYSTEM_OUT
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z'}{UTC} %p %c{1}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
logger.log.name = kafka.log.LogManager
logger.log.level = info
"""


@dataclass(frozen=True)
class BrokerPorts:
    """Where the broker listens; `administration` only where it is secured."""

    clients: int
    controller: int
    administration: int | None = None


def server_properties(
    data: Path, ports: BrokerPorts, overrides: Mapping[str, str], credentials: Path | None = None
) -> str:
    """The file `server.properties`; of a secured broker where a folder of credentials is given."""
    listeners = _plain(ports) if credentials is None else _secured(ports, credentials)
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{HOST}:{ports.controller}",
        "controller.listener.names": "CONTROLLER",
        **listeners,
        "log.dirs": data.as_posix(),
        **FIXED,
        **overrides,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _plain(ports: BrokerPorts) -> dict[str, str]:
    return {
        "listeners": f"PLAINTEXT://{HOST}:{ports.clients},CONTROLLER://{HOST}:{ports.controller}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{ports.clients}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    }


def _secured(ports: BrokerPorts, credentials: Path) -> dict[str, str]:
    ours = f"CLIENT://{HOST}:{ports.clients},ADMINISTRATION://{HOST}:{ports.administration}"
    return {
        "listeners": f"{ours},CONTROLLER://{HOST}:{ports.controller}",
        "advertised.listeners": ours,
        "ssl.keystore.location": (credentials / "broker.pem").as_posix(),
        "ssl.truststore.location": (credentials / "ca.pem").as_posix(),
        **SECURED,
    }


SECURED = {
    # Clients prove themselves by SCRAM. Who makes users and grants does so by a certificate, on a listener of
    # its own, as the broker itself does: no password has to be known before the first user is made.
    "listener.security.protocol.map": "CLIENT:SASL_SSL,ADMINISTRATION:SSL,CONTROLLER:SSL",
    "inter.broker.listener.name": "ADMINISTRATION",
    "ssl.keystore.type": "PEM",
    "ssl.truststore.type": "PEM",
    "ssl.client.auth": "required",
    "listener.name.client.ssl.client.auth": "none",
    "listener.name.client.sasl.enabled.mechanisms": "SCRAM-SHA-512",
    "listener.name.client.scram-sha-512.sasl.jaas.config": (
        "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    ),
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": f"User:CN={BROKER};User:CN={SUPERUSER}",
}


FIXED = {
    # Topics are made by us, with their settings checked; one made in passing would have producer timestamps.
    "auto.create.topics.enable": "false",
    "num.partitions": "1",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "log.message.timestamp.type": "LogAppendTime",
    "log.retention.ms": "-1",
    "log.retention.bytes": "-1",
    # One broker holds the internal topics alone, in one partition each: fifty cost a second at the start.
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # The transaction of a process that died is looked for every second, not every ten.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    # Kafka's own values, and not shorter ones: on a machine without a free processor the controller would
    # think its only broker dead, and no topic had a leader. A broker that was killed is back after 12 s.
    "broker.session.timeout.ms": "9000",
    "broker.heartbeat.interval.ms": "2000",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "log.cleaner.dedupe.buffer.size": str(16 << 20),
}
