"""Kafka as this house uses it: topics, clients, readers of whole transactions, transactions, senders.

Invariants
- `client` is the only module that makes a client of Kafka, and holds every setting of one.
- Every reader of our topics reads whole transactions only.
- Every message carries the headers of `cloudevents`.

Imports `models.units`, `streams.connection`, `streams.errors` and, where topics are made, `streams.settings`,
so that commands which just look at Kafka start quickly.
"""

from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient

from streams.kafka import cloudevents
from streams.kafka.admin import (
    ClusterIdentity,
    check_agent_topics,
    check_retention,
    check_topics,
    committed_end,
    end_offsets,
    ensure_agent_topics,
    ensure_topics,
    high_watermark,
    identify,
    identify_topic,
    listed_offsets,
    start_offsets,
)
from streams.kafka.client import (
    BRIEF_MS,
    RESTING_MS,
    SILENT,
    UNPACKED_BYTES_MAX,
    admin_client,
    bulk_consumer_settings,
    consumer,
    consumer_settings,
    engine_output_settings,
    transaction_settings,
)
from streams.kafka.foreign_records import ForeignRecords, ThinnedLog, readable
from streams.kafka.group_offsets import GroupOffsets, patient
from streams.kafka.input_log import InputLog, input_log
from streams.kafka.reach import denial, not_ready, reach
from streams.kafka.reader import (
    PASSING,
    UNREADABLE,
    WAIT_S,
    PartitionReader,
    PassingReader,
    RecordsGone,
    UnreadableCount,
    UnreadableRanges,
    UnreadableRecords,
)
from streams.kafka.records import backwards, check_there, offset_at, records
from streams.kafka.sender import Sender, send_one
from streams.kafka.topic_options import TopicOptions, parse_retention
from streams.kafka.topics import (
    AGENT_TOPICS,
    CARRIES,
    COMPACTED,
    ENGINE_TOPICS,
    HISTORY,
    INPUTS,
    MESSAGE_INPUTS,
    OUTPUTS,
    Topics,
    carried_types,
    engines_of,
    retention_days,
    topic_config,
)
from streams.kafka.transactions import ConsumedOffsets, OutgoingMessage, TransactionalProducer
from streams.kafka.watchdog import Watchdog

__all__ = [
    "AGENT_TOPICS",
    "BRIEF_MS",
    "CARRIES",
    "COMPACTED",
    "ENGINE_TOPICS",
    "HISTORY",
    "INPUTS",
    "MESSAGE_INPUTS",
    "OUTPUTS",
    "PASSING",
    "RESTING_MS",
    "SILENT",
    "UNPACKED_BYTES_MAX",
    "UNREADABLE",
    "WAIT_S",
    "AdminClient",
    "ClusterIdentity",
    "ConsumedOffsets",
    "Consumer",
    "ForeignRecords",
    "GroupOffsets",
    "InputLog",
    "OutgoingMessage",
    "PartitionReader",
    "PassingReader",
    "RecordsGone",
    "Sender",
    "ThinnedLog",
    "TopicOptions",
    "Topics",
    "TransactionalProducer",
    "UnreadableCount",
    "UnreadableRanges",
    "UnreadableRecords",
    "Watchdog",
    "admin_client",
    "backwards",
    "bulk_consumer_settings",
    "carried_types",
    "check_agent_topics",
    "check_retention",
    "check_there",
    "check_topics",
    "cloudevents",
    "committed_end",
    "consumer",
    "consumer_settings",
    "denial",
    "end_offsets",
    "engine_output_settings",
    "engines_of",
    "ensure_agent_topics",
    "ensure_topics",
    "high_watermark",
    "identify",
    "identify_topic",
    "input_log",
    "listed_offsets",
    "not_ready",
    "offset_at",
    "parse_retention",
    "patient",
    "reach",
    "readable",
    "records",
    "retention_days",
    "send_one",
    "start_offsets",
    "topic_config",
    "transaction_settings",
]
