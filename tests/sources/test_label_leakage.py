"""No vector knows a label before its release: on the real payments of the UCSD/FICO set."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features.catalogue import CATALOGUE
from streams.sources.files.replay_map import load
from streams.sources.vectors.compute import reference_tables
from streams.sources.vectors.feature_history import FeatureHistory
from streams.sources.vectors.history_block import HistoryBlock, VectorSource

UCSD_FICO = Path(__file__).parents[3] / "shared" / "data" / "ucsd_fico" / "payments.parquet"
DAY_MS = 86_400_000
DELAY_MS = 7 * DAY_MS
ROWS = 25_000


@pytest.fixture(scope="module")
def payments() -> pa.Table:
    if not UCSD_FICO.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{UCSD_FICO} must be there")
        pytest.skip(f"{UCSD_FICO} is not on this machine")
    return pq.read_table(UCSD_FICO).slice(0, ROWS)


def computed(table: pa.Table, path: Path) -> HistoryBlock:
    pq.write_table(table, path)
    history = FeatureHistory(VectorSource(path, load("ucsd_fico")), CATALOGUE, reference_tables())
    blocks = list(history)
    assert not history.counts.refused
    return HistoryBlock(
        [],
        np.concatenate([block.times for block in blocks]),
        np.concatenate([block.vectors for block in blocks]),
        np.zeros(len(table), np.bool_),
    )


def relabelled(table: pa.Table, later: np.ndarray, labels: pa.Array) -> pa.Table:
    """The table with other labels in the rows `later`."""
    at = table.column_names.index("label")
    mixed = pc.if_else(pa.array(later), labels, table["label"].combine_chunks())
    return table.set_column(at, "label", mixed)


def test_permuting_or_removing_labels_not_yet_released_changes_no_vector(
    payments: pa.Table, tmp_path: Path
) -> None:
    whole = computed(payments, tmp_path / "whole.parquet")
    rng = np.random.default_rng(1)
    column = payments["label"].combine_chunks()
    others = {
        "permuted": column.take(pa.array(rng.permutation(len(column)))),
        "removed": pa.nulls(len(column), column.type),
    }
    for share in (0.3, 0.7):
        now = int(whole.times[int(share * ROWS)])
        # A label is released 7 days after its payment; at equal times it comes before the payment.
        later = whole.times + DELAY_MS > now
        until = whole.times <= now
        for what, labels in others.items():
            changed = computed(relabelled(payments, later, labels), tmp_path / "changed.parquet")
            assert changed.vectors[until].tobytes() == whole.vectors[until].tobytes(), (what, share)
            assert changed.vectors[~until].tobytes() != whole.vectors[~until].tobytes(), (what, share)
