"""A data set made ready for backtests: a payment's labels are those of all its rows, as on a log."""

from pathlib import Path

import pyarrow.parquet as pq

from features.catalogue import CATALOGUE
from models.messages.label import LabelValue
from models.units import DAY_MS
from streams.backtest.cases.from_file import DataSetCounts, prepare
from streams.backtest.cases.label_history import LABEL_CODES
from streams.sources.files.replay_map import load
from streams.sources.vectors.history_block import VectorSource

MAP = """
merchant_account: shop
payment_id: "p{row}"
occurred_at: {terms: {day: d}, base: 2024-01-01T00:00:00Z}
amount: {column: cents}
currency: EUR
method: {kind: card, token: "card_{row}"}
merchant: {id: m}
label: {column: fraud, values: {0: legitimate, 1: fraud}, delay: 7d}
"""
ROWS = """row,day,cents,fraud
1,0,1000,0
2,1,0,1
1,3,1000,1
3,4,2000,0
"""
"""p1 is repeated with another label; p2 has no amount that an engine would decide."""


def test_every_row_labels_its_payment_also_a_repeated_one(tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text(MAP)
    (tmp_path / "payments.csv").write_text(ROWS)
    source = VectorSource(tmp_path / "payments.csv", load(str(tmp_path / "map.yaml")))
    counts = prepare(source, tmp_path / "out", CATALOGUE, {})
    assert counts == DataSetCounts(rows=4, cases=2, refused=1, repeated=1)
    cases = pq.read_table(tmp_path / "out" / "cases").to_pylist()
    first_day = cases[0]["engine_time"] // DAY_MS
    labels = [
        [(label["known_at"] // DAY_MS - first_day, label["label"]) for label in case["labels"]]
        for case in cases
    ]
    legitimate, fraud = LABEL_CODES[LabelValue.LEGITIMATE], LABEL_CODES[LabelValue.FRAUD]
    assert labels == [[(7, legitimate), (10, fraud)], [(11, legitimate)]]
