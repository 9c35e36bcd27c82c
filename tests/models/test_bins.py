import csv
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.file_formats.csv_reader import ReferenceTableError
from models.file_formats.packed_file import pack
from models.reference.bins import LENGTHS, MAGIC, BinKind, BinRanges

PUBLIC = Path(__file__).parents[3] / "shared/data/refdata/bin_ranges.csv"
HEADER = "bin,bin_end,scheme,type,country,prepaid\n"
TABLE = (
    HEADER
    + """411111,,visa,credit,US,
4111112,,visa,debit,FR,no
41111122,41111124,VISA,prepaid,DE,yes
520000,529999,mastercard,,,
000000,,own,charge,GB,1
"""
)


@pytest.fixture(scope="module")
def table() -> BinRanges:
    return BinRanges.from_csv(TABLE.encode())


def kind(table: BinRanges, bin: str | None) -> BinKind:
    return table.kinds[table.look_up([bin])[0]]


@pytest.mark.parametrize(
    ("bin", "expected"),
    [
        ("411111", BinKind("visa", "credit", "US", -1)),
        ("41111199", BinKind("visa", "credit", "US", -1)),
        ("4111112", BinKind("visa", "debit", "FR", 0)),
        ("41111121", BinKind("visa", "debit", "FR", 0)),
        ("41111122", BinKind("visa", "prepaid", "DE", 1)),
        ("41111124", BinKind("visa", "prepaid", "DE", 1)),
        ("41111125", BinKind("visa", "debit", "FR", 0)),
        ("411111220000", BinKind("visa", "prepaid", "DE", 1)),
        ("52345678", BinKind("mastercard", "", "", -1)),
        ("00000012", BinKind("own", "charge", "GB", 1)),
    ],
)
def test_the_entry_with_most_digits_counts(table: BinRanges, bin: str, expected: BinKind) -> None:
    assert kind(table, bin) == expected


@pytest.mark.parametrize(
    "bin",
    [None, "", "4", "41111", "411112", "530000", "41111x", "x411111", "4111 11", "４１１１１１", "\ud800"],
)
def test_of_other_bins_nothing_is_known(table: BinRanges, bin: str | None) -> None:
    assert table.look_up([bin, "411111"])[0] == 0
    assert kind(table, "411111").country == "US"


def test_a_line_break_in_a_bin_does_not_shift_the_others(table: BinRanges) -> None:
    assert (table.look_up(["411111", "41\n1111", "411111"]) > 0).tolist() == [True, False, True]


def test_no_bins_give_no_kinds(table: BinRanges) -> None:
    assert len(table.look_up([])) == 0


digits = st.sampled_from(LENGTHS).flatmap(lambda n: st.text("01", min_size=n, max_size=n))


@given(st.sets(digits, min_size=1, max_size=40), st.lists(st.text("01", max_size=9), max_size=20))
def test_lookup_equals_trying_every_beginning(entries: set[str], asked: list[str]) -> None:
    rows = "".join(f"{bin},,n{number},,,\n" for number, bin in enumerate(sorted(entries)))
    names = {bin: f"n{number}" for number, bin in enumerate(sorted(entries))}
    table = BinRanges.from_csv((HEADER + rows).encode())
    for bin, found in zip(asked, table.look_up(asked), strict=True):
        expected = next((names[bin[:n]] for n in (8, 7, 6) if len(bin) >= n and bin[:n] in names), "")
        assert table.kinds[found].scheme == expected


def test_a_file_gives_the_same_table(table: BinRanges) -> None:
    again = BinRanges.from_bytes(table.to_bytes())
    assert again.kinds == table.kinds
    assert again.to_bytes() == table.to_bytes()
    assert kind(again, "41111123").country == "DE"


def test_lines_in_another_order_give_the_same_table(table: BinRanges) -> None:
    lines = TABLE.splitlines()
    turned = BinRanges.from_csv("\n".join([lines[0], *reversed(lines[1:])]).encode())
    for bin in ("41111122", "411111", "52345678", "000000"):
        assert kind(turned, bin) == kind(table, bin)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("", "no BIN"),
        ("41111,,,,,\n", "line 2: BIN '41111' is not 6, 7 or 8 digits"),
        ("411111111,,,,,\n", "line 2: BIN"),
        ("4111a1,,,,,\n", "line 2: BIN"),
        ("４１１１１１,,,,,\n", "line 2: BIN"),
        ("411111,,,,,\n411111,,,debit,,\n", "line 3: BIN 411111 is in line 2 already"),
        ("400000,499999,,,,\n300000,,,,,\n450000,450001,,,,\n", "line 4: BIN 450000 is in line 2 already"),
        ("450000,450001,,,,\n400000,499999,,,,\n", "line 3: BIN 450000 is in line 2 already"),
        ("411112,411111,,,,\n", "line 2: the range 411112 to 411111"),
        ("411111,41111122,,,,\n", "line 2: the range"),
        ("411111,,,gift,,\n", "line 2: type 'gift' is not one of"),
        ("411111,,,,Germany,\n", "line 2: 'Germany' is not a country code"),
        ("411111,,,,de,\n", "line 2: 'de' is not a country code"),
        ("411111,,,,,maybe\n", "line 2: prepaid 'maybe' is not one of"),
        ("411111,,,prepaid,,no\n", "line 2: type prepaid, but column prepaid is 'no'"),
        ("411111,," + "x" * 33 + ",,,\n", "line 2: scheme"),
    ],
)
def test_a_wrong_line_is_refused_by_its_number(rows: str, words: str) -> None:
    with pytest.raises(ReferenceTableError, match=words):
        BinRanges.from_csv((HEADER + rows).encode())


def test_more_entries_than_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.reference.bins.ENTRIES_MAX", 1)
    with pytest.raises(ReferenceTableError, match="line 3: more than 1 BINs"):
        BinRanges.from_csv(b"bin\n411111\n411112\n")


def test_a_cut_or_changed_file_is_refused(table: BinRanges) -> None:
    blob = table.to_bytes()
    for cut in range(len(blob) - 1):
        with pytest.raises(ReferenceTableError):
            BinRanges.from_bytes(blob[:cut])
    for at in range(len(MAGIC), len(blob)):
        changed = blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]
        with pytest.raises(ReferenceTableError):
            BinRanges.from_bytes(changed)


def test_a_prepared_file_that_swells_without_end_is_refused() -> None:
    with pytest.raises(ReferenceTableError, match="damaged"):
        BinRanges.from_bytes(pack(MAGIC, bytes(50_000_000)))


@pytest.mark.parametrize(
    ("lengths", "starts", "ends"),
    [
        ([6, 6], [411111, 411111], [411111, 411112]),
        ([7, 6], [4111111, 411111], [4111111, 411111]),
        ([6], [411112], [411111]),
        ([6], [4111111], [4111111]),
        ([5], [41111], [41111]),
        ([6], [-1], [411111]),
    ],
)
def test_a_prepared_file_with_impossible_ranges_is_refused(
    lengths: list[int], starts: list[int], ends: list[int]
) -> None:
    kinds = (BinKind("", "", "", -1), BinKind("visa", "", "", -1))
    made = BinRanges(
        np.array(lengths, np.uint8),
        np.array(starts, np.int32),
        np.array(ends, np.int32),
        np.ones(len(starts), np.uint16),
        kinds,
    )
    with pytest.raises(ReferenceTableError, match="damaged"):
        BinRanges.from_bytes(made.to_bytes())


def test_the_public_list_of_bins_reads_as_it_is() -> None:
    if not PUBLIC.exists():
        assert not os.environ.get("CI"), f"{PUBLIC} is needed in CI"
        pytest.skip("the reference data lie beside the checkout on the build machine only")
    table = BinRanges.from_csv(PUBLIC.read_bytes())
    with PUBLIC.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(table.starts) == 5805
    found = [table.kinds[number] for number in table.look_up([row["iin_start"] for row in rows])]
    assert [(k.scheme, k.type, k.country) for k in found] == [
        (r["scheme"], r["type"], r["country"]) for r in rows
    ]
    assert sum(k.prepaid == 1 for k in found) == 6
