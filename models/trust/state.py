"""What an engine trusts at a place of its log, and whether a control may act there.

Invariants
- `root` and `since` are set once, by the journal (`pin`); they never change again.
- The keys in force change only by a `TrustChange`: the first one holds exactly the pinned root and is signed
  by its threshold; each later one is signed by the threshold of the root before it and of its own, and counts
  one further.
- A statement acts at most once, and only as the successor of the last one of its chain
  (`models.trust.chains`). It must have come onto the log before it expired.
- What the engine itself writes acts only if this state expects it: its hash was noted when the decision was
  made, which every replay repeats. The engine's key alone is not enough.
- `admit` either accepts, or raises and leaves everything as it was.
- Without a pinned root every control but a `TrustChange` acts, signed or not, as on logs of earlier versions.

Bounds: `EFFECTS_MAX` effects are expected at a time; the oldest is given up first (it is refused then, which
is counted). Chains are as many as kinds and keys that root keys ever listed.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from models.messages import Control, Role, RootKey, TrustChange, TrustedKey
from models.trust.chains import EFFECT_KINDS, chain_of, role_of
from models.trust.checks import (
    Signers,
    Verification,
    check_first_signer,
    check_keys,
    check_place,
    check_time,
    keys_by_id,
    role_signers,
    root_signers,
)
from models.trust.keys import root_fingerprint
from models.trust.refusals import TrustRefusal, UnauthorisedControlError
from models.trust.second_signature import signatures_needed
from models.trust.signatures import verify
from models.trust.statements import ENGINE_AUTHOR, ControlEnvelope, statement_hash

EFFECTS_MAX: Final = 100_000


class TrustRecord(msgspec.Struct, frozen=True):
    """The state as a snapshot keeps it; its fields are those of `TrustState`."""

    root: str
    since: int
    keys: TrustChange | None = None
    heads: dict[str, str] = {}
    expected: tuple[str, ...] = ()
    refused: int = 0
    refused_at: int = 0


class TrustState:
    """The trust of one engine; changed by `pin`, `admit`, `expect` and `refuse`."""

    def __init__(
        self, engine: str, record: TrustRecord | None = None, verification: Verification = verify
    ) -> None:
        """`record`: of a snapshot."""
        self.engine = engine
        self.root: str | None = record.root if record else None
        """Fingerprint of the pinned root."""
        self.since = record.since if record else 0
        """Offset of ENGINE.controls before which a control may be unsigned: it was there before the root."""
        self.keys: TrustChange | None = record.keys if record else None
        """The keys in force."""
        self.heads = dict(record.heads) if record else {}
        """By chain, the hash of the last statement that was accepted."""
        self.refused = record.refused if record else 0
        """Controls refused so far."""
        self.refused_at = record.refused_at if record else 0
        """When the last of them was appended (ms)."""
        self._expected = dict.fromkeys(record.expected if record else ())
        self._verification = verification

    def record(self) -> TrustRecord | None:
        """The state for a snapshot; None while no root is pinned."""
        if self.root is None:
            return None
        heads, expected = dict(sorted(self.heads.items())), tuple(self._expected)
        return TrustRecord(self.root, self.since, self.keys, heads, expected, self.refused, self.refused_at)

    def pin(self, root: str, since: int) -> None:
        """The journal states the root of trust. Raises `ValueError` where it stated another one before."""
        if self.root is None:
            self.root, self.since = root, since
        elif (self.root, self.since) != (root, since):
            raise ValueError(
                f"the journal began with the root of trust {self.root} at offset {self.since} of the "
                f"controls; it cannot go on with {root} at {since}"
            )

    def names(self, signers: Iterable[str]) -> tuple[str, ...]:
        """Who holds these keys; a key that is no longer listed goes by its id."""
        listed: tuple[RootKey | TrustedKey, ...] = ()
        if self.keys:
            listed = (*self.keys.root.keys, *self.keys.keys)
        keys = keys_by_id(listed)
        return tuple(keys[signer].name if signer in keys else signer for signer in signers)

    def expect(self, statements: Iterable[bytes]) -> None:
        """Notes what the engine itself writes."""
        self._expected |= dict.fromkeys(map(statement_hash, statements))
        while len(self._expected) > EFFECTS_MAX:
            del self._expected[next(iter(self._expected))]

    def expects(self, text: bytes) -> bool:
        """Whether the engine wrote this and has not read it back."""
        return statement_hash(text) in self._expected

    def refuse(self, appended_at: int) -> None:
        """Counts a control that was not authorised."""
        if self.root is not None:
            self.refused += 1
            self.refused_at = appended_at

    def admit(
        self, control: Control, envelope: ControlEnvelope | None, appended_at: int, offset: int | None = None
    ) -> Signers:
        """Accepts a control that came onto the log at `appended_at` (ms). Returns who signed it: nobody where
        nothing had to be signed. Raises `UnauthorisedControlError`.

        `offset`: its place on ENGINE.controls; None where it came by another topic.
        """
        change = control.change
        if self.root is None:
            if isinstance(change, TrustChange):
                raise UnauthorisedControlError(
                    TrustRefusal.NO_ROOT, "this engine has no root of trust: set TOLLGATE_TRUST_ROOT"
                )
            return ()
        if envelope is None:
            # Once keys are known, a small offset only means that the topic was made again.
            earlier = offset is not None and offset < self.since and self.keys is None
            if earlier and not isinstance(change, TrustChange):
                return ()
            raise UnauthorisedControlError(
                TrustRefusal.UNSIGNED, "a root of trust is in force: publish with a key (docs/trust.md)"
            )
        if isinstance(change, TrustChange):
            return self._admit_keys(change, envelope, appended_at)
        return self._admit_signed(envelope, appended_at)

    def _admit_keys(self, change: TrustChange, envelope: ControlEnvelope, appended_at: int) -> Signers:
        now = self.keys
        root = (now or change).root
        check_place(envelope.statement, root.installation, self.engine)
        check_time(envelope.statement.expires_at, appended_at)
        check_keys(now, change)
        if now is None and root_fingerprint(change.root) != self.root:
            raise UnauthorisedControlError(
                TrustRefusal.WRONG_ROOT, f"the first keys must hold the root of trust {self.root}"
            )
        before = root_signers(root, envelope, self._verification)
        after = root_signers(change.root, envelope, self._verification)
        self._check_predecessor(envelope)
        self.keys = change
        self._advance(envelope)
        return tuple(dict.fromkeys((*before, *after)))

    def _admit_signed(self, envelope: ControlEnvelope, appended_at: int) -> Signers:
        keys, statement = self.keys, envelope.statement
        if keys is None:
            raise UnauthorisedControlError(
                TrustRefusal.UNKNOWN_KEY, "no keys are on the log yet: `tollgate seed` publishes the first"
            )
        change = statement.control.change
        check_place(statement, keys.root.installation, self.engine)
        if statement.author == ENGINE_AUTHOR:
            signers = role_signers(keys, envelope, Role.ENGINE, self._verification)
            self._take_effect(envelope)
            return signers
        check_time(statement.expires_at, appended_at)
        signers = role_signers(keys, envelope, role_of(change), self._verification)
        check_first_signer(statement, signers)
        needed = signatures_needed(change, appended_at, keys.second_signature)
        if len(signers) < needed:
            raise UnauthorisedControlError(
                TrustRefusal.TOO_FEW_SIGNATURES,
                f"{needed} people must sign it, {len(signers)} did: see `tollgate keys sign`",
            )
        self._check_predecessor(envelope)
        self._advance(envelope)
        return signers

    def _take_effect(self, envelope: ControlEnvelope) -> None:
        """What the engine wrote is read back. What it wrote before that and never came is given up."""
        name = statement_hash(envelope.text)
        if not isinstance(envelope.statement.control.change, EFFECT_KINDS) or name not in self._expected:
            raise UnauthorisedControlError(
                TrustRefusal.UNKNOWN_EFFECT,
                "no decision of this engine brought it about, or it was read back before",
            )
        oldest = ""
        while oldest != name:
            oldest = next(iter(self._expected))
            del self._expected[oldest]

    def _check_predecessor(self, envelope: ControlEnvelope) -> None:
        head = self.heads.get(_chain(envelope))
        if envelope.statement.previous != head:
            raise UnauthorisedControlError(
                TrustRefusal.WRONG_PREDECESSOR,
                f"it follows {envelope.statement.previous}, the last one is {head}: an old, repeated or "
                "crossed control; sign it again",
            )

    def _advance(self, envelope: ControlEnvelope) -> None:
        self.heads[_chain(envelope)] = statement_hash(envelope.text)


def _chain(envelope: ControlEnvelope) -> str:
    return chain_of(envelope.statement.control.change, envelope.statement.author)
