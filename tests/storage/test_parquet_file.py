"""A Parquet file is complete under its name or not there, and its row groups are as large as asked."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storage import ParquetFile

SCHEMA = pa.schema([("number", pa.int64()), ("word", pa.dictionary(pa.int32(), pa.string()))])


def rows(*numbers: int) -> pa.RecordBatch:
    words = pa.array([f"word {number % 2}" for number in numbers]).dictionary_encode()
    return pa.record_batch([pa.array(numbers, pa.int64()), words], schema=SCHEMA)


def groups(path: Path) -> list[int]:
    with pq.ParquetFile(path) as file:
        return [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]


@pytest.mark.parametrize(("group_rows", "sizes"), [(None, [3, 1, 4]), (2, [2, 2, 2, 2]), (5, [5, 3])])
def test_rows_are_all_there_in_groups_of_the_asked_size(
    tmp_path: Path, group_rows: int | None, sizes: list[int]
) -> None:
    path = tmp_path / "numbers.parquet"
    with ParquetFile(path, SCHEMA, group_rows=group_rows) as file:
        for batch in (rows(0, 1, 2), rows(3), rows(4, 5, 6, 7)):
            file.write(batch)
        assert not path.exists()
    table = pq.read_table(path)
    assert table["number"].to_pylist() == list(range(8))
    assert table["word"].to_pylist() == [f"word {number % 2}" for number in range(8)]
    assert groups(path) == sizes


def test_an_exception_leaves_what_was_there_before(tmp_path: Path) -> None:
    path = tmp_path / "numbers.parquet"
    with ParquetFile(path, SCHEMA) as file:
        file.write(rows(1))
    with pytest.raises(ValueError, match="schema"), ParquetFile(path, SCHEMA) as file:
        file.write(pa.record_batch({"number": ["not a number"]}))
    assert pq.read_table(path)["number"].to_pylist() == [1]
    assert [each.name for each in tmp_path.iterdir()] == ["numbers.parquet"]
