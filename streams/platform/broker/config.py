"""Configuration of the local broker: one KRaft process for one machine."""

from collections.abc import Mapping
from pathlib import Path

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


def server_properties(data: Path, port: int, controller_port: int, overrides: Mapping[str, str]) -> str:
    """The file `server.properties`."""
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{HOST}:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": data.as_posix(),
        **FIXED,
        **overrides,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


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
    # A broker that was killed may register again when its old session has run out: 11.6 s at the default 9 s.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "250",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "log.cleaner.dedupe.buffer.size": str(16 << 20),
}
