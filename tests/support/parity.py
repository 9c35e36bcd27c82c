"""The kernel's vectors for a log cut into batches, and the comparison bit for bit."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from features.catalogue import Catalogue
from features.columns.events import Events, Stream
from features.state.state import FeatureState
from tests.support.event_logs import Event, columns, cut


def kernel_vectors(
    state: FeatureState, log: Sequence[Event] | Events, ends: Sequence[int] | None = None
) -> npt.NDArray[np.float64]:
    """The state's vectors for a log cut into batches, without the attributes."""
    events = log if isinstance(log, Events) else columns(log)
    return np.concatenate([batch(state, part) for part in parts(events, ends or [len(events.at)])])


def parts(events: Events, ends: Sequence[int]) -> Iterator[Events]:
    """The log in batches ending at `ends`."""
    for start, end in zip([0, *ends], ends, strict=False):
        yield cut(events, start, end)


def batch(state: FeatureState, log: Sequence[Event] | Events) -> npt.NDArray[np.float64]:
    """One call of `update`. Attribute columns come back as they were handed in, which is checked."""
    events = log if isinstance(log, Events) else columns(log)
    attempts = int((events.stream == Stream.ATTEMPT).sum())
    out = np.full((attempts, len(state.catalogue.names)), 12345.0)
    state.update(events, out)
    attributes = len(state.catalogue.attributes)
    assert (out[:, :attributes] == 12345.0).all()
    return np.ascontiguousarray(out[:, attributes:])


def assert_same_bits(
    actual: npt.NDArray[np.float64], expected: npt.ArrayLike, catalogue: Catalogue | None = None
) -> None:
    """Equal to the last bit; any NaN equals any NaN. `catalogue` names the column that differs."""
    wanted = np.asarray(expected, dtype=np.float64).reshape(-1, actual.shape[1])
    assert actual.shape == wanted.shape
    same = same_bits(actual, wanted)
    row, column = np.argwhere(~same)[0] if not same.all() else (0, 0)
    name = catalogue.features[column].name if catalogue else f"column {column}"
    found = f"row {row}, {name}: {actual[row, column]} instead of {wanted[row, column]}" if len(same) else ""
    assert same.all(), f"{found}; {(~same).sum()} values differ"


def same_bits(actual: npt.NDArray[np.float64], wanted: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Where two matrices are equal to the last bit; any NaN equals any NaN."""
    equal = actual.view(np.int64) == wanted.view(np.int64)
    return equal | (np.isnan(actual) & np.isnan(wanted))


def restored(state: FeatureState) -> FeatureState:
    """Through arrays as a snapshot file gives them: read-only."""
    arrays = {name: array.copy() for name, array in state.arrays().items()}
    for array in arrays.values():
        array.setflags(write=False)
    return FeatureState.from_arrays(state.catalogue, arrays)
