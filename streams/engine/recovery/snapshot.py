"""Snapshots: all logical state of an engine at a journal position, in one file.

Invariants
- A file under its final name is complete: it is written under another name, synced and renamed
  (`storage`).
- A snapshot is used only where it fits: same engine, cluster, topics and format, its checksum right, and not
  ahead of the journal. Any other is passed over with the reason, and the one before is used.
- At least `KEPT` snapshots stay, so one bad file costs time and not the state. The one that was taken over
  from another catalogue stays as well: the verification of what came after begins with it.

Layout: 8 bytes magic, 8 bytes length of the header (little-endian), the header (JSON), zeros up to a multiple
of 64, then the arrays one after another, each at a multiple of 64 bytes.
"""

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import xxhash

from models.trust import TrustRecord
from storage import StagedFile, remove_partials, sync_folder
from streams.engine.decision import ControlsInEffect
from streams.engine.result import RuleText
from streams.errors import Damaged

log = logging.getLogger(__name__)

MAGIC = b"TOLLGSN1"
FORMAT = 3
"""2: decisions keep sets of hits, authentication and reasons; counters of cards and soft declines. 3: the
meter of the fraud rate. An older one is passed over: the journal is applied again."""
KEPT = 3
UNSIGNED = b'"checksum":""}'
SUFFIX = ".snapshot"
TAKEN_OVER = ".taken-over"
GIVEN_UP = ".given-up"
ALIGNED = 64
SCALAR = re.compile(r"[<|][biuf][1248]")


class ArrayPlace(msgspec.Struct, frozen=True):
    """Where an array is in the file; `dtype` is numpy's descriptor."""

    name: str
    dtype: Any
    shape: list[int]
    start: int
    nbytes: int


class OriginRecord(msgspec.Struct, frozen=True):
    """What decisions made in one context name (see `streams.engine.result.DecisionOrigin`)."""

    catalogue: str
    model: str | None
    ruleset: str | None
    policy: str | None
    missing: int
    rules: int
    """Position in `SnapshotHeader.rulesets`."""
    challenger: str | None = None


class _Formatted(msgspec.Struct, frozen=True):
    """What a header of any format has: another one is refused by its number, not by its first misfit."""

    format: int


class SnapshotHeader(msgspec.Struct, frozen=True):
    """All of a snapshot that is not an array."""

    format: int
    engine: str
    cluster: str
    topics: dict[str, str]
    catalogue: str
    number: int
    journal_offset: int
    positions: dict[str, int]
    decision_hash: str
    vector_chain: str
    logical_hash: str
    horizon_ms: int
    keys_max: int
    in_effect: ControlsInEffect
    origins: list[OriginRecord]
    rulesets: list[list[RuleText]]
    trust: TrustRecord | msgspec.UnsetType = msgspec.UNSET
    arrays: list[ArrayPlace] = []
    checksum: str = ""


def _places(arrays: dict[str, np.ndarray]) -> list[ArrayPlace]:
    places, start = [], 0
    for name, array in arrays.items():
        dtype = array.dtype.descr if array.dtype.names else array.dtype.str
        places.append(ArrayPlace(name, dtype, list(array.shape), start, array.nbytes))
        start += -(-array.nbytes // ALIGNED) * ALIGNED
    return places


def _signed(checksum: str) -> bytes:
    """How a header ends: its last field is its checksum."""
    return UNSIGNED.replace(b'""', msgspec.json.encode(checksum))


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % ALIGNED)


def _checksum(text: bytes, arrays: dict[str, np.ndarray]) -> str:
    """Over the header as it is written, its checksum left empty, and the arrays. Never over a header encoded
    again: a later version may have more fields, and must not call this one torn."""
    digest = xxhash.xxh3_128(text)
    for array in arrays.values():
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def write(folder: Path, header: SnapshotHeader, arrays: dict[str, np.ndarray]) -> Path:
    """Writes one snapshot and removes those older than the newest `KEPT`. Returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    header = msgspec.structs.replace(header, arrays=_places(arrays), checksum="")
    text = msgspec.json.encode(header)
    text = text.removesuffix(UNSIGNED) + _signed(_checksum(text, arrays))
    path = folder / f"{header.number:016d}.snapshot"
    with StagedFile(path, durable=True) as staged, staged.partial.open("wb") as file:
        file.write(_padded(MAGIC + len(text).to_bytes(8, "little") + text))
        for array in arrays.values():
            array.tofile(file)
            file.write(b"\0" * (-array.nbytes % ALIGNED))
    _remove_old(folder)
    return path


def keep_taken_over(path: Path) -> None:
    """Keeps this snapshot beyond its turn, and removes the one kept so before."""
    kept = path.with_suffix(TAKEN_OVER)
    if path != kept and not kept.exists():
        os.link(path, kept)
        sync_folder(path.parent)
    for other in path.parent.glob(f"*{TAKEN_OVER}"):
        if other.name < kept.name:
            other.unlink(missing_ok=True)


def set_aside(folder: Path) -> None:
    """Takes the snapshots out of use, where the state they hold was given up; the files stay."""
    for path in [*folder.glob(f"*{SUFFIX}"), *folder.glob(f"*{TAKEN_OVER}")]:
        path.rename(path.with_name(f"{path.name}{GIVEN_UP}"))


def _remove_old(folder: Path) -> None:
    for path in sorted(folder.glob("*.snapshot"))[:-KEPT]:
        path.unlink(missing_ok=True)
    remove_partials(folder)


def read(path: Path) -> tuple[SnapshotHeader, dict[str, np.ndarray]]:
    """The snapshot in `path`. Raises `Damaged` when it is torn, foreign or of a later format."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(16)
        length = int.from_bytes(start[8:16], "little")
        if len(start) < 16 or start[:8] != MAGIC or length > size:
            raise Damaged(f"{path} is not a snapshot of this kind")
        try:
            text = file.read(length)
            format = msgspec.json.decode(text, type=_Formatted).format
            if format != FORMAT:
                raise Damaged(f"{path} has format {format}, this version reads {FORMAT}")
            header = msgspec.json.decode(text, type=SnapshotHeader)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Damaged(f"{path}: its header cannot be read: {error}") from error
        try:
            arrays = _arrays(path, file, -(-(16 + length) // ALIGNED) * ALIGNED, size, header)
        except (ValueError, TypeError, ArithmeticError, OSError, MemoryError) as error:
            raise Damaged(f"{path}: its array table is invalid: {error}") from error
    unsigned = text.removesuffix(_signed(header.checksum)) + UNSIGNED
    if _checksum(unsigned, arrays) != header.checksum:
        raise Damaged(f"{path} is torn: its checksum is wrong")
    return header, arrays


def _arrays(path: Path, file: Any, base: int, size: int, header: SnapshotHeader) -> dict[str, np.ndarray]:
    arrays = {}
    for place in header.arrays:
        if base + place.start + place.nbytes > size:
            raise Damaged(f"{path} is torn: it ends within array {place.name!r}")
        dtype = _dtype(place.dtype)
        file.seek(base + place.start)
        count = place.nbytes // dtype.itemsize
        arrays[place.name] = np.fromfile(file, dtype, count).reshape(place.shape)
    return arrays


def _dtype(described: Any) -> np.dtype[Any]:
    """The type that the header gives an array. Numpy parses more than we write and fails in many ways: only
    what we write is passed on."""
    if isinstance(described, list):
        return np.dtype([(str(name), _dtype(kind)) for name, kind in described])
    if not isinstance(described, str) or not SCALAR.fullmatch(described):
        raise ValueError(f"{described!r} is not a type of numbers")
    return np.dtype(described)


def written_at(folder: Path, number: int) -> float | None:
    """When the snapshot behind batch `number` was written (s since 1970); None where there is none."""
    try:
        return (folder / f"{number:016d}{SUFFIX}").stat().st_mtime
    except OSError:
        return None


def newest_first(folder: Path) -> Iterator[Path]:
    """The snapshots of a folder, newest journal position first."""
    yield from sorted(folder.glob("*.snapshot"), reverse=True)
