"""The address of a statement that somebody wrote; that of a chart's query is made by `explore_link`."""

from typing import Final
from urllib.parse import urlencode

from desk.views import Chart

LINK_BYTES_MAX: Final = 6_000
"""Longer addresses are cut by proxies: such a statement is saved to be linked to."""


def statement_address(statement: str, chart: Chart | None = None) -> str:
    """Where a statement opens; the empty page for one that is too long for an address.

    >>> statement_address("SELECT 1", Chart("bar", "a", ("b",)))
    '/explore?sql=SELECT+1&chart=bar&across=a&up=b'
    """
    fields: list[tuple[str, str]] = [("sql", statement)]
    if chart and chart.kind != "none":
        fields += [("chart", chart.kind), ("across", chart.across), ("by", chart.by)]
        fields += [("up", name) for name in chart.up]
    address = f"/explore?{urlencode([(name, value) for name, value in fields if value])}"
    return address if len(address) <= LINK_BYTES_MAX else "/explore"
