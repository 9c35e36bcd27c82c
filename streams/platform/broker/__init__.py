"""A real Apache Kafka on this machine: its jars, its folder, its configuration, its process.

The jars are those of the committed lock, the Java is the Python package's, and the data folder is complete or
absent. Imports `streams.platform.processes`, `streams.access`, `streams.connection`, `streams.kafka` and
`storage`.
"""

from streams.platform.broker import local_kafka
from streams.platform.broker.credentials import SUPERUSER_FILE, BrokerCredentials
from streams.platform.broker.local_kafka import LocalKafka

__all__ = [
    "SUPERUSER_FILE",
    "BrokerCredentials",
    "LocalKafka",
    "local_kafka",
]
