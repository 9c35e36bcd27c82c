import ipaddress
from bisect import bisect_right
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.file_formats.csv_reader import ReferenceTableError
from models.reference.ip_countries import MAGIC, AddressRange, IpCountries
from models.seed import seed_tables

BLOCKS = [
    (0x01000000, 1),
    (0x01000100, 0),
    (0x08080800, 2),
    (0x080808F0, 1),
    (0xC0000000, 2),
    (0xFFFFFF00, 3),
]
COUNTRIES = ["AU", "US", "ZW"]


@pytest.fixture(scope="module")
def table() -> IpCountries:
    starts, codes = zip(*BLOCKS, strict=True)
    return IpCountries(np.array(starts, np.uint32), np.array(codes, np.uint8), COUNTRIES)


@pytest.fixture(scope="module")
def shipped() -> IpCountries:
    return IpCountries.from_bytes(seed_tables()["ip_countries"])


def by_hand(text: str) -> str | None:
    try:
        address = int(ipaddress.IPv4Address(text))
    except ValueError:
        return None
    block = bisect_right([start for start, _ in BLOCKS], address) - 1
    return None if block < 0 else [None, *COUNTRIES][BLOCKS[block][1]]


starts = st.sampled_from([start for start, _ in BLOCKS])
edges = st.builds(lambda start, by: start + by, starts, st.sampled_from([-1, 0, 1]))
addresses = (edges | st.integers(0, 2**32 - 1)).map(lambda address: str(ipaddress.IPv4Address(address)))
almost = st.text("0123456789.:a\n -", max_size=20)


@given(st.lists(st.none() | addresses | almost | st.text(max_size=8), max_size=30))
def test_lookup_equals_the_standard_library(table: IpCountries, ips: list[str | None]) -> None:
    assert table.countries(ips) == [None if ip is None else by_hand(ip) for ip in ips]


@pytest.mark.parametrize(
    "ip",
    [
        None,
        "",
        "8.8.8",
        "8.8.8.8.8",
        "256.8.8.8",
        "8.8.8.0008",
        "08.8.8.8",
        "8.8.8.8 ",
        "2001:db8::1",
        "8.8.8.8\n8.8.8.8",
        "８.8.8.8",
        "\ud800",
    ],
)
def test_what_is_not_an_ipv4_address_has_no_country(table: IpCountries, ip: str | None) -> None:
    assert table.countries(["8.8.8.8", ip, "1.0.0.1"]) == ["US", None, "AU"]


def test_a_file_gives_the_same_table(table: IpCountries) -> None:
    again = IpCountries.from_bytes(table.to_bytes())
    ips = [str(ipaddress.IPv4Address(start + by)) for start, _ in BLOCKS for by in (-1, 0, 1)]
    assert again.countries(ips) == table.countries(ips)


SPECIAL = "10.1.2.3 127.0.0.1 172.16.0.1 192.168.1.1 169.254.0.1 224.0.0.1 0.0.0.0 255.255.255.255"


@pytest.mark.parametrize("ip", SPECIAL.split())
def test_private_and_special_addresses_have_no_country(shipped: IpCountries, ip: str) -> None:
    assert shipped.countries([ip]) == [None]


def test_the_shipped_table_knows_public_addresses(shipped: IpCountries) -> None:
    assert shipped.countries(["8.8.8.8", "1.0.0.1", "193.0.6.139", "200.160.2.3"]) == ["US", "AU", "NL", "BR"]


def test_the_shipped_table_is_under_a_megabyte() -> None:
    assert len(files("models").joinpath("data/ipv4_countries.bin").read_bytes()) < 1_000_000


@pytest.mark.parametrize(
    "blob", [b"", b"junk", MAGIC, MAGIC + b"junk", MAGIC + b"x\x9c\x03\x00\x00\x00\x00\x01"]
)
def test_a_damaged_table_is_refused(blob: bytes) -> None:
    with pytest.raises(ReferenceTableError):
        IpCountries.from_bytes(blob)


def test_a_cut_or_changed_table_is_refused(table: IpCountries) -> None:
    blob = table.to_bytes()
    for cut in range(len(MAGIC), len(blob) - 1):
        with pytest.raises(ReferenceTableError):
            IpCountries.from_bytes(blob[:cut])


edges6 = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 9), min_size=2, max_size=12, unique=True).map(
    sorted
)


@given(edges6, st.lists(st.integers(0, 2**64 - 1), max_size=5), st.integers(0, 2**64 - 1))
def test_ipv6_lookup_equals_trying_every_range(edges: list[int], others: list[int], low: int) -> None:
    pairs = zip(edges[::2], edges[1::2], strict=False)
    ranges = [AddressRange(first, last, COUNTRIES[n % 2]) for n, (first, last) in enumerate(pairs)]
    table = IpCountries.from_bytes(IpCountries.from_ranges((), reversed(ranges)).to_bytes())
    asked = [n for edge in edges for n in (edge - 1, edge, edge + 1) if 0 <= n < 2**64] + others
    expected = [next((r.country for r in ranges if r.first <= n <= r.last), None) for n in asked]
    spelled = [str(ipaddress.IPv6Address(n << 64 | low)) for n in asked]
    mapped = [ipaddress.IPv6Address(ip).ipv4_mapped is not None for ip in spelled]
    assert table.countries(spelled) == [None if skip else c for c, skip in zip(expected, mapped, strict=True)]


def test_a_prepared_table_whose_blocks_do_not_ascend_is_refused() -> None:
    starts, codes = np.array([5, 5], np.uint64), np.array([1, 1], np.uint8)
    table = IpCountries(np.zeros(0, np.uint32), np.zeros(0, np.uint8), ["DE"], (starts, codes))
    with pytest.raises(ReferenceTableError, match="do not ascend"):
        IpCountries.from_bytes(table.to_bytes())


def test_a_cut_table_of_both_versions_is_refused() -> None:
    blob = IpCountries.from_ranges([AddressRange(1, 2, "DE")], [AddressRange(1, 2, "FR")]).to_bytes()
    for cut in range(len(blob)):
        with pytest.raises(ReferenceTableError):
            IpCountries.from_bytes(blob[:cut])
