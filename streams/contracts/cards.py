"""Topic cards: who owns a topic, who writes it, who reads it and how long it is kept."""

from dataclasses import dataclass
from typing import Final

from streams.contracts.schemas import EVIDENCE_KINDS
from streams.kafka import CARRIES, COMPACTED, retention_days


@dataclass(frozen=True)
class TopicCard:
    """One topic of every engine."""

    role: str
    """The topic's name after the engine's."""
    purpose: str
    kinds: tuple[str, ...]
    """Kinds of message it may carry."""
    owner: str
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    key: str
    """What records are keyed by."""
    ours: str = "engine"
    """Which of our processes reads or writes it."""

    @property
    def is_input(self) -> bool:
        """Whether others write it for us to read."""
        return self.role in CARRIES or self.kinds in (EVIDENCE_KINDS, ("list_request",))

    @property
    def retention(self) -> str:
        """How long messages are kept, in words."""
        days = retention_days(self.role)
        if self.role in COMPACTED:
            return "the newest of each key, for ever (compacted)"
        return "for ever" if days < 0 else f"{days} days"


CARDS: Final = (
    TopicCard(
        "payments",
        "Payment attempts to be decided.",
        CARRIES["payments"],
        "payment services",
        ("payment services", "tollgate simulate"),
        ("engine", "follower", "warehouse"),
        "payment id",
    ),
    TopicCard(
        "outcomes",
        "What happened to payments: issuer answers, 3-D Secure results, captures, refunds.",
        CARRIES["outcomes"],
        "payment services",
        ("payment services",),
        ("engine", "follower", "label agent", "warehouse", "tollgate train"),
        "payment id",
    ),
    TopicCard(
        "labels",
        "Fraud or legitimate, when that becomes known.",
        CARRIES["labels"],
        "disputes",
        ("label agent", "tollgate simulate"),
        ("engine", "follower", "warehouse", "tollgate train"),
        "payment id",
    ),
    TopicCard(
        "controls",
        "Rulesets, policies, models, trials, tables, lists, keys: signed, live from their place in the log.",
        CARRIES["controls"],
        "fraud operations",
        (
            "tollgate up",
            "tollgate replay",
            "tollgate rules",
            "tollgate lists",
            "tollgate publish",
            "tollgate keys",
            "list agent",
            "the engine's own effects",
        ),
        ("engine", "follower", "warehouse"),
        "control id",
    ),
    TopicCard(
        "history",
        "Payments and what became of them, in the order in which it happened. Only a historical engine "
        "(`tollgate engine --historical`) has this topic; a live engine never reads it.",
        CARRIES["history"],
        "whoever replays a file",
        ("tollgate replay", "tollgate learn"),
        ("engine", "follower", "warehouse", "tollgate train"),
        "payment id",
        ours="historical engine",
    ),
    TopicCard(
        "artefacts",
        "Models and tables in parts, ahead of the control that names them by their SHA-256.",
        ("artefact",),
        "fraud operations",
        ("tollgate up", "tollgate replay", "tollgate publish", "tollgate train", "tollgate repair"),
        ("engine", "follower", "hosts without the file"),
        "SHA-256 of the file",
    ),
    TopicCard(
        "decisions",
        "One answer to each payment whose account and id can be read, in log order: a decision, or "
        "a refusal that says what to mend. Duplicates are answered again and marked.",
        ("decision", "refusal"),
        "the engine of this name",
        ("engine",),
        ("payment services", "warehouse", "tollgate verify", "tollgate train"),
        "payment id",
    ),
    TopicCard(
        "features",
        "The vectors that were judged, as raw matrices: training data.",
        ("vectors",),
        "the engine of this name",
        ("engine",),
        ("Parquet sink",),
        "none",
    ),
    TopicCard(
        "journal",
        "What each batch consisted of: the source of truth of what has been decided.",
        ("journal",),
        "the engine of this name",
        ("engine",),
        ("engine at start", "follower", "warehouse", "tollgate verify"),
        "none",
    ),
    TopicCard(
        "dead-letters",
        "What could not be read or decided, why, and its bytes; which payment it was about, and whether a "
        "refusal answers it.",
        ("dead_letter",),
        "the engine of this name",
        ("engine",),
        ("warehouse", "payment services"),
        "none",
    ),
    TopicCard(
        "list-requests",
        "Requests to put a value on a list or take it off, from people's tools.",
        ("list_request",),
        "fraud operations",
        ("case tools", "scripts"),
        ("list agent",),
        "request id",
        "list agent",
    ),
    TopicCard(
        "list-audit",
        "What became of each list request: accepted as which control, or rejected and why.",
        ("list_answer",),
        "fraud operations",
        ("list agent",),
        ("case tools", "auditors", "warehouse", "list agent at start"),
        "request id",
        "list agent",
    ),
    TopicCard(
        "disputes",
        "Evidence of how payments turned out: stages of disputes, fraud notices, analysts' verdicts.",
        EVIDENCE_KINDS,
        "disputes",
        ("dispute intake", "case tools", "tollgate labels"),
        ("label agent",),
        "payment id",
        "label agent",
    ),
    TopicCard(
        "label-ledger",
        "What is known of each payment with evidence, and the label sent for it: the label agent's state.",
        ("dossier",),
        "the label agent of this engine",
        ("label agent",),
        ("label agent at start", "tollgate labels"),
        "attempt, merchant account and payment id",
        "label agent",
    ),
    TopicCard(
        "label-parked",
        "Evidence that could not be used, why, where it is and its bytes.",
        ("parked_evidence",),
        "disputes",
        ("label agent",),
        ("dispute teams", "tollgate labels"),
        "topic, partition and offset",
        "label agent",
    ),
    TopicCard(
        "reviews",
        "How reviews ended: people's verdict, or the default at the deadline. One message for each.",
        ("review_outcome",),
        "fraud operations",
        ("tollgate desk",),
        ("payment services",),
        "payment id",
        "desk",
    ),
)

NOTE: Final = """\
One set of these topics exists for each engine; `ENGINE` is its name (`live`, `replay-sparkov`, ...). Each has
one partition and append timestamps (`message.timestamp.type=LogAppendTime`). A message says by `type`
what it is, and an input topic carries its own type only: anything else becomes a dead letter, `wrong_topic`.
So a right to write payments is a right to write payments, not rules. Only the history of a historical engine
mixes types. Read the engine's outputs with `isolation.level=read_committed`.

This page is written by `make pages`.
"""


def render() -> str:
    """The text of `docs/topics.md`."""
    return "\n".join(["# Topics", "", NOTE, *(_section(card) for card in CARDS)])


def _section(card: TopicCard) -> str:
    rows = {
        "carries": ", ".join(f"`{kind}`" for kind in card.kinds),
        "owner": card.owner,
        "producers": ", ".join(card.producers),
        "consumers": ", ".join(card.consumers),
        "kept": card.retention,
        "key": card.key,
    }
    table = [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join([f"## `ENGINE.{card.role}`", "", card.purpose, "", "| | |", "|---|---|", *table, ""])
