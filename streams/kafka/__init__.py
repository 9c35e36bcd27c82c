"""Kafka as this house uses it: topics, clients, readers of whole transactions, senders."""

from streams.kafka import cloudevents
from streams.kafka.admin import (
    Cluster,
    admin,
    check_agent_topics,
    check_retention,
    check_topics,
    end_offsets,
    ensure_agent_topics,
    ensure_topics,
    high_watermark,
    identify,
    identify_topic,
    start_offsets,
)
from streams.kafka.reader import PASSING, WAIT_S, PartitionReader, consumer_settings
from streams.kafka.records import backwards, check_there, offset_at, records
from streams.kafka.sender import Sender
from streams.kafka.topics import COMPACTED, INPUTS, OUTPUTS, Topics, retention_days, topic_config
from streams.kafka.watchdog import Watchdog

__all__ = [
    "COMPACTED",
    "INPUTS",
    "OUTPUTS",
    "PASSING",
    "WAIT_S",
    "Cluster",
    "PartitionReader",
    "Sender",
    "Topics",
    "Watchdog",
    "admin",
    "backwards",
    "check_agent_topics",
    "check_retention",
    "check_there",
    "check_topics",
    "cloudevents",
    "consumer_settings",
    "end_offsets",
    "ensure_agent_topics",
    "ensure_topics",
    "high_watermark",
    "identify",
    "identify_topic",
    "offset_at",
    "records",
    "retention_days",
    "start_offsets",
    "topic_config",
]
