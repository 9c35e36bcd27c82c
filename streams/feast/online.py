"""Writing to and reading from Feast's online store, newest wins.

Invariant: the row of a key is that of the newest engine time ever written for it, in whatever order rows come
and however often. Feast's sqlite store does not ensure that: it takes the last written. So rows are reduced
to the newest of each key, and a row older than the stored one is left out. One writer at a time.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from features.catalogue import Catalogue
from streams.feast.definitions import AS_OF, EVENT_TIME, LOGGED, PAYMENT, join_keys, view_of
from streams.feast.repository import quiet

if TYPE_CHECKING:
    import pandas as pd
    from feast import FeatureStore


class OnlineWriter:
    """Writes rows of `streams.feast.keyed` to every online view of a catalogue."""

    def __init__(self, store: "FeatureStore", catalogue: Catalogue) -> None:
        self._store = store
        self._views = {
            view: (list(join_keys(catalogue, view)), names)
            for view, names in view_of(catalogue).items()
            if view != PAYMENT
        }

    def write(self, batches: Iterable[pa.RecordBatch]) -> int:
        """Writes the newest row of each key; returns how many rows of views were written."""
        rows = pa.Table.from_batches(batches)
        return sum(self._write(view, keys, names, rows) for view, (keys, names) in self._views.items())

    def _write(self, view: str, keys: list[str], names: list[str], rows: pa.Table) -> int:
        frame = rows.select([EVENT_TIME, LOGGED, AS_OF, *keys, *names]).to_pandas()
        frame = newest(frame, keys)
        if frame.empty:
            return 0
        with quiet():
            held = read(self._store, view, [AS_OF], frame[keys].to_dict("list"))[AS_OF]
            older = [has is not None and has > now for has, now in zip(held, frame[AS_OF], strict=True)]
            frame = frame[[not is_older for is_older in older]]
            if not frame.empty:
                self._store.write_to_online_store(view, df=frame)
        return len(frame)


def newest(frame: "pd.DataFrame", keys: Sequence[str]) -> "pd.DataFrame":
    """The newest row of each key, by engine time, then place on the log; without a key a row is left out."""
    known = frame.dropna(subset=list(keys))
    ordered = known.sort_values([AS_OF, LOGGED], kind="stable")
    return ordered.drop_duplicates(list(keys), keep="last")


def read(
    store: "FeatureStore", view: str, names: Sequence[str], keys: Mapping[str, Sequence[Any]]
) -> dict[str, list[Any]]:
    """Values of these features of a view, one per entity; None where there is nothing."""
    rows = [dict(zip(keys, values, strict=True)) for values in zip(*keys.values(), strict=True)]
    with quiet():
        found = store.get_online_features([f"{view}:{name}" for name in names], rows).to_dict()
    return {name: found[name] for name in names}
