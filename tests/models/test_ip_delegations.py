import pytest

from models.file_formats.csv_reader import ReferenceTableError
from models.reference.ip_countries import IpCountries
from models.reference.ip_delegations import from_text

NETWORKS = b"network,country\n2001:db8::/32,FR\n192.0.2.0/24,DE\n198.51.100.0/24,US\n2001:db9::/64,NL\n"
RANGES = b"start,end,country\n192.0.2.0,192.0.2.255,DE\n198.51.100.0,198.51.100.255,US\n" + (
    b"2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,FR\n2001:db9::,2001:db9::ffff:ffff:ffff:ffff,NL\n"
)
DELEGATED = b"""2|ripencc|20240101|5|19830705|20240101|+0100
ripencc|*|ipv4|*|3|summary
ripencc|DE|asn|7|1|19930901|allocated
ripencc|DE|ipv4|192.0.2.0|256|19930901|allocated
ripencc|US|ipv4|198.51.100.0|256|19930901|assigned|opaque-id
ripencc||ipv4|203.0.113.0|256||available
ripencc|FR|ipv6|2001:db8::|32|19990813|allocated
ripencc|NL|ipv6|2001:db9::|64|19990813|assigned
ripencc|ZZ|ipv6|2001:dba::|32||reserved
"""
ASKED = {
    "192.0.1.255": None,
    "192.0.2.0": "DE",
    "192.0.2.255": "DE",
    "192.0.3.0": None,
    "198.51.100.7": "US",
    "203.0.113.1": None,
    "::ffff:192.0.2.9": "DE",
    "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff": None,
    "2001:db8::": "FR",
    "2001:db8:ffff::1": "FR",
    "2001:db9::ffff": "NL",
    "2001:db9:0:1::": None,
    "::": None,
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff": None,
}


@pytest.mark.parametrize("text", [NETWORKS, RANGES, DELEGATED, NETWORKS.replace(b"\n", b"\r\n")])
def test_every_form_gives_the_same_countries(text: bytes) -> None:
    table = from_text(text)
    assert dict(zip(ASKED, table.countries(list(ASKED)), strict=True)) == ASKED


def test_a_prepared_file_holds_both_versions() -> None:
    again = IpCountries.from_bytes(from_text(NETWORKS).to_bytes())
    assert again.countries(list(ASKED)) == list(ASKED.values())


def test_a_table_of_one_version_alone_is_a_table() -> None:
    six = IpCountries.from_bytes(from_text(b"network,country\n::/0,DE\n").to_bytes())
    assert six.countries(["::", "ffff::1", "8.8.8.8"]) == ["DE", "DE", None]
    four = IpCountries.from_bytes(from_text(b"network,country\n0.0.0.0/0,DE\n").to_bytes())
    assert four.countries(["0.0.0.0", "255.255.255.255", "::1"]) == ["DE", "DE", None]


def test_neighbours_of_one_country_become_one_block() -> None:
    whole = from_text(b"network,country\n192.0.2.0/24,DE\n2001:db8::/32,DE\n")
    split = b"network,country\n192.0.2.128/25,DE\n192.0.2.0/25,DE\n2001:db8:8000::/33,DE\n2001:db8::/33,DE\n"
    assert from_text(split).to_bytes() == whole.to_bytes()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "line 1"),
        (b"network,country\n", "no range"),
        (b"2|ripencc|20240101|0|19830705|20240101|+0100\n", "no range"),
        (b"network,country\n192.0.2.1/24,DE\n", "line 2: 192.0.2.1/24 has host bits set"),
        (b"network,country\n192.0.2.0/33,DE\n", "line 2: "),
        (b"network,country\nhere,DE\n", "line 2: 'here'"),
        (b"network,country\n192.0.2.0/24,deu\n", "line 2: 'deu' is not a country code"),
        (b"network,country\n192.0.2.0/24,\n", "line 2: '' is not a country code"),
        (b"network,country\n2001:db8::/65,DE\n", "line 2: .* is finer than a /64"),
        (b"start,end,country\n192.0.2.9,192.0.2.1,DE\n", "line 2: .* not a range of ascending"),
        (b"start,end,country\n192.0.2.9,2001:db8::,DE\n", "line 2: .* not a range of ascending"),
        (b"start,end,country\n192.0.2.009,192.0.2.10,DE\n", "line 2: .*192.0.2.009|Leading zeros"),
        (
            b"network,country\n192.0.2.0/24,DE\n8.0.0.0/8,US\n192.0.2.128/25,FR\n",
            "line 4: .* overlaps .* line 2",
        ),
        (b"network,country\n2001:db8::/32,DE\n2001:db8:1::/48,FR\n", "line 3: .* overlaps .* line 2"),
        (
            b"start,end,country\n10.0.0.0,10.0.0.9,DE\n10.0.0.9,10.0.0.10,FR\n",
            "line 3: .* overlaps .* line 2",
        ),
        (DELEGATED.replace(b"|256|", b"|x|", 1), "line 4: 'x' is not a number"),
        (DELEGATED.replace(b"|256|", b"|0|", 1), "line 4: .* is not a range of ipv4"),
        (DELEGATED.replace(b"|256|", b"|99999999999|", 1), "line 4: '99999999999'"),
        (DELEGATED.replace(b"192.0.2.0|256", b"255.255.255.0|512", 1), "line 4: .* is not a range of ipv4"),
        (
            DELEGATED.replace(b"DE|ipv4|192.0.2.0", b"DE|ipv4|2001:db8::", 1),
            "line 4: .* is not a range of ipv4",
        ),
        (DELEGATED.replace(b"|32|", b"|65|", 1), "line 7: .* is finer than a /64"),
        (DELEGATED.replace(b"2001:db8::|32", b"2001:db8::1|32", 1), "line 7: "),
        ("network,country\n192.0.2.0/24,DE\n".encode("utf-16-le"), "line 1"),
    ],
)
def test_a_wrong_line_is_refused_by_its_number(text: bytes, words: str) -> None:
    with pytest.raises(ReferenceTableError, match=words):
        from_text(text)


def test_more_countries_than_fit_are_refused() -> None:
    codes = [f"{a}{b}" for a in "ABCDEFGHIJK" for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    rows = "".join(f"10.{n // 256}.{n % 256}.0/24,{code}\n" for n, code in enumerate(codes[:256]))
    with pytest.raises(ReferenceTableError, match="256 countries; at most 255"):
        from_text(("network,country\n" + rows).encode())
