"""Compile reference tables into the files that ship in `models/data`.

    python -m training.reference_files ipv4 --ranges ipv4_country_rir.parquet --out
    models/data/ipv4_countries.bin python -m training.reference_files mccs --codes mcc_codes.csv --out
    models/data/mcc_groups.csv

`ipv4` takes disjoint IPv4 ranges: `start`, `end` (inclusive, as numbers) and `cc`, from the regional
registries' delegation files (github `ipverse/rir-ip`, CC0-1.0). `mccs` takes `mcc` and `edited_description`
(github `greggles/mcc-codes`, The Unlicense) and adds the groups.
"""

from pathlib import Path

import click

from models.reference import AddressRange, IpCountries, MerchantCategories
from storage import write_atomically

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OUT = click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write.")


@click.group()
def main() -> None:
    """Compile reference tables into the files that ship in models/data."""


@main.command("ipv4")
@click.option("--ranges", type=FILE, required=True, help="Parquet of ranges.")
@OUT
def ipv4(ranges: Path, out: Path) -> None:
    """Countries of IPv4 addresses."""
    from pyarrow import parquet

    table = parquet.read_table(ranges, columns=["start", "end", "cc"])
    columns = (table[name].to_pylist() for name in ("start", "end", "cc"))
    blob = IpCountries.from_ranges(map(AddressRange, *columns), ()).to_bytes()
    write_atomically(out, blob)
    click.echo(f"{out}: {len(blob):,} bytes from {table.num_rows:,} ranges")


@main.command("mccs")
@click.option("--codes", type=FILE, required=True, help="CSV of merchant category codes.")
@OUT
def mccs(codes: Path, out: Path) -> None:
    """Groups of merchant categories."""
    table = MerchantCategories.from_bytes(codes.read_bytes())
    write_atomically(out, table.to_bytes())
    click.echo(f"{out}: {len(table.categories):,} categories")


if __name__ == "__main__":
    main()
