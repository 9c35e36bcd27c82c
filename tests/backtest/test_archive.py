"""Cases and vectors are put side by side whatever their files' cuts; what has no vector is counted."""

import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from streams.backtest.cases.archive import CaseArchive
from streams.backtest.cases.list_history import ListHistory
from streams.backtest.run import BacktestPlan, run
from streams.errors import Misconfigured
from tests.backtest.recorded import DAY, FIRST, Case, strategy, write, write_vectors


def _read(archive: CaseArchive, **more: int) -> dict[int, float]:
    found: dict[int, float] = {}
    for block in archive.blocks([], ["f"], **more):
        found |= dict(zip(block.integers("sequence").tolist(), block.features["f"].tolist(), strict=True))
    return found


@pytest.mark.parametrize("seed", range(8))
def test_each_case_gets_its_own_vector_however_files_are_cut(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    sequences = np.array(sorted(draw.sample(range(1, 2_000), 900)))
    starts = [0, *sorted(draw.sample(range(1, 900), 4)), 900]
    for number, (low, high) in enumerate(pairwise(starts)):
        write(tmp_path, [Case(1)] * (high - low), int(sequences[low]), f"{number:04d}.parquet")
    wanted = {s for archive in [CaseArchive(tmp_path / "cases", tmp_path)] for s in _sequences(archive)}
    values = {s: s / 7 for s in range(1, 3_000)}
    for file in (tmp_path / "vectors").iterdir():
        file.unlink()
    cuts = [1, *sorted(draw.sample(range(2, 2_999), 5)), 3_000]
    for low, high in pairwise(cuts):
        held = list(range(low, high))
        path = tmp_path / "vectors" / f"0-{low:020d}-{high:020d}.parquet"
        write_vectors(path, held, [values[s] for s in held], group=draw.randint(1, 400))
    found = _read(CaseArchive(tmp_path / "cases", tmp_path / "vectors"))
    assert found == {s: values[s] for s in wanted}


def _sequences(archive: CaseArchive) -> list[int]:
    return [s for block in archive.blocks([], []) for s in block.integers("sequence").tolist()]


def test_cases_without_vectors_are_left_out_and_counted(tmp_path: Path) -> None:
    archive = write(tmp_path, [Case(1, feature=n) for n in range(10)])
    write_vectors(tmp_path / "vectors" / "0000.parquet", [2, 3, 7], [1.0, 2.0, 6.0])
    write_vectors(tmp_path / "vectors" / "other" / "0001.parquet", [8, 9], [0.0, 0.0], feature="another")
    assert _read(archive) == {2: 1.0, 3: 2.0, 7: 6.0}
    assert (archive.excluded.no_vector, archive.excluded.other_catalogue) == (5, 2)


def test_a_row_group_of_vectors_may_span_files_of_cases(tmp_path: Path) -> None:
    write(tmp_path, [Case(1)] * 3, 1, "0000.parquet")
    archive = write(tmp_path, [Case(1)] * 3, 4, "0001.parquet")
    for file in (tmp_path / "vectors").iterdir():
        file.unlink()
    write_vectors(tmp_path / "vectors" / "0000.parquet", range(1, 7), [1.0, 2, 3, 4, 5, 6], group=4)
    assert _read(archive) == {n: float(n) for n in range(1, 7)}


def test_vectors_of_several_catalogues_are_read_in_order_of_sequence(tmp_path: Path) -> None:
    write(tmp_path, [Case(1)] * 3, 1, "0000.parquet")
    archive = write(tmp_path, [Case(1)] * 3, 4, "0001.parquet")
    for file in (tmp_path / "vectors").iterdir():
        file.unlink()
    write_vectors(tmp_path / "vectors" / "schema=b" / "0-0-3.parquet", [1, 2, 3], [1.0, 2, 3])
    write_vectors(tmp_path / "vectors" / "schema=a" / "0-3-6.parquet", [4, 5, 6], [4.0, 5, 6])
    assert _read(archive) == {n: float(n) for n in range(1, 7)}


def test_without_a_day_it_is_as_known_at_the_last_payment(tmp_path: Path) -> None:
    archive = write(tmp_path, [Case(1, day=day) for day in (0, 3, 7)])
    assert run(BacktestPlan(archive, strategy([]))).document()["as_of"] == FIRST + 7 * DAY


def test_only_payments_from_and_to_are_read(tmp_path: Path) -> None:
    archive = write(tmp_path, [Case(1, day=day, feature=day) for day in range(5)])
    assert list(_read(archive, start=FIRST + DAY, end=FIRST + 3 * DAY).values()) == [1.0, 2.0]


def test_nothing_prepared_is_said(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no recorded payments"):
        run(BacktestPlan(CaseArchive(tmp_path / "cases", tmp_path / "vectors"), strategy([])))


def test_a_list_counts_for_payments_appended_after_its_change() -> None:
    from models.messages.control import ListChange

    history = ListHistory.of([
        (100, ListChange("bad", "t", expires_at=1_000)), (200, ListChange("bad", "t", present=False)),
        (300, ListChange("bad", "t")),
    ])  # fmt: skip
    values = np.array(["t", "t", "t", "t", "t", "u"], object)
    received = np.array([99, 100, 150, 200, 300, 300])
    times = np.array([0, 999, 1_000, 0, 10**15, 0])
    assert history.contains("bad", values, received, times).tolist() == [
        False,
        True,
        False,
        False,
        True,
        False,
    ]
    assert not history.contains("other", values, received, times).any()
