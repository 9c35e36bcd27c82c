"""Changes of the keys that an engine trusts: each is the whole list again, one version further.

Invariant: a change is made from what is in force at the log's end, and names its version; of two that cross
only one can act.
"""

import time
from collections.abc import Callable, Iterable

import msgspec

from models.messages import Role, RootOfTrust, SecondSignature, TrustChange, TrustedKey
from models.trust import ControlEnvelope, UnauthorisedControlError, key_id, sealed
from streams.control_plane.controls import publish, publish_values
from streams.control_plane.log_trust import LogTrust
from streams.errors import Misconfigured
from streams.keys import PRODUCTION, Keyring, keyring_of
from streams.settings import Settings

KeyEdit = Callable[[TrustChange], TrustChange]


def in_force_keys(settings: Settings, engine: str) -> TrustChange | None:
    """The keys that an engine trusts at its log's end."""
    keyring = keyring_of(settings)
    return LogTrust(settings.kafka(), engine, keyring.root if keyring else None).at_end().keys


def change_keys(settings: Settings, engine: str, edit: KeyEdit, reason: str) -> int:
    """Publishes the keys that `edit` makes of those in force; the offset. Raises `Misconfigured`, and
    `SignatureMissing` where other holders of root keys must sign.
    """
    keyring = the_keyring(settings)
    now = in_force_keys(settings, engine)
    second = PRODUCTION if settings.profile == "production" else SecondSignature()
    change = edit(now or TrustChange(1, keyring.root, (), second))
    if now is not None:
        change = msgspec.structs.replace(change, version=now.version + 1)
    (offset,) = publish(settings.kafka("publisher"), engine, [change], "", reason, keyring)
    return offset


def the_keyring(settings: Settings) -> Keyring:
    """The keys of this host. Raises `Misconfigured` where it trusts no root."""
    keyring = keyring_of(settings)
    if keyring is None:
        raise Misconfigured(
            f"no root of trust in {settings.keys_folder}: `tollgate keys init` makes one, or set "
            "TOLLGATE_TRUST_ROOT"
        )
    return keyring


def with_keys(more: Iterable[TrustedKey]) -> KeyEdit:
    """Adds keys; one that is listed already gets the roles given."""
    added = {each.key: each for each in more}

    def edit(now: TrustChange) -> TrustChange:
        kept = [each for each in now.keys if each.key not in added]
        return msgspec.structs.replace(now, keys=(*kept, *added.values()))

    return edit


def without_key(name: str) -> KeyEdit:
    """Retires the key of this holder or id. Raises `Misconfigured` where there is none."""

    def edit(now: TrustChange) -> TrustChange:
        kept = tuple(each for each in now.keys if name not in (each.name, key_id(each.key)))
        if len(kept) == len(now.keys):
            known = ", ".join(each.name for each in now.keys)
            raise Misconfigured(f"{name!r} is neither holder nor id of a key in force; there are {known}")
        return msgspec.structs.replace(now, keys=kept)

    return edit


def with_root(root: RootOfTrust) -> KeyEdit:
    """Replaces the root keys; the installation keeps its name."""
    return lambda now: msgspec.structs.replace(
        now, root=msgspec.structs.replace(root, installation=now.root.installation)
    )


def with_second_signature(second: SecondSignature) -> KeyEdit:
    """Replaces what two people must sign."""
    return lambda now: msgspec.structs.replace(now, second_signature=second)


def publish_signed(settings: Settings, envelopes: list[ControlEnvelope]) -> tuple[str, list[int]]:
    """Puts controls that all have signed on the log of their engine: its name, and the offsets. Raises
    `Misconfigured` where the engine would refuse one: nothing is published then.
    """
    engines = {envelope.statement.engine for envelope in envelopes}
    if len(engines) != 1:
        raise Misconfigured(f"these controls are for several engines: {', '.join(sorted(engines))}")
    (engine,) = engines

    def values() -> list[bytes]:
        state = LogTrust(settings.kafka(), engine, the_keyring(settings).root).at_end()
        for envelope in envelopes:
            try:
                state.admit(envelope.statement.control, envelope, int(time.time() * 1000))
            except UnauthorisedControlError as error:
                raise Misconfigured(f"{error}; nothing was published") from error
        return [sealed(envelope.text, envelope.signatures) for envelope in envelopes]

    ids = [envelope.statement.control.id for envelope in envelopes]
    return engine, publish_values(settings.kafka("publisher"), engine, ids, values)


def roles_of(names: Iterable[str]) -> tuple[Role, ...]:
    """The roles of these names. Raises `Misconfigured`."""
    try:
        return tuple(dict.fromkeys(Role(name) for name in names))
    except ValueError as error:
        raise Misconfigured(f"{error}; there are {', '.join(Role)}") from error
