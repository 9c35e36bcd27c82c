"""The keys of a laptop: one root, one operator for everything, the engine's and the list agent's.

Made once, at the first start of a home. In production the root keys are made by several people, each on a
machine of their own, and this is not used (docs/trust.md).
"""

import getpass
import secrets
from pathlib import Path
from typing import Final

import msgspec

from models.messages import Role, RootKey, RootOfTrust, SecondSignature, TrustChange, TrustedKey
from storage import ProcessLock, write_atomically
from streams.keys.key_files import PRIVATE, make_private_folder, new_key, read_key
from streams.keys.keyring import ROOT_FILE, Keyring, keyring_of, read_root
from streams.settings import Settings

PEOPLE: Final = tuple(role for role in Role if role is not Role.ENGINE)
LOCAL_ROLES: Final = {"operator": PEOPLE, "engine": (Role.ENGINE,), "list-agent": (Role.LISTS,)}
PRODUCTION: Final = SecondSignature(allow_rules=True, models=True, policies=True, allow_entry_hours=24)


def ensure_local_keys(settings: Settings) -> Keyring | None:
    """The keys of this home, made where there are none. None in production without a root: nothing is made
    up there.
    """
    found = keyring_of(settings)
    if found is not None or settings.profile == "production":
        return found
    folder = settings.keys_folder
    make_private_folder(folder)
    with ProcessLock(folder / "making.lock", wait=True):
        path = folder / ROOT_FILE
        if not path.exists():
            root = _make(folder, settings)
            write_atomically(path, msgspec.json.encode(root) + b"\n", durable=True)
        return Keyring(folder, read_root(path))


def _make(folder: Path, settings: Settings) -> RootOfTrust:
    """The files of all keys; those that a start which was killed has made stay."""
    for name in ("root", *LOCAL_ROLES):
        if not (folder / f"{name}{PRIVATE}").exists():
            new_key(folder, name, _holder(name))
    root = RootKey(_holder("root"), read_key(folder / f"root{PRIVATE}").public)
    return RootOfTrust(f"{settings.home.parent.name or 'home'}-{secrets.token_hex(8)}"[-128:], (root,), 1)


def _holder(name: str) -> str:
    """Whose key it is: the operator is who is logged in here."""
    return f"{_login()} (root)" if name == "root" else _login() if name == "operator" else name


def _login() -> str:
    try:
        return getpass.getuser()[:100]
    except (KeyError, OSError):
        return "operator"


def first_keys(keyring: Keyring) -> TrustChange:
    """The first keys on the log of a laptop's engine: those that lie in its folder."""
    keys = tuple(
        TrustedKey(_holder(name), read_key(path).public, roles)
        for name, roles in LOCAL_ROLES.items()
        if (path := keyring.folder / f"{name}{PRIVATE}").exists()
    )
    return TrustChange(1, keyring.root, keys)
