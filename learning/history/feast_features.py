"""Features that come from elsewhere, joined by Feast as they were just before each payment.

The join is `streams.feast.repository.point_in_time`, which loses no row (Feast's file offline store would)
and fails where one is lost. What the catalogue computes itself is left to it. The engine does not know the
extra features: a model that uses them could not go live, so `tollgate train` leaves them out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.catalogue import Catalogue
from streams.errors import Misconfigured
from streams.feast import AS_OF, EVENT_TIME, Repository, point_in_time
from training.dataset import PaymentHistory

ROWS: Final = 100_000
LOSING_STORES: Final = ("file", "dask")


@dataclass(frozen=True)
class FeastJoin:
    """A repository's folder, and the feature service whose features are joined."""

    folder: Path
    service: str


class TokenHistory(PaymentHistory, Protocol):
    """A history that says who took part in each attempt: a text column per token."""

    @property
    def tokens(self) -> pa.Table: ...


@dataclass(frozen=True)
class FeastHistory:
    """A history whose vectors have more columns after the catalogue's."""

    attempts: pa.Table
    evidence: pa.Table
    parked: pa.Table
    names: tuple[str, ...]
    extra_names: tuple[str, ...]
    catalogue_hash: str
    inputs: Mapping[str, str]
    own: PaymentHistory
    extra: NDArray[np.float64]

    def vectors(self, rows: NDArray[np.int64]) -> Iterator[NDArray[np.float64]]:
        """The catalogue's columns, then the joined ones."""
        done = 0
        for matrix in self.own.vectors(rows):
            at = rows[done : done + len(matrix)]
            yield np.concatenate([matrix, self.extra[at]], axis=1)
            done += len(matrix)


def joined(history: TokenHistory, join: FeastJoin, catalogue: Catalogue) -> FeastHistory:
    """The history with the numbers of a feature service. Raises `Misconfigured`, `Damaged`."""
    store = Repository(join.folder).open()
    _refuse_losing_store(store, join.folder)
    try:
        service = store.get_feature_service(join.service)
    except Exception as error:
        raise Misconfigured(f"{join.folder} has no feature service {join.service!r}: {error}") from error
    wanted = [field.name for view in service.feature_view_projections for field in view.features]
    names = [name for name in wanted if name not in catalogue.names and name != AS_OF]
    if not names:
        raise Misconfigured(f"the feature service {join.service!r} has nothing that the catalogue lacks")
    keys = _keys(history)
    parts = [
        _numbers(point_in_time(store, keys.slice(start, ROWS).to_pandas(), join.service), names)
        for start in range(0, keys.num_rows, ROWS)
    ]
    extra = np.concatenate([np.empty((0, len(names))), *parts])
    inputs = dict(history.inputs) | {"feast": f"{join.folder.name}/{join.service}"}
    return FeastHistory(
        history.attempts, history.evidence, history.parked, (*history.names, *names), tuple(names),
        history.catalogue_hash, inputs, history, extra,
    )  # fmt: skip


def _refuse_losing_store(store: Any, folder: Path) -> None:
    """Feast's file store (on Dask) drops rows silently in a point-in-time join."""
    kind = store.config.offline_store.type
    if kind in LOSING_STORES:
        raise Misconfigured(
            f"{folder}/feature_store.yaml has the offline store {kind!r}, which loses rows in joins: "
            "use duckdb, or another"
        )


def _keys(history: TokenHistory) -> pa.Table:
    """Join keys and the time a millisecond before each payment: what it caused itself must not be seen."""
    before = pc.subtract(history.attempts["occurred_at"], 1)
    times = before.cast(pa.timestamp("ms", tz="UTC")).cast(pa.timestamp("us", tz="UTC"))
    own = {EVENT_TIME: times, "payment_id": history.attempts["payment_id"]}
    tokens = {name: history.tokens[name] for name in history.tokens.column_names}
    return pa.table(own | tokens)


def _numbers(joined: Any, names: list[str]) -> NDArray[np.float64]:
    """These columns as floats; NaN where there was no value."""
    columns = [joined[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in names]
    return np.column_stack(columns)
