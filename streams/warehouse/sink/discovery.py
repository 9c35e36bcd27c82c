"""Which engines there are: those whose output topics exist."""

from collections.abc import Iterable
from typing import Final

from streams.kafka import OUTPUTS, Topics, admin_client

TIMEOUT_S: Final = 10.0


class EngineDiscovery:
    """The engines of one Kafka; `only` these, where any are named."""

    def __init__(self, bootstrap: str, only: Iterable[str] = ()) -> None:
        self._only = frozenset(only)
        self._admin = admin_client(bootstrap)

    def names(self) -> set[str]:
        """Engines whose output topics exist. Raises KafkaException when Kafka does not answer in time."""
        names = engines_of(self._admin.list_topics(timeout=TIMEOUT_S).topics)
        return names & self._only if self._only else names


def engines_of(topics: Iterable[str]) -> set[str]:
    """The engines among topic names.

    >>> engines_of(["x.decisions", "live.decisions", "live.features", "live.journal", "live.dead-letters"])
    {'live'}
    """
    known = set(topics)
    named = {topic.removesuffix(".decisions") for topic in known if topic.endswith(".decisions")}
    return {engine for engine in named if all(Topics(engine)[role] in known for role in OUTPUTS)}
