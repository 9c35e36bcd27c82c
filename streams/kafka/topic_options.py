"""How topics are made where the cluster is more than one broker: replicas, their brokers, days."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from models.units import DAY_MS
from streams.errors import Misconfigured
from streams.kafka.topics import AGENT_RETENTION_DAYS, CARRIES, RETENTION_DAYS, retention_days, topic_config

DAYS_MIN: Final[Mapping[str, int]] = dict.fromkeys(CARRIES, 2) | {"disputes": 30}
"""What recovery, and an agent that was away, need at least."""


@dataclass(frozen=True)
class TopicOptions:
    """Settings of topics that are made; those that exist are checked against them. 0 and empty: as the
    brokers say.
    """

    replication_factor: int = 0
    min_insync_replicas: int = 0
    replica_brokers: tuple[int, ...] = ()
    """The preferred leader first."""

    retention_days: Mapping[str, int] = field(default_factory=dict)
    """By role of the topic; below zero is for ever."""

    def __post_init__(self) -> None:
        replicas = self.replicas
        if self.replica_brokers and self.replication_factor not in (0, replicas):
            raise Misconfigured(
                f"TOLLGATE_KAFKA_REPLICA_BROKERS names {replicas} brokers, TOLLGATE_KAFKA_REPLICATION_FACTOR "
                f"is {self.replication_factor}: leave the factor out"
            )
        if replicas and self.min_insync_replicas > replicas:
            raise Misconfigured(
                f"TOLLGATE_KAFKA_MIN_INSYNC_REPLICAS={self.min_insync_replicas} of {replicas} replicas: "
                "nothing could be written"
            )
        for role, days in self.retention_days.items():
            _check_days(role, days)

    @property
    def replicas(self) -> int:
        """Of each topic; 0 where the brokers decide."""
        return len(self.replica_brokers) or self.replication_factor

    def days(self, role: str) -> int:
        """For which a topic keeps its messages; below zero is for ever."""
        return self.retention_days.get(role, retention_days(role))

    def config(self, role: str) -> dict[str, str]:
        """Kafka's settings of a topic that is made."""
        days = self.days(role)
        isr = {"min.insync.replicas": str(self.min_insync_replicas)} if self.min_insync_replicas else {}
        return topic_config(role) | {"retention.ms": "-1" if days < 0 else str(days * DAY_MS)} | isr


def parse_retention(text: str) -> dict[str, int]:
    """`payments=90,decisions=400`, by role.

    >>> parse_retention("payments=90, journal=-1")
    {'payments': 90, 'journal': -1}
    """
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    return {role.strip(): int(days) for role, _, days in pairs}


def _check_days(role: str, days: int) -> None:
    place = f"TOLLGATE_KAFKA_RETENTION_DAYS: {role}={days}"
    if role not in RETENTION_DAYS and role not in AGENT_RETENTION_DAYS:
        known = ", ".join([*RETENTION_DAYS, *AGENT_RETENTION_DAYS])
        raise Misconfigured(f"{place}: there is no such topic; there are {known}")
    if retention_days(role) < 0 <= days:
        raise Misconfigured(f"{place}: this topic must never expire, state is read from it; leave it out")
    if 0 <= days < DAYS_MIN.get(role, 1):
        raise Misconfigured(f"{place}: {DAYS_MIN.get(role, 1)} days are needed at least")
