"""Reads the aggregates of one engine out of ClickHouse as arrays, part by part."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from streams.warehouse.audit.cells import (
    GRAINS_MS,
    HISTOGRAMS,
    LOW,
    AggregateCells,
    Array,
    GroupNumbers,
    cell_keys,
)
from streams.warehouse.schema import sql
from streams.warehouse.sink import LATENCY_BOUNDS, NOT_SCORED, PROBABILITY_BOUNDS, SCORE_BOUNDS

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

PART_ROWS: Final = 200_000
DAY_S: Final = 86_400
BOUNDS: Final = {
    "score_histogram": SCORE_BOUNDS,
    "probability_histogram": (*PROBABILITY_BOUNDS, NOT_SCORED),
    "latency_histogram": LATENCY_BOUNDS,
}


def table_cells(client: "Client", engine: str, grain: str, groups: GroupNumbers) -> AggregateCells:
    """The sums in `decisions_GRAIN`. Raises ValueError for a histogram bucket that no bound names."""
    cells = AggregateCells()
    for first, end in _parts(client, engine, grain):
        parameters = {"engine": engine, "first": first, "end": end}
        _add(
            cells,
            client.query_arrow(sql(f"cells_{grain}"), parameters=parameters, use_strings=True),
            grain,
            groups,
        )
    return cells


def _parts(client: "Client", engine: str, grain: str) -> Iterator[tuple[int, int]]:
    """Ranges of epoch seconds, whole days, of about PART_ROWS rows each."""
    first, rows, end = 0, 0, 0
    for day, count in client.query(sql(f"days_{grain}"), parameters={"engine": engine}).result_rows:
        if rows and rows + count > PART_ROWS:
            yield first, end
            rows = 0
        first = first if rows else day
        rows += count
        end = day + DAY_S
    if rows:
        yield first, end


def _add(cells: AggregateCells, part: pa.Table, grain: str, groups: GroupNumbers) -> None:
    part = part.combine_chunks()
    names = [part[name].to_pylist() for name in ("verdict", "merchant_country", "model", "currency")]
    group = np.array([groups.number(key) for key in zip(*names, strict=True)], np.int64)
    starts = part["start"].to_numpy().astype(np.int64) * 1000 // GRAINS_MS[grain]
    keys = cell_keys(starts, group)
    counts = [part[name].to_numpy() for name in ("decisions", "duplicates")]
    halves = [half for name in ("amount", "reference_amount") for half in _halves(part[name])]
    cells.add(keys, np.stack([*counts, *halves], axis=1))
    for histogram in HISTOGRAMS:
        _add_histogram(cells, keys, part[histogram].combine_chunks(), histogram)


def _add_histogram(cells: AggregateCells, keys: Array, maps: pa.Array, histogram: str) -> None:
    maps = maps.chunk(0) if isinstance(maps, pa.ChunkedArray) else maps
    lengths = np.diff(maps.offsets.to_numpy())
    bounds = np.array(BOUNDS[histogram])
    order = np.argsort(bounds)
    named = maps.keys.to_numpy()
    places = order[np.minimum(np.searchsorted(bounds[order], named), bounds.size - 1)]
    if not np.array_equal(bounds[places], named):
        raise ValueError(f"{histogram} holds buckets that no bound names: the views and histograms.py differ")
    cells.add_counts(np.repeat(keys, lengths), places, histogram, maps.items.to_numpy())


def _halves(column: Any) -> tuple[Array, Array]:
    """A column of 128-bit integers, as ClickHouse's Arrow gives it (16 bytes, little-endian), as 32-bit
    halves.

    The high half takes everything above the lowest 32 bits; sums of amounts stay below 95 bits.
    """
    chunk = column.combine_chunks()
    raw = b"".join(chunk.to_pylist())
    words = np.frombuffer(raw, "<i8").reshape(-1, 2)
    low = words[:, 0] & LOW
    middle = (words[:, 0].view(np.uint64) >> np.uint64(32)).astype(np.int64)
    return (words[:, 1] << 32) + middle, low
