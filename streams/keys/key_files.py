"""One key pair on disk: `NAME.key` (PKCS #8 in PEM, mode 0600) and `NAME.pub` (JSON, for others to see)."""

import secrets
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from models.messages import RootKey
from models.trust import SigningKey
from storage import sync_folder, write_new_private
from streams.errors import Misconfigured

PRIVATE, PUBLIC = ".key", ".pub"
SEED_BYTES: Final = 32


def new_key(folder: Path, file_name: str, holder: str) -> RootKey:
    """Makes a key pair; its public half. Raises `Misconfigured` where there is one of that name."""
    make_private_folder(folder)
    seed = secrets.token_bytes(SEED_BYTES)
    pem = Ed25519PrivateKey.from_private_bytes(seed).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    public = RootKey(holder, SigningKey(seed).public)
    _write_once(folder / f"{file_name}{PRIVATE}", pem)
    _write_once(folder / f"{file_name}{PUBLIC}", msgspec.json.encode(public) + b"\n")
    sync_folder(folder)
    return public


def make_private_folder(folder: Path) -> None:
    """The folder, for its owner only."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)


def _write_once(path: Path, content: bytes) -> None:
    try:
        write_new_private(path, content)
    except FileExistsError:
        raise Misconfigured(f"{path} is there already: keys are never overwritten") from None


def read_key(path: Path) -> SigningKey:
    """The private key in a file. Raises `Misconfigured`, without anything of its content."""
    try:
        if path.stat().st_mode & 0o077:
            raise Misconfigured(f"{path} can be read by others: `chmod 600 {path}`, and think of a new key")
        private = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}") from None
    except (ValueError, TypeError):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise Misconfigured(f"{path} does not hold an Ed25519 key in PEM: `tollgate keys new` makes one")
    return SigningKey(private.private_bytes_raw())


def read_public(path: Path) -> RootKey:
    """Name and public key in a `.pub` file. Raises `Misconfigured`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=RootKey)
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} is not what `tollgate keys new` writes: {error}") from error
