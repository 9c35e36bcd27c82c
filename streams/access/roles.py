"""The roles, and which topics of an engine each may read, write, or only see.

Names of groups and transactional ids are those that the processes use; `ENGINE` stands for the engine's name.
"""

from dataclasses import dataclass
from typing import Final

from streams.errors import Misconfigured
from streams.kafka import AGENT_TOPICS, ENGINE_TOPICS, HISTORY, INPUTS, OUTPUTS

TOPICS: Final = (*ENGINE_TOPICS, *AGENT_TOPICS)
"""By role of the topic: every one there is."""

JUDGED: Final = (*INPUTS, HISTORY)
"""What an engine decides by."""


@dataclass(frozen=True)
class KafkaRole:
    """One kind of process or person. Topics are named by role: `payments` is the topic `ENGINE.payments`."""

    name: str
    purpose: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    sees: tuple[str, ...] = ()
    """Topics whose existence and end it may ask for."""

    checks: tuple[str, ...] = ()
    """Topics whose settings it may ask for."""

    groups: tuple[str, ...] = ()
    """Consumer groups that it may commit offsets of."""

    watches: tuple[str, ...] = ()
    """Groups whose offsets it may ask for."""

    own_groups: str = ""
    """It may use any group whose name begins so."""

    transactional_ids: tuple[str, ...] = ()
    makes_topics: bool = False
    only_local: bool = False
    """Of the local platform only: nobody needs it in production."""


def _readers(*topics: str) -> tuple[str, ...]:
    """The groups that our readers of single topics name; nothing is committed under them."""
    return tuple(f"ENGINE.{topic}-reader" for topic in topics)


_PUBLISHES: Final = ("controls", "artefacts")
_PUBLISHED: Final = (*_PUBLISHES, "journal", "dead-letters")
_WAREHOUSED: Final = (
    "payments", HISTORY, "controls", "journal", "list-audit", "decisions", "dead-letters", "outcomes",
    "labels", "disputes",
)  # fmt: skip
_SINKS: Final = ("ENGINE-clickhouse", "ENGINE-clickhouse-inputs", "ENGINE-clickhouse-reports")
_WATCHED: Final = ("ENGINE-engine", *_SINKS, "ENGINE-parquet")
_DESK_WRITES: Final = (
    "disputes", "list-requests", "reviews", "controls",
    # dead letters that people put back
    "payments", "outcomes", "labels",
)  # fmt: skip
_SHOWN: Final = (*JUDGED, "journal", "dead-letters", "decisions", "features")

ROLES: Final = (
    KafkaRole(
        "engine",
        "decides payments",
        reads=(*JUDGED, "journal"),
        writes=(*OUTPUTS, "controls"),
        checks=TOPICS,
        groups=("ENGINE-engine", *_readers(*JUDGED, "journal")),
        transactional_ids=("ENGINE-engine",),
    ),
    KafkaRole(
        "follower",
        "keeps snapshots",
        reads=(*JUDGED, "journal"),
        checks=(*JUDGED, "journal"),
        groups=_readers(*JUDGED, "journal"),
    ),
    KafkaRole(
        "warehouse",
        "brings what is on the log into ClickHouse",
        reads=_WAREHOUSED,
        sees=OUTPUTS,
        groups=(*_SINKS, *(f"{group}-reader" for group in _SINKS), "ENGINE-rebuild-reader"),
        transactional_ids=_SINKS,
    ),
    KafkaRole(
        "parquet-sink",
        "archives vectors",
        reads=("features",),
        sees=OUTPUTS,
        groups=("ENGINE-parquet",),
    ),
    KafkaRole(
        "list-agent",
        "turns list requests into controls",
        # It signs what it writes to controls, after what is there.
        reads=("list-requests", "list-audit", "controls", "journal"),
        writes=("list-audit", "controls"),
        sees=AGENT_TOPICS,
        groups=("ENGINE-list-agent", *_readers("list-audit", "controls", "journal")),
        transactional_ids=("ENGINE-list-agent",),
    ),
    KafkaRole(
        "label-agent",
        "turns evidence into labels",
        reads=("disputes", "outcomes", "label-ledger"),
        writes=("labels", "label-ledger", "label-parked"),
        sees=AGENT_TOPICS,
        checks=("disputes", "label-ledger"),
        groups=("ENGINE-label-agent", *_readers("label-ledger")),
        transactional_ids=("ENGINE-label-agent",),
    ),
    KafkaRole("payment-service", "asks for decisions", writes=("payments",)),
    KafkaRole("outcome-source", "reports captures and refunds", writes=("outcomes",)),
    KafkaRole(
        "dispute-intake",
        "reports evidence of fraud",
        writes=("disputes",),
        sees=("labels", *AGENT_TOPICS),
    ),
    KafkaRole("label-source", "sends labels made elsewhere", writes=("labels",)),
    KafkaRole(
        "list-requester",
        "asks for list entries",
        reads=("list-audit",),
        writes=("list-requests",),
        own_groups="ENGINE-list-requester-",
    ),
    KafkaRole(
        "decision-consumer",
        "acts on decisions, and on how reviews ended",
        reads=("decisions", "reviews"),
        own_groups="ENGINE-consumer-",
    ),
    KafkaRole("history-source", "sends payments of the past", writes=(HISTORY,)),
    KafkaRole(
        "publisher",
        "publishes rules, models, lists, policies",
        reads=_PUBLISHED,
        writes=_PUBLISHES,
        groups=_readers(*_PUBLISHED),
        transactional_ids=("ENGINE-controls",),
    ),
    KafkaRole(
        "desk",
        "brings reviews in, and what people concluded onto the log",
        # Where it died halfway it looks on the topics for what it had sent.
        reads=("decisions", *_DESK_WRITES, "journal", "dead-letters"),
        writes=_DESK_WRITES,
        sees=AGENT_TOPICS,
        groups=_readers("decisions", *_DESK_WRITES, "journal", "dead-letters"),
        transactional_ids=("ENGINE-desk-outbox", "ENGINE-controls"),
    ),
    KafkaRole(
        "console",
        "shows people what the log says, publishes what they approved",
        reads=_SHOWN,
        writes=_PUBLISHES,
        sees=TOPICS,
        watches=_WATCHED,
        groups=_readers(*_SHOWN),
        transactional_ids=("ENGINE-controls",),
    ),
    KafkaRole(
        "analyst",
        "looks, explains, verifies; writes nothing",
        reads=TOPICS,
        checks=TOPICS,
        watches=(*_WATCHED, "ENGINE-list-agent", "ENGINE-label-agent"),
        groups=("ENGINE-answers", "ENGINE-compare-reader", "ENGINE-feast", *_readers(*TOPICS)),
    ),
    KafkaRole(
        "administrator",
        "makes topics and puts the seed on the log",
        reads=_PUBLISHED,
        writes=_PUBLISHES,
        checks=TOPICS,
        groups=_readers(*_PUBLISHED),
        transactional_ids=("ENGINE-controls",),
        makes_topics=True,
    ),
    KafkaRole(
        "simulator",
        "plays payment services, for demonstrations",
        reads=("decisions", "dead-letters", "journal", "labels", "list-audit"),
        writes=("payments", "outcomes", "labels", "disputes", "list-requests", HISTORY),
        sees=TOPICS,
        checks=TOPICS,
        watches=(*_SINKS, "ENGINE-label-agent"),
        groups=("ENGINE-answers", *_readers("decisions", "dead-letters", "journal", "labels", "list-audit")),
        only_local=True,
    ),
)  # fmt: skip


def role_named(name: str) -> KafkaRole:
    """Raises `Misconfigured` where there is none."""
    for role in ROLES:
        if role.name == name:
            return role
    raise Misconfigured(f"there is no role {name!r}; there are {', '.join(role.name for role in ROLES)}")
