"""Which controls may act on this engine: `models.trust` at the places of its log.

Invariants
- What is accepted and who signed it depends on the log alone (bytes, offsets, append times); the root that is
  trusted first is pinned by the journal. So engine, follower and every replay agree.
- A control that is refused is a dead letter `unauthorised`, is counted, and changes nothing else.
- An effect is expected from the moment of its decision, whoever computes that; only the engine signs it.
"""

from collections.abc import Sequence

from models.messages import Control, JournalTrust, RootOfTrust, SignedRange
from models.trust import (
    ENGINE_AUTHOR,
    ControlEnvelope,
    TrustRecord,
    TrustState,
    UnauthorisedControlError,
    effect_statement,
    root_fingerprint,
)
from streams.engine.input import InputBatch
from streams.engine.result import BatchResult


class ControlAuthority:
    """The trust of one engine, asked at each control."""

    def __init__(self, engine: str, record: TrustRecord | None = None) -> None:
        """`record`: of a snapshot."""
        self.state = TrustState(engine, record)
        self._topic = f"{engine}.controls"

    def admit(
        self, batch: InputBatch, index: int, message: Control | ControlEnvelope, result: BatchResult
    ) -> Control:
        """The control in a record. Raises `UnauthorisedControlError`, and counts it, where it may not act."""
        control, envelope = (
            (message, None) if isinstance(message, Control) else (message.statement.control, message)
        )
        topic, offset, appended_at = batch.run_of(index).topic, batch.offsets[index], batch.appended[index]
        place = offset if topic == self._topic else None
        try:
            signers = self.state.admit(control, envelope, appended_at, place)
        except UnauthorisedControlError:
            self.state.refuse(appended_at)
            raise
        if signers:
            _note(result.signed, SignedRange(topic, offset, offset + 1, signers))
        return control

    def awaits_decision(self, envelope: ControlEnvelope) -> bool:
        """Whether this can be an effect of a decision that is still to be made."""
        return envelope.statement.author == ENGINE_AUTHOR and not self.state.expects(envelope.text)

    def expect(self, effects: Sequence[Control], result: BatchResult) -> None:
        """These are about to be written; where controls are signed, their texts are noted for that."""
        keys = self.state.keys
        if keys is None:
            return
        texts = [effect_statement(keys.root.installation, self.state.engine, each) for each in effects]
        self.state.expect(texts)
        result.statements |= enumerate(texts, len(result.effects))

    def journalled(self) -> JournalTrust | None:
        """What the journal says of it; None while no root is pinned."""
        state = self.state
        if state.root is None:
            return None
        version = state.keys.version if state.keys else 0
        return JournalTrust(state.root, state.since, version, state.refused, state.refused_at)

    def follow(self, trust: JournalTrust) -> None:
        """The journal states a root. Raises `ValueError` where it stated another one before."""
        self.state.pin(trust.root, trust.since)

    def is_rooted_in(self, root: RootOfTrust) -> bool:
        """Whether this is the root that the journal began with, or the one in force now."""
        keys = self.state.keys
        return root_fingerprint(root) == self.state.root or (keys is not None and keys.root == root)


def _note(ranges: list[SignedRange], more: SignedRange) -> None:
    """Adds a range, lengthening the last one where it goes on."""
    last = ranges[-1] if ranges else None
    if last and (last.topic, last.end, last.signers) == (more.topic, more.start, more.signers):
        ranges[-1] = SignedRange(last.topic, last.start, more.end, last.signers)
    else:
        ranges.append(more)
