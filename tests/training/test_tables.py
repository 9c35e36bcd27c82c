import os
from pathlib import Path

import numpy as np
import pytest

from models.ip_countries import IpCountries
from models.seed import seed_tables
from training.tables import ip_countries

RANGES = Path(__file__).parents[3] / "shared/data/refdata/ipv4_country_rir.parquet"


def test_neighbours_of_one_country_become_one_block_and_gaps_have_none() -> None:
    table = ip_countries(np.array([256, 512, 1024]), np.array([511, 767, 1279]), np.array(["DE", "DE", "FR"]))
    ips = ["0.0.0.255", "0.0.1.0", "0.0.2.255", "0.0.3.0", "0.0.4.0", "0.0.4.255", "0.0.5.0"]
    assert table.countries(ips) == [None, "DE", "DE", None, "FR", "FR", None]


def test_the_last_address_may_belong_to_a_range() -> None:
    table = ip_countries(np.array([2**32 - 2]), np.array([2**32 - 1]), np.array(["DE"]))
    assert table.countries(["255.255.255.255", "255.255.255.253"]) == ["DE", None]


def test_overlapping_ranges_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        ip_countries(np.array([1, 5]), np.array([5, 9]), np.array(["DE", "FR"]))


def test_the_shipped_table_agrees_with_its_source() -> None:
    if not RANGES.exists():
        assert not os.environ.get("CI"), f"{RANGES} is needed in CI"
        pytest.skip("the reference data lie beside the checkout on the build machine only")
    from pyarrow import parquet

    source = parquet.read_table(RANGES)
    start, end = (source[name].to_numpy().astype(np.int64) for name in ("start", "end"))
    countries = source["cc"].to_pylist()
    shipped = IpCountries.from_bytes(seed_tables()["ip_countries"])
    for edge in (start, end, (start + end) // 2):
        octets = np.stack([edge >> shift & 255 for shift in (24, 16, 8, 0)], axis=1).tolist()
        assert shipped.countries([f"{a}.{b}.{c}.{d}" for a, b, c, d in octets]) == countries
    outside = end[:-1][start[1:] != end[:-1] + 1] + 1
    octets = np.stack([outside >> shift & 255 for shift in (24, 16, 8, 0)], axis=1).tolist()
    assert set(shipped.countries([f"{a}.{b}.{c}.{d}" for a, b, c, d in octets])) == {None}
