"""Going on after a loss: what an engine needs and Kafka no longer has, and what giving it up would mean.

Invariants
- `diagnose` reads only; it neither fences a running engine nor writes anything.
- What is given up is said on the journal, by an entry of its own, and by a dead letter for each range. So
  followers, restarts and `tollgate verify` go on in the same way.
- Nothing is given up that can still be had: a state that can be recovered from any snapshot or from the
  journal is kept, and only undecided records that are gone are passed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from confluent_kafka import TopicPartition

from models.messages import BegunAgain, LostRecords, decode_decision_view
from streams.engine.input import LostRange
from streams.engine.process import Engine, EngineOptions
from streams.engine.recovery import JournalScan, answered_places, recovered, replay, scan, snapshot
from streams.errors import Damaged
from streams.kafka import (
    GroupOffsets,
    Topics,
    backwards,
    check_topics,
    end_offsets,
    offset_at,
    readable,
    start_offsets,
)

APPLIED_AGAIN = ("artefacts", "controls")
"""Inputs that are kept for ever: a state that begins again reads them from their start."""
DECISIONS_LOOKED_AT = 1_000
OVERLAP_MS = 60_000
"""Where the end of a topic was lost, what came a minute before the last batch is read once more: what was
decided is recognised, and nothing new is missed."""


@dataclass(frozen=True)
class RepairPlan:
    """What `apply` would do. Nothing, where neither `lost` nor `beginning` is there."""

    engine: str
    lost: dict[str, LostRange] = field(default_factory=dict)
    """Undecided records that are gone, by topic."""
    beginning: replay.Beginning | None = None
    """Where the state itself is gone."""

    @property
    def is_needed(self) -> bool:
        """Whether anything would be given up."""
        return bool(self.lost) or self.beginning is not None

    def passing(self, gone: Mapping[str, tuple[int, int]], reader: str) -> "RepairPlan":
        """The plan with messages that are gone before `reader` had them: by topic the first of them, and the
        first that is there. They are journalled like the others; the reader goes on by itself.
        """
        lost = {}
        for topic, (start, end) in gone.items():
            detail = f"offsets {start} to {end - 1} are gone before {reader} had them"
            lost[topic] = LostRange(start, end, LostRecords(0, "given_up", detail))
        return replace(self, lost={**self.lost, **lost})

    def lines(self) -> list[str]:
        """The plan in words."""
        said = [f"{topic}: {gone.why.detail}" for topic, gone in self.lost.items()]
        if self.beginning is not None:
            begun = self.beginning.begun
            said += [
                f"the state after {begun.sequence:,} decisions: {begun.detail}",
                "features begin empty and say `warming` until their windows are full; payments sent again "
                "may be decided a second time; controls and artefacts on the log are applied again",
            ]
        return said


def diagnose(options: EngineOptions) -> RepairPlan:
    """What is gone that the engine needs. Raises `Outage`, and `Misconfigured` where a topic is missing."""
    check_topics(options.bootstrap, options.engine, options.historical)
    topics = Topics(options.engine)
    (journal_end,) = end_offsets(options.bootstrap, [topics["journal"]]).values()
    journal = scan(options.bootstrap, options.engine)
    try:
        state, _ = recovered(options.home(), options.bootstrap, journal_end)
    except Damaged as gone:
        return _begin_again(options, journal, str(gone))
    if journal.number == 0 and state.position.number == 0 and _known(options):
        return _begin_again(options, journal, f"{topics['journal']} holds no entry")
    positions = {topic: state.position.inputs.get(topic, 0) for topic in topics.read_by(options.historical)}
    return RepairPlan(options.engine, _lost(options, positions, journal))


def apply(options: EngineOptions, plan: RepairPlan) -> None:
    """Journals what the plan gives up and leaves a snapshot. Fences an engine of this name that runs."""
    if plan.beginning is not None:
        snapshot.set_aside(options.folder / "snapshots")
    engine = Engine(options)
    engine.start(plan.beginning)
    engine.give_up(plan.lost, plan.beginning.begun if plan.beginning else None)
    engine.close()


def _begin_again(options: EngineOptions, journal: JournalScan, why: str) -> RepairPlan:
    """The plan where the state cannot be recovered."""
    topics = Topics(options.engine)
    if journal.number == 0:
        journal.sequence, journal.engine_time = _last_decision(options)
    known = {**_known(options), **journal.positions}
    positions = {topic: known.get(topic, 0) for topic in topics.read_by(options.historical)}
    again = {topics[role] for role in APPLIED_AGAIN}
    later = {topic: position for topic, position in positions.items() if topic not in again}
    lost = _lost(options, later, journal)
    starts = start_offsets(options.bootstrap, list(again))
    begun = BegunAgain(journal.sequence, journal.engine_time, why)
    return RepairPlan(
        options.engine, lost, replay.Beginning(journal.number, {**positions, **starts}, begun, journal.root)
    )


def _lost(options: EngineOptions, positions: dict[str, int], journal: JournalScan) -> dict[str, LostRange]:
    """What is gone of the records from these positions on."""
    names = list(positions)
    starts, ends = start_offsets(options.bootstrap, names), end_offsets(options.bootstrap, names)
    lost = {}
    for topic, position in positions.items():
        if position < starts[topic]:
            detail = f"offsets {position} to {starts[topic] - 1} are gone before they were decided"
            lost[topic] = _range(position, starts[topic], journal, detail)
        elif position > ends[topic]:
            goes_on = _goes_on(options, topic, journal.appended, ends[topic])
            detail = (
                f"it ends at offset {ends[topic]}, before {position}, which was to be read next: it lost its "
                f"end or was made again; reading goes on at {goes_on}"
            )
            lost[topic] = _range(position, goes_on, journal, detail)
    return lost


def _goes_on(options: EngineOptions, topic: str, appended: int, end: int) -> int:
    """Where reading goes on in a topic that lost its end: with what came after the last batch."""
    found = offset_at(options.bootstrap, topic, max(0, appended - OVERLAP_MS))
    return end if found is None else found


def _range(start: int, end: int, journal: JournalScan, detail: str) -> LostRange:
    return LostRange(start, end, LostRecords(journal.appended, "given_up", detail))


def _known(options: EngineOptions) -> dict[str, int]:
    """How far the engine was, as far as can be told where the journal is gone. What its group has committed
    is up to a second old: of payments the answers are looked at as well.
    """
    places = _committed(options)
    inputs = Topics(options.engine).read_by(options.historical)
    for topic, place in answered_places(options.bootstrap, options.engine, inputs).items():
        places[topic] = max(place, places.get(topic, 0))
    return places


def _committed(options: EngineOptions) -> dict[str, int]:
    """Where the engine's group says it is."""
    offsets = GroupOffsets(options.bootstrap, f"{options.engine}-engine")
    try:
        asked = [TopicPartition(topic, 0) for topic in Topics(options.engine).read_by(options.historical)]
        found = offsets.committed(asked)
    finally:
        offsets.close()
    return {place.topic: place.offset for place in found if place.offset >= 0}


def _last_decision(options: EngineOptions) -> tuple[int, int]:
    """Sequence and engine time of the newest decision; zeros where there is none."""
    newest = 0, 0
    topic = Topics(options.engine)["decisions"]
    last = backwards(options.bootstrap, topic, DECISIONS_LOOKED_AT)
    for _, decision in readable(last, decode_decision_view):
        newest = max(newest, (decision.sequence, decision.engine_time))
    return newest
