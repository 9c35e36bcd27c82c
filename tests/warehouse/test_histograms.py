"""Buckets: the SQL of the views and `histograms.py` mean the same."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

from streams.warehouse.sink.histograms import (
    LATENCY_BOUNDS,
    PROBABILITY_BOUNDS,
    SCORE_BOUNDS,
    bucket_numbers,
)


@pytest.mark.parametrize("grain", ["minute", "hour"])
def test_the_views_have_the_bounds_that_are_documented(sql_folder: Path, grain: str) -> None:
    (path,) = (sql_folder / "migrations").glob(f"*_decisions_{grain}_feed.sql")
    lists = [ast.literal_eval(found) for found in re.findall(r"\[[\d,\s]+\]", path.read_text())]
    assert [tuple(found) for found in lists] == [PROBABILITY_BOUNDS, LATENCY_BOUNDS]
    assert "intDiv(score, 5) * 5" in path.read_text()


@pytest.mark.parametrize("bounds", [SCORE_BOUNDS, PROBABILITY_BOUNDS, LATENCY_BOUNDS])
def test_a_bound_belongs_to_the_bucket_it_begins(bounds: tuple[int, ...]) -> None:
    places = np.arange(len(bounds))
    assert (bucket_numbers(np.array(bounds), bounds) == places).all()
    assert (bucket_numbers(np.array(bounds[1:]) - 1, bounds) == places[:-1]).all()
    assert bucket_numbers(np.array([-5, 10**15]), bounds).tolist() == [0, len(bounds) - 1]
