"""Authentication of random payments: row by row what it is as columns, under all kinds of settings."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from models.sca import CardCounters, FeatureColumns, ScaResult, ScaRows, ScaSettings, assess
from models.sca.features import SCA_FEATURES
from tests.models import sca_oracle

COUNTRIES = ("DE", "FR", "GB", "US", "IN", "IR", None)
BINS = ("400000", "510000", "222100", "272099", "272100", "41", None)
VALUES = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 1_001.0, np.nan)
N = 4_000


def settings_of(seed: int) -> ScaSettings:
    draw = np.random.default_rng(seed)
    return ScaSettings(
        tra_probability_below=int(draw.integers(0, 1_000_002)),
        low_value_counter=("either", "amount", "count")[seed % 3],
        acquirer_country=(None, "DE", "GB")[seed // 3 % 3],
        no_shift_countries=((), ("IN", "DE"))[seed % 2],
    )


def rows_of(seed: int) -> ScaRows:
    draw = np.random.default_rng(seed)
    columns = {name: draw.choice(VALUES, N) for name in SCA_FEATURES}
    quiet = draw.random(N) < 0.5
    for name in SCA_FEATURES[7:]:
        columns[name][quiet] = draw.choice((0.0, np.nan), int(quiet.sum()))

    def texts(values: tuple[Any, ...]) -> list[Any]:
        return [values[at] for at in draw.integers(0, len(values), N)]

    return ScaRows(
        column=columns.__getitem__,
        amount=draw.choice((0, 3_000, 3_001, 10_000, 10_001, 10**12 - 1), N),
        probability_micro=draw.integers(-1, 1_000_001, N),
        phase=draw.integers(0, 3, N).astype(np.uint8),
        issuer_countries=texts(COUNTRIES),
        merchant_countries=texts(COUNTRIES),
        bins=texts(BINS),
        exemptions=texts(("trusted_beneficiary", "corporate", "low_value", None)),
        counters=CardCounters(draw.choice((0, 10_000, 10_001), N), draw.choice((0, 5, 6), N)),
        band_eur=draw.choice((0, 100, 250, 500), N),
        soft_declined=draw.random(N) < 0.1,
        malware=draw.random(N) < 0.1 if seed % 2 else None,
        scenario=draw.random(N) < 0.1 if seed % 3 else None,
    )


@pytest.mark.parametrize("seed", range(18))
def test_each_row_is_assessed_as_in_columns(seed: int) -> None:
    rows, settings = rows_of(seed), settings_of(seed)
    wanted = sca_oracle.assessed(rows, settings)
    found = assess(rows, settings)
    assert {one.name for one in fields(ScaResult)} == wanted.keys()
    for name, column in wanted.items():
        assert np.array_equal(getattr(found, name), column), name
    assert len(np.unique(found.word)) > 8


def test_features_in_a_matrix_and_by_name_say_the_same() -> None:
    rows = rows_of(1)
    order = np.random.default_rng(1).permutation(len(SCA_FEATURES))
    matrix = np.empty((N, len(SCA_FEATURES) + 3))
    for feature, place in enumerate(order.tolist()):
        matrix[:, place] = rows.column(SCA_FEATURES[feature])
    beside = replace(rows, features=FeatureColumns(matrix, order.astype(np.int64)))
    one, other = assess(rows, ScaSettings()), assess(beside, ScaSettings())
    for each in fields(ScaResult):
        assert np.array_equal(getattr(one, each.name), getattr(other, each.name)), each.name
