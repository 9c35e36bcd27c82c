import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from models.reference.ip_countries import IpCountries
from models.seed import seed_tables
from training import reference_files as tables

REFDATA = Path(__file__).parents[3] / "shared/data/refdata"
SHIPPED = Path(__file__).parents[2] / "models/data"


@pytest.fixture
def refdata() -> Path:
    if not REFDATA.exists():
        assert not os.environ.get("CI"), f"{REFDATA} is needed in CI"
        pytest.skip("the reference data lie beside the checkout on the build machine only")
    return REFDATA


@pytest.mark.parametrize(
    ("arguments", "shipped"),
    [
        (("ipv4", "--ranges", "ipv4_country_rir.parquet"), "ipv4_countries.bin"),
        (("mccs", "--codes", "mcc_codes.csv"), "mcc_groups.csv"),
    ],
)
def test_the_shipped_file_is_made_from_its_source(
    arguments: tuple[str, str, str], shipped: str, refdata: Path, tmp_path: Path
) -> None:
    command, option, source = arguments
    out = tmp_path / shipped
    result = CliRunner().invoke(
        tables.main, [command, option, str(refdata / source), "--out", str(out)], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    assert out.read_bytes() == (SHIPPED / shipped).read_bytes()


def test_the_shipped_table_agrees_with_its_source(refdata: Path) -> None:
    from pyarrow import parquet

    source = parquet.read_table(refdata / "ipv4_country_rir.parquet")
    start, end = (source[name].to_numpy().astype(np.int64) for name in ("start", "end"))
    countries = source["cc"].to_pylist()
    shipped = IpCountries.from_bytes(seed_tables()["ip_countries"])
    for edge in (start, end, (start + end) // 2):
        octets = np.stack([edge >> shift & 255 for shift in (24, 16, 8, 0)], axis=1).tolist()
        assert shipped.countries([f"{a}.{b}.{c}.{d}" for a, b, c, d in octets]) == countries
    outside = end[:-1][start[1:] != end[:-1] + 1] + 1
    octets = np.stack([outside >> shift & 255 for shift in (24, 16, 8, 0)], axis=1).tolist()
    assert set(shipped.countries([f"{a}.{b}.{c}.{d}" for a, b, c, d in octets])) == {None}
