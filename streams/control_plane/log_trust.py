"""What an engine trusts at the end of its controls, and which of them were accepted: read from its log.

Invariant: what is signed follows the last control before it, also where a dead engine left a transaction open
on the topic. Nothing behind that can be read until it is over: `at_end` waits for its end first.

Invariant: what `streams.engine.input.read` and `models.trust` say in the engine is asked here, over the same
records, from the root that the journal states. One thing the log of controls alone does not show: whether the
engine expected an effect. Here it counts as accepted, once, where the engine's key signed it.

How far the engine has come says its journal, what it refused its dead letters (`EngineProgress`). They
are kept for 90 days: of an older refusal nothing is known here, and the control must be checked again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from confluent_kafka import Message

from models.json_keys import repetition
from models.messages import Control, RootOfTrust, TrustChange
from models.trust import (
    ENGINE_AUTHOR,
    ControlEnvelope,
    TrustState,
    UnauthorisedControlError,
    key_id,
    root_fingerprint,
    statement_hash,
)
from streams.engine.input import RefusedRecord, read
from streams.engine.recovery import last_entry
from streams.errors import Misconfigured, Outage
from streams.kafka import (
    InputLog,
    Topics,
    backwards,
    carried_types,
    check_there,
    committed_end,
    end_offsets,
    high_watermark,
    input_log,
    readable,
    records,
)

UNFINISHED_S = 75.0
"""The broker ends a dead engine's transaction after 60 s, looking every 10 s; a restarted engine at once."""
LOOKED_BACK = 64
"""Offsets from the journal's end among which its last entry is: a transaction leaves a marker."""


@dataclass(frozen=True)
class ControlRecord:
    """A control on the log, and what the engine makes of it."""

    topic: str
    offset: int
    appended_at: int
    control: Control
    signers: tuple[str, ...] = ()
    """Who holds the keys that signed; nobody where it did not have to be signed."""
    refusal: str | None = None
    """Why it is not authorised."""

    @property
    def author(self) -> str:
        """Who signed. The name that was typed counts only where nobody had to; where it is another, as that
        of the person a list agent acts for, it is shown as well.
        """
        typed = self.control.author
        if not self.signers:
            return typed
        signed_by = " and ".join(self.signers)
        return signed_by if typed in self.signers else f"{signed_by} (for {typed})"


class LogTrust:
    """The controls of an engine with what it trusts; `state` is that after the last one read."""

    def __init__(self, bootstrap: str, engine: str, root: RootOfTrust | None = None) -> None:
        """`root`: what this host trusts, for an engine whose journal states no root yet. Raises
        `Misconfigured` where there is no such engine.
        """
        self._bootstrap, self._topic = bootstrap, Topics(engine)["controls"]
        check_there(bootstrap, self._topic)
        self.inputs = input_log(bootstrap, engine)
        self.state = TrustState(engine)
        self._holders: dict[str, str] = {}
        self._effects: set[str] = set()
        entry = last_entry(bootstrap, engine)
        self._is_open = entry is not None and not entry.trust
        if entry is not None and entry.trust:
            self.state.pin(entry.trust.root, entry.trust.since)
        elif root is not None:
            since = 0 if entry is None else end_offsets(bootstrap, [self._topic])[self._topic]
            self.state.pin(root_fingerprint(root), since)

    def read(self) -> Iterator[ControlRecord]:
        """Every control to the log's end, accepted or not, from wherever the engine takes them. What is no
        control is left out: the engine has answered it, and a history mixes.
        """
        for record in self.inputs.records("control"):
            try:
                control, envelope = opened(record.value() or b"")
            except Misconfigured:
                continue
            yield self._taken(record, control, envelope)

    def at_end(self) -> TrustState:
        """The state after all controls that are on the log. Raises `Outage` where a transaction that nobody
        finishes keeps some back.
        """
        wait_for_open_transactions(self._bootstrap, self._topic)
        for _ in self.read():
            pass
        return self.state

    @property
    def is_open(self) -> bool:
        """Whether the engine has decided without a root of trust, and no keys have come since."""
        return self._is_open and self.state.keys is None

    def _taken(self, record: Message, control: Control, envelope: ControlEnvelope | None) -> ControlRecord:
        topic, offset, appended_at = record.topic(), record.offset(), record.timestamp()[1]
        place = offset if topic == self._topic else None
        if envelope is not None and envelope.statement.author == ENGINE_AUTHOR:
            self._expect_once(envelope)
        try:
            ids = self.state.admit(control, envelope, appended_at, place)
        except UnauthorisedControlError as error:
            return ControlRecord(topic, offset, appended_at, control, (), str(error))
        if isinstance(control.change, TrustChange):
            for each in (control.change.root.keys, control.change.keys):
                self._holders |= {key_id(key.key): key.name for key in each}
        return ControlRecord(
            topic, offset, appended_at, control, tuple(self._holders.get(id, id) for id in ids)
        )

    def _expect_once(self, envelope: ControlEnvelope) -> None:
        name = statement_hash(envelope.text)
        if name not in self._effects:
            self._effects.add(name)
            self.state.expect([envelope.text])


def wait_for_open_transactions(bootstrap: str, topic: str) -> None:
    """Until all that is on a topic can be read. Raises `Outage` where a transaction that nobody finishes
    keeps some back.
    """
    there = high_watermark(bootstrap, topic)
    end = committed_end(bootstrap, topic, there, UNFINISHED_S)
    if end < there:
        raise Outage(
            f"a transaction from offset {end} of {topic} on is not finished after {UNFINISHED_S:.0f} s; see "
            "whether the engine runs (`tollgate status`)"
        )


def opened(value: bytes) -> tuple[Control, ControlEnvelope | None]:
    """The control in a record, as the engine reads it, and its envelope where it is signed. Raises
    `Misconfigured` where the engine would refuse it.
    """
    try:
        message = read(value, suspect=True)
    except RefusedRecord as refused:
        raise Misconfigured(f"the engine would refuse this control: {refused.reason}: {refused}") from refused
    if repetition.has_repeated_key(value):
        raise Misconfigured("the engine would refuse this control: an object in it has a key twice")
    if not isinstance(message, Control | ControlEnvelope):
        raise Misconfigured(f"this is no control but a {type(message).__name__.lower()}")
    if isinstance(message, Control):
        return message, None
    return message.statement.control, message


class _Letter(msgspec.Struct):
    topic: str
    offset: int
    reason: str
    detail: str


class _Positions(msgspec.Struct):
    positions: dict[str, int]


_letter = msgspec.json.Decoder(_Letter).decode
_positions = msgspec.json.Decoder(_Positions).decode


@dataclass(frozen=True)
class EngineProgress:
    """How far an engine has come, and what it refused on the way."""

    positions: dict[str, int]
    """By input topic, up to where the journal says that it was applied."""
    refused: dict[tuple[str, int], str]
    """Reason in words, by topic and offset: of the topics that controls may come from."""

    def is_waiting(self, topic: str, offset: int) -> bool:
        """Whether the engine has not come to this record yet."""
        return offset >= self.positions.get(topic, 0)


def progress_of(inputs: InputLog) -> EngineProgress:
    """Read from the journal's end and the dead letters. Raises `Outage`, `Misconfigured`."""
    return EngineProgress(_reached(inputs), dict(_refused(inputs)))


def _reached(inputs: InputLog) -> dict[str, int]:
    """The positions of the newest entries: one tells of the topics of its batch at least."""
    found: dict[str, int] = {}
    newest = backwards(inputs.bootstrap, Topics(inputs.engine)["journal"], LOOKED_BACK)
    for _, entry in readable(newest, _positions):
        found = entry.positions | found
    return found


def _refused(inputs: InputLog) -> Iterator[tuple[tuple[str, int], str]]:
    asked = {t for t in inputs.topics if "control" in carried_types(t) or inputs.mixed_until.get(t)}
    letters = records(inputs.bootstrap, Topics(inputs.engine)["dead-letters"])
    for _, letter in readable(letters, _letter):
        if letter.topic in asked:
            yield (letter.topic, letter.offset), f"{letter.reason}: {letter.detail}"
