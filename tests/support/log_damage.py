"""What retention, or an operator by mistake, does to a topic."""

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient


def delete_records(bootstrap: str, topic: str, before: int) -> None:
    """Deletes the records of a topic before an offset; -1: all."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.delete_records([TopicPartition(topic, 0, before)]).values():
        future.result(30)
