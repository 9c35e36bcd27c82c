"""The checks of one signed control that do not depend on the controls before it, each a function of its own.

All raise `UnauthorisedControlError`. `Verification` is how a signature is checked.
"""

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from models.messages import ControlStatement, Role, RootKey, RootOfTrust, TrustChange, TrustedKey
from models.trust.chains import kind_of
from models.trust.keys import fault_of, key_id
from models.trust.refusals import TrustRefusal, UnauthorisedControlError
from models.trust.statements import ControlEnvelope
from models.units import DAY_MS

LIFETIME_MAX_MS: Final = 90 * DAY_MS
"""A statement may be signed for this long ahead, at most."""

Verification = Callable[[str, str, bytes], bool]
"""(public key, signature, text) -> whether the signature is right."""
AnyKey = TypeVar("AnyKey", bound=RootKey | TrustedKey)
Signers = tuple[str, ...]
"""Ids of the keys that signed, the author's first."""


def check_place(statement: ControlStatement, installation: str, engine: str) -> None:
    """It was signed for this engine of this installation, and for the change that it carries."""
    if (statement.installation, statement.engine) != (installation, engine):
        raise UnauthorisedControlError(
            TrustRefusal.WRONG_INSTALLATION,
            f"signed for engine {statement.engine} of {statement.installation}, this is {engine} of "
            f"{installation}",
        )
    kind = kind_of(statement.control.change)
    if statement.kind != kind:
        raise UnauthorisedControlError(
            TrustRefusal.WRONG_KIND, f"signed as {statement.kind}, its change is of kind {kind}"
        )


def check_time(expires_at: int | None, appended_at: int) -> None:
    """It came onto the log in time."""
    if expires_at is None or not appended_at <= expires_at <= appended_at + LIFETIME_MAX_MS:
        raise UnauthorisedControlError(
            TrustRefusal.EXPIRED,
            f"it came at {appended_at} and was to be there by {expires_at}, which may be "
            f"{LIFETIME_MAX_MS // DAY_MS} days ahead at most: sign it again",
        )


def role_signers(
    keys: TrustChange, envelope: ControlEnvelope, role: Role | None, verification: Verification
) -> Signers:
    """Who signed. Every signature must be right and by a trusted key with the role; a key counts once."""
    trusted = keys_by_id(keys.keys)
    for signature in envelope.signatures:
        key = trusted.get(signature.key)
        if key is None:
            raise UnauthorisedControlError(
                TrustRefusal.UNKNOWN_KEY, f"key {signature.key} is not trusted: see `tollgate keys list`"
            )
        if role not in key.roles:
            raise UnauthorisedControlError(
                TrustRefusal.WRONG_ROLE, f"{key.name} has no key with the role {role}"
            )
        if not verification(key.key, signature.signature, envelope.text):
            raise UnauthorisedControlError(
                TrustRefusal.BAD_SIGNATURE, f"this is not the text that {key.name} signed"
            )
    return tuple(dict.fromkeys(signature.key for signature in envelope.signatures))


def check_first_signer(statement: ControlStatement, signers: Signers) -> None:
    """The author has signed first."""
    if signers[0] != statement.author:
        raise UnauthorisedControlError(
            TrustRefusal.BAD_SIGNATURE, f"its author {statement.author} must be the first who signs"
        )


def check_keys(now: TrustChange | None, change: TrustChange) -> None:
    """These keys make sense in themselves, and follow those in force."""
    fault = fault_of(change)
    if fault is not None:
        raise UnauthorisedControlError(TrustRefusal.INVALID_KEYS, fault)
    version = now.version if now else 0
    if change.version != version + 1:
        raise UnauthorisedControlError(
            TrustRefusal.WRONG_VERSION, f"version {change.version} of the keys cannot follow {version}"
        )
    if now is not None and change.root.installation != now.root.installation:
        raise UnauthorisedControlError(
            TrustRefusal.WRONG_ROOT, f"an installation keeps its name, this one is {now.root.installation}"
        )


def root_signers(root: RootOfTrust, envelope: ControlEnvelope, verification: Verification) -> Signers:
    """The keys of this root that signed; at least its threshold. Other signatures do not count here."""
    keys = keys_by_id(root.keys)
    signers = tuple(
        dict.fromkeys(
            signature.key
            for signature in envelope.signatures
            if signature.key in keys
            and verification(keys[signature.key].key, signature.signature, envelope.text)
        )
    )
    if len(signers) < root.threshold:
        raise UnauthorisedControlError(
            TrustRefusal.TOO_FEW_SIGNATURES,
            f"{root.threshold} of the root keys {', '.join(each.name for each in root.keys)} must sign a "
            f"change of keys, {len(signers)} did",
        )
    return signers


def keys_by_id(keys: Iterable[AnyKey]) -> dict[str, AnyKey]:
    """The keys by their ids."""
    return {key_id(each.key): each for each in keys}
