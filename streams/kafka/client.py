"""The one place where Kafka clients are made: every setting of every client of the house.

Invariants
- Readers of our topics see whole transactions only (`read_committed`) and never commit by themselves.
- What reaches the cluster is in `connection` alone: its address, and from `streams.connection` who we are.
- `fetch.queue.backoff.ms` is 2 everywhere: librdkafka's default stops fetching for a second once its queue is
  full.
"""

import logging
from collections.abc import Callable
from functools import cache
from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from streams.connection import security

log = logging.getLogger(__name__)

Config = dict[str, Any]

ERRORS_ONLY = 3
WARNINGS = 4
INFORMATION = 6
SILENT = 0
"""Levels of the client's own log; `INFORMATION` is its default."""

UNPACKED_BYTES_MAX = 16_000_000
"""Sixteen times what a topic takes as one batch by default."""

DELIVERY_TIMEOUT_MS = 120_000
"""How long a message may wait for the broker (a restart takes seconds) before sending fails."""
BRIEF_MS = 5
"""For whoever reads to an end and stops: a longer fetch that finds nothing would hide the end."""
RESTING_MS = 500
"""For whoever reads on for ever. Readers with 5 ms kept a broker without payments at 18 % of a core."""
STATISTICS_MS = 5_000
"""How often a consumer's `on_statistics` is called."""


def connection(bootstrap: str) -> Config:
    """What every client needs to reach the cluster and to be let in. Raises `Misconfigured`."""
    entry = security(bootstrap)
    for warning in entry.warnings():
        _warn_once(warning)
    return {
        "bootstrap.servers": bootstrap,
        # With `rebootstrap`, the default, send_offsets_to_transaction never returns once all brokers were
        # away for a moment (librdkafka issues 5456 and 5511, seen with 2.16). Drop when those are closed.
        "metadata.recovery.strategy": "none",
        **entry.properties,
    }


@cache
def _warn_once(warning: str) -> None:
    log.warning("%s", warning)


def consumer_settings(bootstrap: str, group: str, *, fetch_wait_ms: int = BRIEF_MS) -> Config:
    """For readers that are to see a record as soon as it is committed, and where its partition ends.

    `fetch_wait_ms`: after so long Kafka says that nothing came, and only then the client that the end is
    reached; what comes is sent at once. Readers that follow a topic for ever wait `RESTING_MS`.
    """
    return connection(bootstrap) | {
        "group.id": group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
        "fetch.queue.backoff.ms": 2,
        "fetch.wait.max.ms": fetch_wait_ms,
        "fetch.error.backoff.ms": 20,
        "queued.min.messages": 20_000,
        **_readable(),
        "reconnect.backoff.max.ms": 500,
        "topic.metadata.refresh.interval.ms": 60_000,
    }


def bulk_consumer_settings(
    bootstrap: str, group: str, *, fetch_wait_ms: int, queue_kib: int, reset: str = "error"
) -> Config:
    """For sinks, which take many records at once: at most `queue_kib` fetched ahead."""
    return connection(bootstrap) | {
        "group.id": group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": reset,
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
        "fetch.queue.backoff.ms": 2,
        "fetch.wait.max.ms": fetch_wait_ms,
        "queued.max.messages.kbytes": queue_kib,
        **_readable(),
    }


def _readable() -> Config:
    """What makes a batch unreadable (`streams.kafka.reader`): the same for every reader, so that one never
    waits for what another has given up.
    """
    return {
        # The largest batch once unpacked.
        "receive.message.max.bytes": UNPACKED_BYTES_MAX,
        "fetch.max.bytes": UNPACKED_BYTES_MAX // 2,
        "check.crcs": True,
    }


def group_settings(bootstrap: str, group: str) -> Config:
    """For a client that reads or names a group's committed offsets and no records."""
    return connection(bootstrap) | {
        "group.id": group,
        "enable.auto.commit": False,
        # makes `committed` wait for a transaction that is just ending
        "isolation.level": "read_committed",
        "log_level": ERRORS_ONLY,
    }


def sender_settings(bootstrap: str) -> Config:
    """For sources. The queue's bounds are ours: `Sender.send` waits when it is full."""
    return connection(bootstrap) | {
        "enable.idempotence": True,
        "linger.ms": 2,
        "compression.type": "lz4",
        "queue.buffering.max.messages": 100_000,
        "queue.buffering.max.kbytes": 131_072,
        "message.timeout.ms": DELIVERY_TIMEOUT_MS,
        "delivery.report.only.error": True,
        "log_level": ERRORS_ONLY,  # a coordinator still loading is tried again by itself
    }


def transaction_settings(bootstrap: str, transactional_id: str, timeout_ms: int) -> Config:
    """For a transactional producer; the broker aborts what it left open after `timeout_ms`.

    `retry.backoff` is what keeps a transaction at 3 ms instead of 88: the coordinator is asked again quickly.
    """
    return connection(bootstrap) | {
        "transactional.id": transactional_id,
        "transaction.timeout.ms": timeout_ms,
        "linger.ms": 0,
        "retry.backoff.ms": 1,
        "retry.backoff.max.ms": 5,
        "log_level": ERRORS_ONLY,
    }


def engine_output_settings(bootstrap: str, engine: str) -> Config:
    """For the engine's output: many large messages a transaction, and a log of what the client does."""
    return transaction_settings(bootstrap, f"{engine}-engine", 60_000) | {
        "linger.ms": 5,
        "reconnect.backoff.max.ms": 500,
        "queue.buffering.max.messages": 200_000,
        "batch.size": 900_000,
        # Measured on vectors of 340 columns: 2.7 kB a payment become 0.4, for half a microsecond of CPU.
        "compression.type": "lz4",
        "message.max.bytes": 1_000_000,
        "topic.metadata.refresh.interval.ms": 60_000,
        "log_level": INFORMATION,
    }


def consumer(
    settings: Config,
    on_statistics: Callable[[str], None] | None = None,
    on_commit: Callable[[KafkaError | None, list[TopicPartition]], None] | None = None,
) -> Consumer:
    """A consumer of these settings, which come from a function of this module.

    `on_statistics` is given librdkafka's statistics (JSON) every few seconds, `on_commit` what became of a
    commit in the background; both from the consumer's `poll`, and what they raise is raised there.
    """
    callbacks: Config = {} if on_commit is None else {"on_commit": on_commit}
    if on_statistics is not None:
        callbacks |= {"statistics.interval.ms": STATISTICS_MS, "stats_cb": on_statistics}
    return Consumer(settings | callbacks)


def producer(
    settings: Config,
    *,
    on_delivery: Callable[[KafkaError | None, Message], None] | None = None,
) -> Producer:
    """A producer of these settings, which come from a function of this module.

    What ends it is raised by `poll`, and no error callback is told.
    """
    return Producer(settings if on_delivery is None else settings | {"on_delivery": on_delivery})


def admin_client(
    bootstrap: str, log_level: int = WARNINGS, on_error: Callable[[KafkaError], None] | None = None
) -> AdminClient:
    """Keep it in a name while its futures are open: they fail once it is collected.

    `on_error` is called from the client's `poll`.
    """
    callbacks = {} if on_error is None else {"error_cb": on_error}
    return AdminClient(
        connection(bootstrap)
        | {"socket.timeout.ms": 30_000, "reconnect.backoff.max.ms": 1_000, "log_level": log_level}
        | callbacks
    )
