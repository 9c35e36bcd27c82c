"""Text and packed files of reference data, read strictly: a mistake names its line."""

from models.file_formats.csv_reader import (
    ReferenceTableError,
    country_code,
    decoded,
    lines,
    one_of,
    records,
    rows,
)
from models.file_formats.packed_file import pack, unpack

__all__ = [
    "ReferenceTableError",
    "country_code",
    "decoded",
    "lines",
    "one_of",
    "pack",
    "records",
    "rows",
    "unpack",
]
