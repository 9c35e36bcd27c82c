"""Send a file's payments through a historical engine of their own, and close the books.

Books are closed when every message sent is a decision, a marked duplicate or a dead letter, read back
read_committed, new decisions are numbered without a gap, and ClickHouse holds just as many rows.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from models.messages import Change
from streams.control_plane import ArtefactStore, publish_seed, publish_with_artefacts
from streams.errors import Damaged, Misconfigured
from streams.kafka import HISTORY, PartitionReader, Sender, Topics, admin_client, end_offsets, ensure_topics
from streams.keys import keyring_of
from streams.settings import Settings
from streams.sources.files import DataSetLog, MessageBatch, MessageKind, ReplayMap
from streams.sources.simulated import Pace
from streams.sources.traffic.output_reader import AnswerCounts, OutputReader
from streams.sources.traffic.own_process import running_engine
from streams.sources.traffic.warehouse_counts import RowCounter, counts_of

KIND_NAMES: Final = {
    MessageKind.PAYMENT: "payment",
    MessageKind.LABEL: "label",
    MessageKind.UNREADABLE: "payment",
}


@dataclass(frozen=True)
class ReplayOptions:
    """What to replay, and how."""

    path: Path
    replay_map: ReplayMap
    engine: str
    rate: float | None = None
    """Payments a second; None: as fast as possible."""
    limit: int | None = None
    """Rows of the file."""
    resume: bool = False
    """Continue a log that an earlier replay of this file left."""
    changes: tuple[Change, ...] = ()
    """Effective after the seed and before the first payment."""


@dataclass
class ReplayResult:
    """The closing figures of a replay."""

    engine: str
    payments: int = 0
    """Rows sent, whether the engine could read them or not."""
    labels: int = 0
    decisions: int = 0
    duplicates: int = 0
    dead_letters: int = 0
    refusals: int = 0
    """Dead letters whose payment was answered with a refusal."""
    gaps: int = 0
    clickhouse_decisions: int = 0
    clickhouse_duplicates: int = 0
    clickhouse_dead_letters: int = 0
    clickhouse_refusals: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def equal(self) -> bool:
        """Whether the books close."""
        return (
            self.payments == self.decisions + self.duplicates + self.dead_letters
            and self.gaps == 0
            and self.refusals == self.clickhouse_refusals
            and self.decisions == self.clickhouse_decisions
            and self.duplicates == self.clickhouse_duplicates
            and self.dead_letters == self.clickhouse_dead_letters
        )

    def document(self) -> dict[str, Any]:
        """The figures as plain data."""
        return asdict(self) | {"equal": self.equal}


Progress = Callable[[str, int, int], None]
"""Called with the step (`sent`, `decided`, `sunk`), how far it is, and the messages sent so far."""


def free_name(bootstrap: str, engine: str) -> str:
    """`engine`, or `engine-2`, `engine-3`, ...: the first whose topics do not exist yet."""
    present = admin_client(bootstrap).list_topics(timeout=30).topics
    taken = {topic.rpartition(".")[0] for topic in present}
    names = [engine, *(f"{engine}-{number}" for number in range(2, 1000))]
    return next(name for name in names if name not in taken)


def replay(settings: Settings, options: ReplayOptions, progress: Progress = lambda *_: None) -> ReplayResult:
    """Replay and close the books. Raises `TollgateError` when something is missing or ends."""
    started = time.perf_counter()
    history = DataSetLog(options.path, options.replay_map, options.limit)
    bootstrap, engine = settings.kafka(), options.engine
    warehouse = RowCounter(settings.clickhouse(), engine)
    ensure_topics(bootstrap, engine, historical=True)
    present = _present(bootstrap, options)
    begin(bootstrap, settings, options)
    result = ReplayResult(engine)
    with running_engine(engine, settings.logs) as alive:
        outputs = OutputReader(bootstrap, engine)

        def between(payments: int) -> None:
            alive()
            progress("decided", outputs.poll().messages, payments)
            progress("sent", payments, payments)

        _produce(bootstrap, history, options, present, result, between)
        topic = Topics(engine)[HISTORY]
        sent = end_offsets(bootstrap, [topic])
        answers = outputs.wait_until_decided(
            sent, alive, lambda so_far: progress("decided", so_far.messages, result.payments)
        )
        outputs.close()
    _close(result, answers, warehouse, progress)
    result.seconds = round(time.perf_counter() - started, 3)
    return result


def begin(bootstrap: str, settings: Settings, options: ReplayOptions) -> None:
    """Publishes the seed and the changes to try; a replay that is resumed keeps what it began with."""
    keyring, waives = keyring_of(settings), options.replay_map.waive_amount_limits
    published = publish_seed(bootstrap, settings.home, options.engine, waives, keyring)
    if options.changes and published:
        store = ArtefactStore(settings.home / "artefacts")
        who = ("tollgate replay", "to be tried on a file")
        publish_with_artefacts(bootstrap, options.engine, options.changes, store, *who, keyring)
    elif options.changes:
        raise Misconfigured(
            f"engine {options.engine} keeps the ruleset, policy and model it began with: give --fresh to "
            "try others"
        )


def _present(bootstrap: str, options: ReplayOptions) -> int:
    """How many messages of the stream are on the log already."""
    topics = Topics(options.engine)
    topic, earlier = topics[HISTORY], topics["payments"]
    ends = end_offsets(bootstrap, [topic, earlier])
    present = ends[topic] + ends[earlier]
    if present and not options.resume:
        raise Misconfigured(
            f"engine {options.engine} has {present:,} messages already: sent again they would be duplicates "
            "or too old. Give --fresh to replay under a new engine name, --resume to go on where it ended, "
            "or another --engine"
        )
    if ends[earlier]:
        raise Misconfigured(
            f"the replay of engine {options.engine} was begun on {earlier}, by a version that had no "
            f"{topic}: it cannot go on. Give --fresh"
        )
    return present


def _produce(
    bootstrap: str, history: DataSetLog, options: ReplayOptions, present: int, result: ReplayResult,
    between: Callable[[int], None],
) -> None:  # fmt: skip
    """Send what is not yet on the log. `between` is called after each batch with the payments sent by now."""
    topic, skip = Topics(options.engine)[HISTORY], present
    with Sender(bootstrap, options.engine) as sender:
        pace = Pace(options.rate, sender.wait)
        for messages in history:
            known = min(skip, len(messages))
            skip -= known
            if known and skip == 0:
                _check_same(bootstrap, topic, present, messages.values[known - 1])
            _send(sender, topic, messages, known, pace)
            result.payments += len(messages) - messages.kinds.count(MessageKind.LABEL)
            result.labels += messages.kinds.count(MessageKind.LABEL)
            between(result.payments)
    if skip:
        raise Damaged(f"{topic} holds {skip:,} messages more than the file makes: it is of another file")


def _send(sender: Sender, topic: str, messages: MessageBatch, known: int, pace: Pace) -> None:
    for index in range(known, len(messages)):
        kind = messages.kinds[index]
        if kind is not MessageKind.LABEL:
            pace.next()
        sender.send(topic, KIND_NAMES[kind], messages.keys[index], messages.values[index])


def _check_same(bootstrap: str, topic: str, present: int, expected: bytes) -> None:
    """The last message on the log must be what this file and map make at its place."""
    reader = PartitionReader(bootstrap, topic, present - 1)
    try:
        records, _ = reader.read(1, 30.0)
    finally:
        reader.close()
    if not records or records[0].value() != expected:
        raise Misconfigured(
            f"{topic} ends with another message than file and map make at place {present:,}: it was filled "
            "from another file or with another map. Give --fresh, or another --engine"
        )


def _close(result: ReplayResult, answers: AnswerCounts, warehouse: RowCounter, progress: Progress) -> None:
    result.decisions, result.duplicates = answers.decisions, answers.duplicates
    result.dead_letters, result.gaps = answers.dead_letters, answers.gaps
    result.verdicts, result.reasons = dict(answers.verdicts), dict(answers.reasons)
    result.refusals = answers.refusals
    held = warehouse.wait_for(
        counts_of(answers), lambda so_far: progress("sunk", so_far.decisions, result.payments)
    )
    result.clickhouse_decisions = held.decisions
    result.clickhouse_duplicates = held.duplicates
    result.clickhouse_dead_letters = held.dead_letters
    result.clickhouse_refusals = held.refusals
