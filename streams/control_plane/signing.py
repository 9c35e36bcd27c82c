"""Controls signed before they are published, with the keys of this host.

Invariants
- What is published here has passed the engine's own checks (`models.trust`) against the end of the log: one
  that the engine would refuse as not authorised never gets there.
- Nobody signs twice: what needs a second person goes into a file for that person, and not onto the log.
"""

import time
from collections.abc import Sequence
from typing import Final

import msgspec

from models.messages import Control, ControlStatement, KeySignature, TrustChange
from models.trust import (
    ControlEnvelope,
    SigningKey,
    TrustRefusal,
    TrustState,
    UnauthorisedControlError,
    chain_of,
    key_id,
    kind_of,
    role_of,
    sealed,
    signature_by,
    statement_hash,
    statement_text,
)
from models.units import DAY_MS
from streams.errors import Misconfigured
from streams.keys import Keyring, write_waiting

LIFETIME_MS: Final = 7 * DAY_MS
"""For how long a signed control may be put on the log."""


class SignatureMissing(Misconfigured):
    """Somebody else must sign as well; nothing was published. The message names the file."""

    exit_code = 3


class ControlSigner:
    """Signs controls one after another for one engine, from the state at its log's end."""

    def __init__(self, state: TrustState, keyring: Keyring) -> None:
        """`state` has a root of trust, and goes on with what is signed."""
        self._state, self._keyring = state, keyring
        self._incomplete = "it was asked to sign only" if keyring.sign_only else ""

    def values(self, controls: Sequence[Control]) -> list[bytes]:
        """The records of these controls. Raises `Misconfigured` where this host may not sign one,
        `SignatureMissing` where others must sign as well.
        """
        now = int(time.time() * 1000)
        envelopes = [self._signed(control, now) for control in controls]
        if self._incomplete:
            self._put_aside(envelopes)
        return [sealed(envelope.text, envelope.signatures) for envelope in envelopes]

    def value(self, control: Control) -> bytes:
        """The record of one control that this host alone may sign, its author kept. Raises `Misconfigured`;
        it is as if it had not been asked then.
        """
        now = int(time.time() * 1000)
        envelope = self._envelope(control, self._keys(control)[1], now)
        try:
            self._state.admit(control, envelope, now)
        except UnauthorisedControlError as error:
            raise Misconfigured(str(error)) from error
        return sealed(envelope.text, envelope.signatures)

    def _signed(self, control: Control, now: int) -> ControlEnvelope:
        name, keys = self._keys(control)
        envelope = self._envelope(msgspec.structs.replace(control, author=name), keys, now)
        self._check(envelope, now)
        return envelope

    def _envelope(self, control: Control, keys: Sequence[SigningKey], now: int) -> ControlEnvelope:
        statement = self._statement(control, key_id(keys[0].public), now)
        text = statement_text(statement)
        return ControlEnvelope(text, statement, tuple(signature_by(key, text) for key in keys))

    def _keys(self, control: Control) -> tuple[str, list[SigningKey]]:
        """The holder and the keys that sign; all root keys of this host for a change of keys."""
        change, now = control.change, self._state.keys
        if isinstance(change, TrustChange):
            roots = (change.root, now.root) if now else (change.root,)
            keys = self._keyring.roots(roots)
            holders = {each.key: each.name for root in roots for each in root.keys}
            if not keys:
                raise Misconfigured(
                    f"a change of keys is signed by {', '.join(holders.values())}: none of their keys is in "
                    f"{self._keyring.folder}"
                )
            return holders[keys[0].public], keys
        role = role_of(change)
        if now is None or role is None:
            raise Misconfigured(
                f"no keys are in force on {self._state.engine} yet: `tollgate seed` publishes the first"
            )
        found = self._keyring.for_role(now, role)
        if found is None:
            raise Misconfigured(
                f"no key in {self._keyring.folder} may sign a change of kind {kind_of(change)} on "
                f"{self._state.engine}: it takes the role {role}. `tollgate keys list` shows who has it"
            )
        return found[0], [found[1]]

    def _statement(self, control: Control, author: str, now: int) -> ControlStatement:
        change, keys = control.change, self._state.keys
        root = change.root if keys is None and isinstance(change, TrustChange) else keys.root  # type: ignore[union-attr]
        previous = self._state.heads.get(chain_of(change, author))
        place, kind = (root.installation, self._state.engine), kind_of(change)
        return ControlStatement(*place, kind, author, previous, now + LIFETIME_MS, control)

    def _check(self, envelope: ControlEnvelope, now: int) -> None:
        """As the engine will; what only lacks signatures counts as signed for what follows it."""
        statement = envelope.statement
        try:
            self._state.admit(statement.control, envelope, now)
        except UnauthorisedControlError as error:
            if error.refusal is not TrustRefusal.TOO_FEW_SIGNATURES:
                raise Misconfigured(f"{error}; nothing was published") from error
            self._incomplete = str(error)
            chain = chain_of(statement.control.change, statement.author)
            self._state.heads[chain] = statement_hash(envelope.text)

    def _put_aside(self, envelopes: Sequence[ControlEnvelope]) -> None:
        path = self._keyring.waiting / f"{statement_hash(envelopes[-1].text)[:12]}.jsonl"
        write_waiting(path, envelopes)
        raise SignatureMissing(
            f"nothing was published yet: {self._incomplete}. What you signed is in {path}: another person "
            f"runs `tollgate keys sign {path.name}` where their key is; then `tollgate keys publish` it"
        )


def with_signature(envelope: ControlEnvelope, key: SigningKey) -> ControlEnvelope:
    """The envelope with one signature more; the same where this key has signed."""
    if key_id(key.public) in {each.key for each in envelope.signatures}:
        return envelope
    signatures: tuple[KeySignature, ...] = (*envelope.signatures, signature_by(key, envelope.text))
    return ControlEnvelope(envelope.text, envelope.statement, signatures)
