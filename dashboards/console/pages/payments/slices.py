"""A selection is read in slices of time, the newest first, so that a page costs what it shows and not what
there is.

The first slice is half an hour long, each one after it 24 times as long as the one before: a year is five
slices. They are disjoint, so nothing is looked at twice; where something is rare, all of them together are
one look. Where the newest two hold nothing at all, the rest is one look: what fits no payment is told by the
indexes of `decisions`, and each statement has a price of its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dashboards.console.pages.payments.filters import SEQUENCE_END
from dashboards.console.warehouse import Rows, WarehouseReader

QUERY: Final = "payments/selection"
FIRST_MS: Final = 1_800_000
GROWTH: Final = 24
EMPTY_MAX: Final = 2
"""So many slices may hold nothing before the rest is looked at as one."""
Scope = frozenset[str] | None


def selected_rows(
    warehouse: WarehouseReader, parameters: Mapping[str, Any], scope: Scope, rows_max: int
) -> Rows:
    """The newest `rows_max` rows of a selection. `parameters` as `PaymentFilters.parameters` gives them.
    Raises as `WarehouseReader.rows`.
    """
    columns: tuple[str, ...] = ()
    found: list[Any] = []
    for looked_at, (start, until) in enumerate(slices(parameters["since"], parameters["until"])):
        since = parameters["since"] if looked_at >= EMPTY_MAX and not found else start
        left = rows_max - len(found)
        asked = {**parameters, "since": since, "until": until, "rows": left}
        if until < parameters["until"]:
            asked["below_sequence"] = SEQUENCE_END  # of the newest slice alone a part may have been shown
        rows = warehouse.rows(QUERY, asked, scope, left)
        columns = columns or rows.columns
        found += rows.values
        if len(found) >= rows_max or since == parameters["since"]:
            break
    return Rows(columns, found)


def slices(since_ms: int, until_ms: int) -> Iterator[tuple[int, int]]:
    """Both ends belong to a slice.

    >>> list(slices(0, 50_000_000))
    [(48200001, 50000000), (5000001, 48200000), (0, 5000000)]
    """
    length = FIRST_MS
    while until_ms >= since_ms:
        start = max(since_ms, until_ms - length + 1)
        yield start, until_ms
        until_ms, length = start - 1, length * GROWTH
