"""A real Apache Kafka on this machine: its jars, its folder, its configuration, its process."""

from streams.platform.broker import local_kafka
from streams.platform.broker.local_kafka import LocalKafka

__all__ = [
    "LocalKafka",
    "local_kafka",
]
