"""An installation with people and their keys, and what they sign."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from models.messages import (
    Change,
    Control,
    ControlStatement,
    KeySignature,
    Role,
    RootKey,
    RootOfTrust,
    SecondSignature,
    SignedControl,
    TrustChange,
    TrustedKey,
)
from models.trust import (
    ControlEnvelope,
    SigningKey,
    TrustState,
    chain_of,
    key_id,
    kind_of,
    read_envelope,
    root_fingerprint,
    sealed,
    signature_by,
    statement_text,
)

NOW = 1_780_000_000_000
DAY = 86_400_000
ENGINE = "live"

PEOPLE: dict[str, tuple[Role, ...]] = {
    "ana": (Role.RULES, Role.POLICY, Role.MODELS, Role.LISTS),
    "ben": (Role.RULES, Role.POLICY, Role.MODELS, Role.LISTS),
    "lea": (Role.LISTS,),
    "tom": (Role.TABLES, Role.TRA, Role.OPERATIONS),
    "engine": (Role.ENGINE,),
}


def key_of(name: str) -> SigningKey:
    """The key of this name; always the same."""
    return SigningKey(hashlib.sha256(name.encode()).digest())


def root_of(names: Sequence[str], threshold: int, installation: str = "shop-1") -> RootOfTrust:
    """A root of these people's keys."""
    keys = tuple(RootKey(name, key_of(name).public) for name in names)
    return RootOfTrust(installation, keys, threshold)


ROOT = root_of(("root-1", "root-2", "root-3"), 2)


def keys_change(version: int = 1, root: RootOfTrust = ROOT, **changes: Any) -> TrustChange:
    """The keys of all people."""
    keys = tuple(TrustedKey(name, key_of(name).public, roles) for name, roles in PEOPLE.items())
    return msgspec.structs.replace(TrustChange(version, root, keys), **changes)


def control_of(change: Change, id: str = "c", issued_at: int = NOW) -> Control:
    """A control with this change."""
    return Control(id, issued_at, "typed", change, "because")


def signed(text: bytes, *names: str) -> ControlEnvelope:
    """A text in its envelope, signed by these; through the bytes that are on the log."""
    value = sealed(text, [signature_by(key_of(name), text) for name in names])
    return read_envelope(msgspec.json.decode(value, type=SignedControl))


def forged(text: bytes, name: str, of_text: bytes) -> ControlEnvelope:
    """A text with a signature of another text."""
    genuine = signature_by(key_of(name), of_text)
    value = sealed(text, [KeySignature(genuine.key, genuine.signature)])
    return read_envelope(msgspec.json.decode(value, type=SignedControl))


@dataclass
class Scene:
    """A state, and people who sign for it."""

    state: TrustState
    log: list[ControlEnvelope] = field(default_factory=list)
    """What was accepted."""

    @classmethod
    def begun(cls, second: SecondSignature | None = None) -> "Scene":
        """The keys of all people are in force."""
        state = TrustState(ENGINE)
        state.pin(root_fingerprint(ROOT), 0)
        scene = cls(state)
        keys = keys_change(second_signature=second or SecondSignature())
        scene.admit(scene.statement(keys, "root-1"), "root-1", "root-2")
        return scene

    def statement(self, change: Change, author: str, **changes: Any) -> ControlStatement:
        """What this person would sign now."""
        id = key_id(key_of(author).public)
        previous = self.state.heads.get(chain_of(change, id))
        statement = ControlStatement(
            "shop-1", ENGINE, kind_of(change), id, previous, NOW + DAY, control_of(change)
        )
        return msgspec.structs.replace(statement, **changes)

    def admit(self, statement: ControlStatement, *names: str, at_ms: int = NOW) -> tuple[str, ...]:
        """It comes onto the log, signed by these; the names of who signed."""
        return self.take(signed(statement_text(statement), *names), at_ms)

    def take(self, envelope: ControlEnvelope, at_ms: int = NOW) -> tuple[str, ...]:
        """An envelope comes onto the log."""
        signers = self.state.admit(envelope.statement.control, envelope, at_ms)
        self.log.append(envelope)
        return self.state.names(signers)
