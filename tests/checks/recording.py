"""A recorded log as files: all that an engine read and wrote, and the states it stopped in.

    recording.json     who recorded it, where it ends, the states at its stops
    <role>.xz          the records of one topic: `payments`, `labels`, ..., `decisions`, `journal`, ...
    parts.xz           the records of the topic of artefacts; there is none in recordings from before it
    artefacts.xz       models and tables by the SHA-256 that controls name them by
    snapshot.xz        the snapshot of one stop in the middle

The `.xz` files are MessagePack, xz-compressed: a map of columns for a topic (`offsets`, `times` (append, ms),
`keys`, `values`, `headers`), a map from hash to bytes for artefacts, one byte string for the snapshot. Values
are the bytes as they were on the log. Nothing of Tollgate is needed to read it, so that any version can.
"""

import hashlib
import lzma
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

INPUTS = ("artefacts", "controls", "labels", "outcomes", "payments")
OUTPUTS = ("decisions", "features", "dead-letters", "journal")
FORMAT = 1

Headers = tuple[tuple[str, bytes], ...]


class Record(NamedTuple):
    """One record of a topic; `time` is the append time (ms)."""

    offset: int
    time: int
    key: bytes | None
    value: bytes
    headers: Headers


class Stop(msgspec.Struct, frozen=True):
    """The state behind batch `number`, where the engine was stopped cleanly."""

    number: int
    logical_hash: str
    snapshot_sha256: str | None
    """Of the whole snapshot file, its header and every array; None where the engine had crashed before: a
    state recovered in groups is laid out in another way."""


class Manifest(msgspec.Struct, frozen=True):
    """What is not a record."""

    format: int
    snapshot_format: int
    tollgate: str
    """Version and commit that recorded it."""
    recorded_at: str
    libraries: dict[str, str]
    engine: str
    cluster: str
    topics: dict[str, str]
    """Topic ids by name: snapshots say them."""
    catalogue: str
    cpu: str
    scorer: str
    """The kind of kernel that scored last."""
    stops: tuple[Stop, ...]
    """In order; the last one is the end of the journal."""
    state_hash: str
    decision_hash: str
    snapshot: int
    """The batch behind which `snapshot.xz` was taken."""
    columns: tuple[str, ...] = ()
    """Names of the catalogue's attributes and features, in the order of the vector."""


class _Columns(msgspec.Struct):
    offsets: list[int]
    times: list[int]
    keys: list[bytes | None]
    values: list[bytes]
    headers: list[Headers]


@dataclass
class Recording:
    """All of it in memory; `topics` by role, `snapshot` as the bytes of its file."""

    manifest: Manifest
    topics: dict[str, list[Record]] = field(repr=False)
    artefacts: dict[str, bytes] = field(repr=False)
    snapshot: bytes = field(repr=False)

    @classmethod
    def read(cls, folder: Path) -> "Recording":
        """Raises `ValueError` for another format, and for an artefact that is not what its name says."""
        manifest = msgspec.json.decode((folder / "recording.json").read_bytes(), type=Manifest)
        if manifest.format != FORMAT:
            raise ValueError(f"{folder} has format {manifest.format}, this reads {FORMAT}")
        artefacts = _unpacked(folder / "artefacts.xz", dict[str, bytes])
        for sha256, content in artefacts.items():
            if hashlib.sha256(content).hexdigest() != sha256:
                raise ValueError(f"{folder}: artefact {sha256} does not hold what its name says")
        return cls(
            manifest,
            {role: _topic(folder, role) for role in (*INPUTS, *OUTPUTS)},
            artefacts,
            _unpacked(folder / "snapshot.xz", bytes),
        )

    def write(self, folder: Path) -> None:
        """Writes every file; those of another recording are replaced."""
        folder.mkdir(parents=True, exist_ok=True)
        for role, records in self.topics.items():
            columns = zip(*records, strict=True) if records else ((),) * 5
            _pack(_file(folder, role), _Columns(*(list(column) for column in columns)))
        _pack(folder / "artefacts.xz", self.artefacts)
        _pack(folder / "snapshot.xz", self.snapshot)
        text = msgspec.json.format(msgspec.json.encode(self.manifest), indent=2)
        (folder / "recording.json").write_bytes(text + b"\n")


def _records(columns: _Columns) -> list[Record]:
    return [
        Record(*row)
        for row in zip(
            columns.offsets, columns.times, columns.keys, columns.values, columns.headers, strict=True
        )
    ]


def _file(folder: Path, role: str) -> Path:
    return folder / ("parts.xz" if role == "artefacts" else f"{role}.xz")


def _topic(folder: Path, role: str) -> list[Record]:
    file = _file(folder, role)
    if role == "artefacts" and not file.exists():
        return []
    return _records(_unpacked(file, _Columns))


def _unpacked(path: Path, type: Any) -> Any:
    return msgspec.msgpack.decode(lzma.decompress(path.read_bytes()), type=type)


def _pack(path: Path, content: Any) -> None:
    path.write_bytes(lzma.compress(msgspec.msgpack.encode(content), preset=9 | lzma.PRESET_EXTREME))
