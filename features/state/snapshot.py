"""The arrays of a state's snapshot: which there are, whether they fit together, and how they are read.

`FeatureState.arrays` writes them, `FeatureState.from_arrays` reads them.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from features.errors import SnapshotRefusedError
from features.kernel import LOGS_LIVE, SCALARS, UNIT_WORDS, UNITS_TOP, LogStore
from features.state.log_matching import SnapshotContents
from models.arrays import Int64s

VERSION = 2
"""Version of the arrays of a snapshot."""

ARRAYS = ("version", "catalogue", "contents", "plan", "full_at", "scalars", "free_blocks", "arena", "places")

Arrays = Mapping[str, npt.NDArray[Any]]


def check(arrays: Arrays) -> None:
    """Raises `SnapshotRefusedError` where arrays are missing, of another version or of impossible sizes."""
    version = int(arrays["version"][0]) if "version" in arrays and len(arrays["version"]) else None
    if version is not None and version != VERSION:
        raise SnapshotRefusedError(
            f"snapshot is of version {version}, this program reads {VERSION}; replay the journal"
        )
    missing = set(ARRAYS) - set(arrays)
    if missing:
        raise SnapshotRefusedError(f"snapshot lacks {', '.join(sorted(missing))}; use an older snapshot")
    for name in ("scalars", "arena", "places", "plan", "full_at", "free_blocks"):
        if arrays[name].dtype != np.int64:
            raise SnapshotRefusedError(
                f"snapshot array `{name}` holds {arrays[name].dtype}, not int64: it is torn; use an "
                "older snapshot"
            )
    scalars = arrays["scalars"]
    units = int(scalars[UNITS_TOP]) if scalars.size == SCALARS else -1
    logs = int(scalars[LOGS_LIVE]) if scalars.size == SCALARS else -1
    sizes = {"scalars": SCALARS, "arena": units * UNIT_WORDS, "places": logs}
    for name, size in sizes.items():
        if arrays[name].size != size:
            raise SnapshotRefusedError(
                f"snapshot array `{name}` has {arrays[name].size:,} numbers, not {size:,}: it is torn; use "
                "an older snapshot"
            )


def check_layout(arrays: Arrays, plan: Int64s, free_blocks: Int64s, full_at: Int64s) -> None:
    """Kernels do not check bounds: the snapshot's tables must be those of the program before any runs."""
    same = arrays["free_blocks"].size == free_blocks.size and arrays["full_at"].size == full_at.size
    if not (same and np.array_equal(arrays["plan"], plan)):
        raise SnapshotRefusedError(
            "snapshot and program lay out the same catalogue differently; replay the journal"
        )


def contents_in(arrays: Arrays) -> SnapshotContents:
    """The description that the snapshot carries."""
    return msgspec.json.decode(bytes(arrays["contents"]), type=SnapshotContents)


def read_only_store(arrays: Arrays) -> LogStore:
    """A snapshot's arrays as a store that is only read."""
    arena = np.ascontiguousarray(arrays["arena"]).copy()
    nothing = np.zeros(1, np.int64)
    return LogStore(
        arena, arena.view(np.uint32), arena.view(np.int16), arena.view(np.uint8), nothing, nothing, nothing
    )


def writable(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Numba compiles again for read-only arrays; a copy is cheaper."""
    return array if array.flags.writeable else array.copy()
