"""A data set becomes one log: payments in file order, labels when they became known, nothing lost."""

from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.errors import Misconfigured
from streams.sources.files import tables
from streams.sources.files.data_set_log import DataSetLog, MessageKind
from streams.sources.files.replay_map import parse

MAP = parse(
    """
merchant_account: shop
payment_id: "{id}"
occurred_at: {terms: {at: s}}
amount: {column: cents}
currency: EUR
method: {token: "card_{id}"}
merchant: {id: shop}
label: {column: fraud, values: {0: legitimate, 1: fraud}, delay: 10s}
""",
    "test",
)
Entry = tuple[MessageKind, str]


def _file(folder: Path, times: list[int], fraud: list[int | None] | None = None, csv: bool = False) -> Path:
    count = len(times)
    table = pa.table(
        {"id": list(range(count)), "at": times, "cents": [100] * count, "fraud": fraud or [1] * count},
        schema=pa.schema(
            [("id", pa.int64()), ("at", pa.int64()), ("cents", pa.int64()), ("fraud", pa.int64())]
        ),
    )
    path = folder / f"payments.{'csv' if csv else 'parquet'}"
    if csv:
        pyarrow.csv.write_csv(table, path)
    else:
        pyarrow.parquet.write_table(table, path)
    return path


def _entries(path: Path, limit: int | None = None) -> list[Entry]:
    return [
        (kind, key)
        for messages in DataSetLog(path, MAP, limit)
        for kind, key in zip(messages.kinds, messages.keys, strict=True)
    ]


def _p(key: int) -> Entry:
    return MessageKind.PAYMENT, str(key)


def _l(key: int) -> Entry:
    return MessageKind.LABEL, str(key)


def test_a_label_lies_before_the_first_payment_of_its_time(tmp_path: Path) -> None:
    path = _file(tmp_path, [0, 5, 10, 15, 16, 40])
    # Labels are due at 10, 15, 20, 25, 26, 50: those of equal time come before the payment.
    assert _entries(path) == [
        _p(0), _p(1), _l(0), _p(2), _l(1), _p(3), _p(4), _l(2), _l(3), _l(4), _p(5), _l(5)
    ]  # fmt: skip


def test_late_payments_do_not_turn_time_back(tmp_path: Path) -> None:
    # The second payment happened at 3 but lies behind one of 20: its label (13) is due at once, after itself.
    assert _entries(_file(tmp_path, [20, 3, 21])) == [_p(0), _p(1), _l(1), _p(2), _l(0), _l(2)]


def test_rows_without_a_label_get_none(tmp_path: Path) -> None:
    assert _entries(_file(tmp_path, [0, 1, 50], [None, 2, 1])) == [_p(0), _p(1), _p(2), _l(2)]


def test_csv_and_parquet_make_the_same_log(tmp_path: Path) -> None:
    times = [0, 5, 10, 15, 16, 40]
    assert _entries(_file(tmp_path, times)) == _entries(_file(tmp_path, times, csv=True))


@settings(max_examples=30, deadline=None)
@given(times=st.lists(st.integers(0, 60), min_size=1, max_size=40), limit=st.integers(1, 45))
def test_a_limited_log_is_a_prefix_and_batches_do_not_matter(
    times: list[int], limit: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = _file(tmp_path_factory.mktemp("log"), times)
    whole = _entries(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "BATCH_ROWS", 3)
        assert _entries(path) == whole
    limited = _entries(path, limit)
    assert limited == whole[: len(limited)]
    assert sum(kind is MessageKind.PAYMENT for kind, _ in limited) == min(limit, len(times))
    assert sorted(key for kind, key in whole if kind is MessageKind.LABEL) == sorted(
        map(str, range(len(times)))
    )


def test_unreadable_lines_are_sent_too(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("id,at,cents,fraud\n1,1,100,0\n2,2\n3,3,100,0\n")
    messages = [
        m for batch in DataSetLog(path, MAP) for m in zip(batch.kinds, batch.keys, batch.values, strict=True)
    ]
    assert [value for kind, _, value in messages if kind is MessageKind.UNREADABLE] == [b"2,2"]
    assert [key for kind, key, _ in messages if kind is MessageKind.PAYMENT] == ["1", "3"]


def test_a_csv_cell_that_is_no_number_is_sent_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("id,at,cents,fraud\n1,1,lots,0\n")
    value = next(iter(DataSetLog(path, MAP))).values[0]
    assert msgspec.json.decode(value)["amount"] == "lots"


def test_a_map_that_does_not_fit_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("id,time,cents,fraud\n1,1,100,0\n")
    with pytest.raises(Misconfigured, match="no column 'at'"):
        DataSetLog(path, MAP)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "not.parquet"
    path.write_text("hello")
    with pytest.raises(Misconfigured, match="cannot be read as Parquet or CSV"):
        DataSetLog(path, MAP)
