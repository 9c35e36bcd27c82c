"""The keys that this host can sign with."""

import secrets
import socket
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from models.messages import Change, ListChange, Role, RootOfTrust, TrustChange
from models.trust import ControlEnvelope, SigningKey, key_id
from storage import write_atomically
from streams.errors import Misconfigured
from streams.keys.key_files import PRIVATE, make_private_folder, read_key, read_public
from streams.keys.waiting_file import WAITING
from streams.settings import Settings

ROOT_FILE: Final = "root.json"
ENGINE_FILE: Final = f"engine{PRIVATE}"
AGENT_FILE: Final = f"list-agent{PRIVATE}"
PROCESS_FILES: Final = {ENGINE_FILE, AGENT_FILE}
OPERATOR_FILE: Final = f"operator{PRIVATE}"


@dataclass(frozen=True)
class Keyring:
    """A folder of keys, and the root of trust that goes with it. Keys are read when they are asked for."""

    folder: Path
    root: RootOfTrust
    sign_with: str = ""
    """Name of the one key file to sign with; empty: the operator's, else the first with the role."""
    sign_only: bool = False
    """Whether what is signed goes into a file, and not onto the log."""

    @property
    def engine_key(self) -> SigningKey | None:
        """What the engine of this host signs with."""
        path = self.folder / ENGINE_FILE
        return read_key(path) if path.exists() else None

    def of_agent(self) -> "Keyring":
        """The same for the list agent: with a key of its own where there is one, at once or not at all."""
        own = AGENT_FILE if (self.folder / AGENT_FILE).exists() else self.sign_with
        return replace(self, sign_with=own, sign_only=False)

    @property
    def is_complete(self) -> bool:
        """Whether this host alone has enough root keys, and the engine's key, as a laptop has."""
        return len(self.roots([self.root])) >= self.root.threshold and self.engine_key is not None

    @property
    def waiting(self) -> Path:
        """Where controls wait for a further signature."""
        return self.folder / WAITING

    def for_role(self, keys: TrustChange, role: Role) -> tuple[str, SigningKey] | None:
        """Holder and key with which this host signs for a role. None: it has none.

        The operator's comes first, so that a further key changes nobody's signature; the keys of agents and
        engines come last: they are for processes.
        """
        trusted = {each.key: each for each in keys.keys if role in each.roles}
        for key in self._keys(self.sign_with):
            if key.public in trusted:
                return trusted[key.public].name, key
        return None

    def roots(self, roots: Iterable[RootOfTrust]) -> list[SigningKey]:
        """The root keys of this host that are among these roots."""
        publics = {each.key for root in roots for each in root.keys}
        return [key for key in self._keys() if key.public in publics]

    def _keys(self, only: str = "") -> Iterator[SigningKey]:
        def place(path: Path) -> tuple[bool, bool, Path]:
            return path.name in PROCESS_FILES, path.name != OPERATOR_FILE, path

        for path in sorted(self.folder.glob(f"*{PRIVATE}"), key=place):
            if only in ("", path.stem, path.name):
                yield read_key(path)


def keyring_of(settings: Settings) -> Keyring | None:
    """The keys by these settings; None where this host trusts no root, and controls are not signed."""
    folder = settings.keys_folder
    path = Path(settings.trust_root) if settings.trust_root else folder / ROOT_FILE
    if not settings.trust_root and not path.exists():
        return None
    return Keyring(folder, read_root(path), settings.sign_with, settings.sign_only)


def read_root(path: Path) -> RootOfTrust:
    """The root of trust in a file. Raises `Misconfigured`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=RootOfTrust)
    except OSError as error:
        raise Misconfigured(f"TOLLGATE_TRUST_ROOT={path}: {error.strerror}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} is not what `tollgate keys init` writes: {error}") from error


def root_of_files(files: Sequence[Path], threshold: int, installation: str) -> RootOfTrust:
    """A root of the public keys in these files. Raises `Misconfigured`."""
    root = RootOfTrust(installation, tuple(read_public(path) for path in files), threshold)
    try:
        return msgspec.convert(msgspec.to_builtins(root), RootOfTrust)
    except msgspec.ValidationError as error:
        raise Misconfigured(f"the root of trust: {error}") from error


def write_root(folder: Path, files: Sequence[Path], threshold: int, installation: str | None) -> RootOfTrust:
    """Writes `root.json`. Raises `Misconfigured` where there is one."""
    path = folder / ROOT_FILE
    if path.exists():
        raise Misconfigured(f"{path} is there already: `tollgate keys rotate-root` changes root keys")
    if threshold > len(files):
        raise Misconfigured(f"{threshold} of {len(files)} root keys cannot sign")
    name = installation or f"{socket.gethostname()[:64]}-{secrets.token_hex(8)}"
    root = root_of_files(files, threshold, name)
    make_private_folder(folder)
    write_atomically(path, msgspec.json.encode(root) + b"\n", durable=True)
    return root


def key_to_sign_with(
    folder: Path, name: str, envelopes: Sequence[ControlEnvelope], root: RootOfTrust | None = None
) -> SigningKey:
    """The key in `folder` for a further signature: the one named, else the only one that could sign and has
    not. `root`: what this host trusts first. Raises `Misconfigured`.
    """
    if name:
        return read_key(folder / f"{name.removesuffix(PRIVATE)}{PRIVATE}")
    signed = {each.key for envelope in envelopes for each in envelope.signatures}
    keys = _that_could_sign(folder, [each.statement.control.change for each in envelopes], root)
    free = {stem: key for stem, key in keys.items() if key_id(key.public) not in signed}
    if not free:
        raise Misconfigured(
            f"no key in {folder} could sign that has not signed yet: another person must, where their key is"
        )
    if len(free) > 1:
        raise Misconfigured(
            f"{len(free)} keys in {folder} could sign: give --key, one of {', '.join(free)}; `tollgate keys "
            "list` shows who has which role"
        )
    return next(iter(free.values()))


def _that_could_sign(
    folder: Path, changes: Sequence[Change], root: RootOfTrust | None
) -> dict[str, SigningKey]:
    """Roles are on the log, which is not asked here. But root keys sign changes of keys and nothing else,
    and the keys of processes sign for nobody: an engine's nothing, a list agent's list entries only.
    """
    processes = {ENGINE_FILE} if all(isinstance(each, ListChange) for each in changes) else PROCESS_FILES
    paths = [path for path in sorted(folder.glob(f"*{PRIVATE}")) if path.name not in processes]
    keys = {path.stem: read_key(path) for path in paths}
    roots = [each.root for each in changes if isinstance(each, TrustChange)]
    publics = {each.key for known in (*roots, *([root] if root else [])) for each in known.keys}
    if roots:
        return {stem: key for stem, key in keys.items() if key.public in publics} or keys
    return {stem: key for stem, key in keys.items() if key.public not in publics}
