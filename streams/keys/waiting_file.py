"""Controls that wait for a further signature: one signed control a line, as it will be on the log."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from models.messages import SignedControl
from models.trust import ControlEnvelope, read_envelope, sealed
from storage import write_atomically
from streams.errors import Misconfigured

WAITING: Final = "waiting"
"""The folder of such files, among the keys."""
SUFFIX: Final = ".jsonl"
_decode = msgspec.json.Decoder(SignedControl).decode


def write_waiting(path: Path, envelopes: Sequence[ControlEnvelope]) -> None:
    """Puts signed controls into a file for the next person to sign."""
    lines = [sealed(envelope.text, envelope.signatures) + b"\n" for envelope in envelopes]
    write_atomically(path, b"".join(lines), durable=True)


def find_waiting(folder: Path, name: Path) -> Path:
    """The file of this name: as it is, else in the folder where controls wait, with or without its ending.
    Raises `Misconfigured`.
    """
    for path in (name, folder / name, folder / f"{name}{SUFFIX}"):
        if path.is_file():
            return path
    waiting = ", ".join(path.name for path in sorted(folder.glob(f"*{SUFFIX}")))
    raise Misconfigured(f"there is no file {name}, nor in {folder}; there wait: {waiting or 'none'}")


def read_waiting(path: Path) -> list[ControlEnvelope]:
    """The controls in a file, in their order. Raises `Misconfigured`."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}") from None
    envelopes = []
    for number, line in enumerate(lines, 1):
        try:
            envelopes.append(read_envelope(_decode(line)))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Misconfigured(f"{path}, line {number}: no signed control: {error}") from error
    if not envelopes:
        raise Misconfigured(f"{path} holds no signed control")
    return envelopes
