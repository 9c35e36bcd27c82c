"""Compile reference tables into the compact files that ship in `models/data`.

    python -m training.tables --ranges ipv4_country_rir.parquet --out models/data/ipv4_countries.bin

The input holds disjoint, ascending IPv4 ranges: `start`, `end` (inclusive, as numbers) and `cc`, from the
regional registries' delegation files (github `ipverse/rir-ip`, CC0-1.0).
"""

from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from models.ip_countries import COUNTRIES_MAX, IpCountries


def ip_countries(start: NDArray[np.int64], end: NDArray[np.int64], country: NDArray[np.str_]) -> IpCountries:
    """The lookup table of disjoint ascending ranges; neighbouring ranges of one country become one block."""
    if np.any(start[1:] <= end[:-1]) or np.any(end < start):
        raise ValueError("the ranges overlap or are not in ascending order")
    names, numbers = np.unique(country, return_inverse=True)
    if len(names) > COUNTRIES_MAX:
        raise ValueError(f"{len(names)} countries, at most {COUNTRIES_MAX} fit")
    # Every range begins a block; where the next does not follow at once, a block without a country begins.
    gaps = np.flatnonzero(np.append(start[1:], 2**32 + 1) != end + 1)
    gaps = gaps[end[gaps] < 2**32 - 1]
    starts = np.concatenate([start, end[gaps] + 1])
    codes = np.concatenate([numbers + 1, np.zeros(len(gaps), np.int64)])
    order = np.argsort(starts, kind="stable")
    starts, codes = starts[order], codes[order]
    changes = np.append(True, codes[1:] != codes[:-1])
    return IpCountries(starts[changes].astype(np.uint32), codes[changes].astype(np.uint8), names.tolist())


@click.command()
@click.option(
    "--ranges", type=click.Path(exists=True, path_type=Path), required=True, help="Parquet of ranges."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write.")
def main(ranges: Path, out: Path) -> None:
    """Compile IPv4 delegations into models/data/ipv4_countries.bin."""
    from pyarrow import parquet

    table = parquet.read_table(ranges, columns=["start", "end", "cc"])
    start, end = (table[name].to_numpy().astype(np.int64) for name in ("start", "end"))
    blob = ip_countries(start, end, np.array(table["cc"].to_pylist())).to_bytes()
    out.write_bytes(blob)
    click.echo(f"{out}: {len(blob):,} bytes from {len(start):,} ranges")


if __name__ == "__main__":
    main()
