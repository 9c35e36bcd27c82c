"""Asks ClickHouse for pages, within limits."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

from dashboards.console.warehouse.asking import asking_person
from dashboards.console.warehouse.errors import (
    NoMerchantAccount,
    WarehouseDown,
    WarehouseRefused,
    WarehouseSlow,
)
from dashboards.console.warehouse.places import Places
from dashboards.console.warehouse.queries import query_text
from dashboards.console.warehouse.rows import Rows
from streams.settings import NotRunning

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

QUERY_MAX_S: Final = 10
"""A query of a page."""
ROWS_MAX: Final = 1_000
RESULT_BYTES_MAX: Final = 64 << 20
REMEMBERED_MAX: Final = 256
"""Answers of shared polls that are kept."""
Scope = frozenset[str] | None
"""Merchant accounts of whoever asks; None for all."""
LIMIT_CODES: Final = frozenset((158, 159, 160, 241, 307, 396))
"""ClickHouse's numbers for: too many rows, timeout, too slow, memory, too many bytes, too long a result."""
READONLY: Final = 164
"""A setting that may not be changed."""
LOWERED: Final = ("max_execution_time", "max_result_bytes", "max_result_rows", "max_memory_usage")
UNREACHED: Final = frozenset((202, 209, 210, 279))
"""Too many queries at once, and failures of its network."""


class WarehouseReader:
    """Answers of named queries. One for the application; any thread may ask.

    The client is made at the first question and again after a failure: the console opens while the warehouse
    is down. `url` may be a function, since a local warehouse has an address while it runs. `connected` makes
    the client, and is given by tests.
    """

    def __init__(
        self,
        url: str | Callable[[], str],
        connected: "Callable[[str], Client] | None" = None,
        places: Places | None = None,
    ) -> None:
        self._address: Callable[[], str] = url if callable(url) else lambda: url
        self._connected = connected or _connected
        self._client: Client | None = None
        self._may_lower = True
        """Whether the server lets limits be lowered: one of your own may fix them in the user's profile."""
        self._places = places or Places()
        self._making = threading.Lock()
        self._shared: OrderedDict[Any, tuple[float, Rows]] = OrderedDict()
        self._sharing = threading.Lock()

    @property
    def url(self) -> str:
        """Where the warehouse is, with the password: for statements that people write. Raises NotRunning."""
        return self._address()

    def rows(
        self, query_name: str, parameters: Mapping[str, Any], scope: Scope, rows_max: int = ROWS_MAX
    ) -> Rows:
        """What `room/query` gives, `rows_max` rows at most.

        `parameters` go to the server apart from the text (`{name:Type}`); `accounts` is added to them. Raises
        NoMerchantAccount, WarehouseDown, ReaderBusy, WarehouseSlow, WarehouseRefused.
        """
        return self.asked(query_text(query_name), parameters, scope, rows_max, name=query_name)

    def asked(
        self,
        text: str,
        parameters: Mapping[str, Any],
        scope: Scope,
        rows_max: int = ROWS_MAX,
        settings: Mapping[str, Any] | None = None,
        name: str = "",
    ) -> Rows:
        """What a text gives; for queries that are put together by code of ours, which have no `name`. Raises
        as `rows` does.
        """
        if scope is not None and not scope:
            raise NoMerchantAccount(
                "You see no merchant account yet, so there is nothing to show: ask an administrator for one"
            )
        limits = {
            "max_execution_time": QUERY_MAX_S,
            "max_result_bytes": RESULT_BYTES_MAX,
            **(settings or {}),
        }
        bound = {**parameters, "accounts": sorted(scope or ())}
        with self._places.place(asking_person(), name):
            return self._answer(text, bound, limits, rows_max)

    def shared(self, query_name: str, parameters: Mapping[str, Any], scope: Scope, age_max_s: float) -> Rows:
        """As `rows`, but an answer that is not older than `age_max_s` is given again: many people look at one
        figure, and the warehouse is asked once.
        """
        key = (query_name, tuple(sorted((name, str(value)) for name, value in parameters.items())), scope)
        with self._sharing:
            known = self._shared.get(key)
        if known and time.monotonic() - known[0] <= age_max_s:
            return known[1]
        found = self.rows(query_name, parameters, scope)
        with self._sharing:
            self._shared[key] = (time.monotonic(), found)
            self._shared.move_to_end(key)
            while len(self._shared) > REMEMBERED_MAX:
                self._shared.popitem(last=False)
        return found

    def close(self) -> None:
        """Ends the connections."""
        with self._making:
            if self._client is not None:
                self._client.close()
            self._client = None

    def _answer(self, text: str, parameters: dict[str, Any], limits: dict[str, Any], rows_max: int) -> Rows:
        from clickhouse_connect.driver.exceptions import Error as ClickHouseError  # of an extra

        settings = limits if self._may_lower else {}
        try:
            client = self._opened()
            with client.query_row_block_stream(text, parameters=parameters, settings=settings) as blocks:
                found = list(islice(chain.from_iterable(blocks), rows_max + 1))
                columns = tuple(blocks.source.column_names)
        except (ClickHouseError, NotRunning) as failure:
            if settings and getattr(failure, "code", None) == READONLY:
                self._may_lower = False
                return self._answer(text, parameters, limits, rows_max)
            told = self._told(failure)
            if isinstance(told, WarehouseDown):
                self.close()
            raise told from failure
        return Rows(columns, found[:rows_max], cut=len(found) > rows_max)

    def _opened(self) -> "Client":
        with self._making:
            if self._client is None:
                self._client = self._connected(self._address())
            return self._client

    def _told(self, failure: Exception) -> Exception:
        code = int(getattr(failure, "code", None) or 0)
        if code in LIMIT_CODES:
            return WarehouseSlow(
                f"This question takes longer than {QUERY_MAX_S} s or more memory than one question may have: "
                "narrow the dates or the filters"
            )
        if code and code not in UNREACHED:
            return WarehouseRefused(str(failure), code)
        return WarehouseDown(
            "The warehouse does not answer, so figures cannot be shown; payments are decided all the same. "
            "Look at `tollgate status`, then try again"
        )


def _connected(url: str) -> "Client":
    """A client that sends limits, though to an analyst all settings are said to be fixed: the local warehouse
    lets these be lowered, and a server that does not says so (READONLY).
    """
    from streams.warehouse import connect

    client = connect(url, connect_timeout=3, send_receive_timeout=QUERY_MAX_S + 5)
    known = client.server_settings
    known.update({name: known[name]._replace(readonly=0) for name in LOWERED if name in known})
    return client
