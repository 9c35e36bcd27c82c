"""What each batch consisted of: the source of truth of what has been decided. Replay and standbys follow
it.
"""

from enum import IntEnum
from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType

from models.messages.control import JudgePart


class EngineProtocol(IntEnum):
    """By which rules an engine read and answered a batch: the journal states it by number, so that an older
    batch is re-applied as it was decided.

    A new number is for a change of what is refused, answered or counted *of the same records*. A change that
    only new controls bring about needs none.
    """

    ANY_TYPE = 1
    """Any input topic carried any type of message. A refused payment got a dead letter, no answer."""
    TYPED_TOPICS = 2
    """A topic carries its own type (`ENGINE.history` any). A payment that is refused is answered with a
    refusal. A card number in free text is masked, and the payment decided. A message in which an object has a
    key twice is refused."""


PROTOCOL: Final = EngineProtocol.TYPED_TOPICS
"""Of this version."""


class LostRecords(Struct, frozen=True, gc=False):
    """Why the records of a range were not applied, whether or not they can still be read."""

    received_at: int
    """Append time of the record before them (ms), as their own is not known; 0 where that is not known."""
    reason: Literal["unreadable", "given_up"]
    """`unreadable`: Kafka's client cannot read them. `given_up`: by `tollgate repair`, as they are gone."""
    detail: str
    """The reason in words."""


class InputRange(Struct, frozen=True, gc=False):
    """Records `[start, end)` of one input partition, applied in this place."""

    topic: str
    """Name of the topic."""
    partition: int
    """Its partition."""
    start: int
    """Offset of the first record."""
    end: int
    """Offset after the last one."""
    records: int
    """How many there are: offsets have gaps."""
    checksum: str
    """Chain over the records' bytes (xxh3-64, hex)."""
    lost: LostRecords | UnsetType = UNSET
    """These records were given up: `records` is 0, and one dead letter speaks for all. Left out otherwise."""


class Skip(Struct, frozen=True, gc=False):
    """A record that was dead-lettered unread, as it ends the engine."""

    topic: str
    """Name of the topic."""
    partition: int
    """Its partition."""
    offset: int
    """Its offset."""
    why: str | UnsetType = UNSET
    """The dead letter's words; left out where the record crashed the engine repeatedly."""


class Withdrawal(Struct, frozen=True, gc=False):
    """A control that was applied and no longer counts, from this batch on, by an operator's order."""

    topic: str
    """Name of the topic."""
    offset: int
    """The control's offset."""
    target: JudgePart
    """What it put in effect: nothing of the kind is, until another control."""
    why: str
    """Who gave the order, and why."""


class SignedRange(Struct, frozen=True, gc=False):
    """Signed controls `[start, end)` of one input partition that were accepted, signed by the same keys."""

    topic: str
    """Name of the topic."""
    start: int
    """Offset of the first one."""
    end: int
    """Offset after the last one."""
    signers: tuple[str, ...]
    """Ids of the keys, the author's first (`models.trust`)."""


class JournalTrust(Struct, frozen=True, gc=False):
    """What the engine trusted after the batch."""

    root: str
    """Fingerprint of the root of trust that the engine began with; it never changes."""
    since: int
    """Offset of ENGINE.controls from which it is in force."""
    version: int
    """Version of the keys in force; 0: none yet."""
    refused: int
    """Controls refused so far as not authorised."""
    refused_at: int
    """When the last of them was appended (ms); 0: none was."""


class BegunAgain(Struct, frozen=True, gc=False):
    """The state was given up here, as what it was made from is gone (`tollgate repair`). It begins empty; the
    controls and artefacts that are still on the log are applied once more, by the entries that follow.
    """

    sequence: int
    """Decisions so far: their count goes on."""
    engine_time: int
    """Engine time so far (ms): it never runs back."""
    detail: str
    """What is gone, in words."""


class JournalEntry(Struct, frozen=True, tag="journal", tag_field="type"):
    """One batch."""

    engine: str
    """The engine."""
    number: int
    """Counts batches from 1."""
    ranges: tuple[InputRange, ...]
    """What was applied, in this order."""
    positions: dict[str, int]
    """The next offset to read of each input after the batch."""
    engine_time: int
    """Time by the log after the batch (ms)."""
    payments: int
    """Payments decided for the first time."""
    decisions: int
    """Decisions written: new ones and those given again."""
    duplicates: int
    """Decisions given again."""
    dead_letters: int
    """Messages refused."""
    sequence: int
    """Sequence of the last new decision."""
    decision_hash: str
    """Chain over all decisions so far, wherever batches were cut."""
    state_hash: str
    """Hash of the state after the batch, wherever batches were cut."""
    catalogue: str
    """Version of the feature catalogue."""
    model: str | None
    """Version of the model."""
    ruleset: str | None
    """Version of the ruleset."""
    policy: str | None
    """Version of the policy."""
    scorer: str
    """How the model was scored: `leaf-masks` or `lightgbm`."""
    cpu: str
    """Fingerprint of the processor."""
    horizon_ms: int
    """How long a duplicate is recognised."""
    keys_max: int
    """How many payments are remembered for that."""
    degraded: tuple[str, ...] = ()
    """What could not be used, over all decisions."""
    skipped: tuple[Skip, ...] = ()
    """Records that were skipped."""
    withdrawn: tuple[Withdrawal, ...] | UnsetType = UNSET
    """What was withdrawn before the batch; left out where nothing was."""
    challenger: str | UnsetType = UNSET
    """Version of the model on trial after the batch; left out where there is none."""
    trust: JournalTrust | UnsetType = UNSET
    """What the engine trusted; left out where controls need not be signed."""
    signed: tuple[SignedRange, ...] | UnsetType = UNSET
    """Who signed the controls of the batch; left out where there was none."""
    protocol: int | UnsetType = UNSET
    """By which rules the batch was read and answered (`EngineProtocol`); left out: the first."""
    refusals: int | UnsetType = UNSET
    """Payments answered with a refusal; left out under the first protocol, which had none."""
    begun_again: BegunAgain | UnsetType = UNSET
    """The state is empty before this batch. Left out otherwise. `positions` then names every input."""
    artefacts_on_log: bool | UnsetType = UNSET
    """A control may only name an artefact that lies whole on `ENGINE.artefacts` before it. Left out by
    engines from before there was such a topic: theirs were on the disk of each host.
    """
    late_after_ms: int | UnsetType = UNSET
    """From which delay on a payment is `late`; beyond `horizon_ms` it is stale. Left out where the log is
    history, and by engines from before there was such a rule: nothing is late then.
    """
    late: int | UnsetType = UNSET
    """New decisions on late payments; left out where there are none."""


def protocol_of(entry: JournalEntry) -> EngineProtocol:
    """The protocol a batch was decided by. Raises `ValueError` for one of a newer version."""
    return EngineProtocol.ANY_TYPE if entry.protocol is UNSET else EngineProtocol(entry.protocol)
