from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.reference.ip_addresses import MALFORMED, V4, V6, network, parsed

numbers = st.integers(0, 2**128 - 1) | st.builds(lambda high, low: high << 64 | low, *[st.integers(0, 3)] * 2)
ipv6 = st.builds(
    lambda number, spelling: spelling(IPv6Address(number)),
    numbers,
    st.sampled_from([str, lambda ip: ip.exploded, lambda ip: str(ip).upper()]),
)
ipv4 = st.integers(0, 2**32 - 1).map(lambda number: str(IPv4Address(number)))
almost = st.text("0123456789abcdefF:.%/ \n", max_size=24)


def by_the_library(text: str) -> tuple[int, int, int, str | None]:
    """Version, number of IPv4, first 64 bits of IPv6, spelling."""
    try:
        four = IPv4Address(text)
        return V4, int(four), 0, str(four)
    except AddressValueError:
        pass
    try:
        six = IPv6Address(text)
    except AddressValueError:
        return MALFORMED, 0, 0, None
    if six.scope_id is not None:
        return MALFORMED, 0, 0, None
    if six.ipv4_mapped is not None:
        return V4, int(six.ipv4_mapped), 0, str(six.ipv4_mapped)
    return V6, 0, int(six) >> 64, str(six)


@given(st.lists(st.none() | ipv4 | ipv6 | almost | st.text(max_size=8), max_size=20))
def test_addresses_are_read_as_the_standard_library_does(ips: list[str | None]) -> None:
    found = parsed(ips)
    rows = zip(found.version.tolist(), found.number.tolist(), found.prefix.tolist(), found.text, strict=True)
    assert list(rows) == [by_the_library(ip or "") for ip in ips]


@given(ipv4 | ipv6)
def test_the_network_is_the_24_or_the_48(ip: str) -> None:
    version, *_, text = by_the_library(ip)
    assert text is not None
    assert network(text) == str(ip_network(f"{text}/{24 if version == V4 else 48}", strict=False))


@pytest.mark.parametrize(
    "ip", ["fe80::1%eth0", "1::00001", ":::", "1.2.3.4%0", "::ffff:1.2.3", "[::1]", "::1\0", "\ud800:"]
)
def test_odd_spellings_are_malformed(ip: str) -> None:
    assert parsed([ip, "::1"]).version.tolist() == [MALFORMED, V6]


def test_a_line_break_in_an_address_does_not_shift_the_others() -> None:
    assert parsed(["1.2.3.4", "1.2\n.3.4", "::1"]).version.tolist() == [V4, MALFORMED, V6]
