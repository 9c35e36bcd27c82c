"""Pages ask the warehouse within limits, and are told what to do where it does not answer."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from dashboards.console.warehouse import (
    NoMerchantAccount,
    ReaderBusy,
    WarehouseDown,
    WarehouseReader,
    WarehouseRefused,
    WarehouseSlow,
    query_text,
)
from dashboards.console.warehouse.places import Places
from streams.settings import NotRunning


class Blocks:
    """A stream of blocks of rows."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self.rows = rows
        self.column_names = ("n",)
        self.source = self

    def __iter__(self) -> Iterator[list[tuple[Any, ...]]]:
        return iter([self.rows[:2], self.rows[2:]])


class FakeClient:
    """Notes what is asked, and answers or fails."""

    def __init__(self, failure: Exception | None = None, rows: int = 5) -> None:
        self.failure = failure
        self.rows = [(number,) for number in range(rows)]
        self.asked: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = []
        self.is_closed = False
        self.go = threading.Event()
        self.go.set()

    @contextmanager
    def query_row_block_stream(
        self, text: str, parameters: Mapping[str, Any], settings: Mapping[str, Any]
    ) -> Iterator[Blocks]:
        self.asked.append((text, parameters, settings))
        assert self.go.wait(20)
        if self.failure:
            raise self.failure
        yield Blocks(self.rows)

    def close(self) -> None:
        self.is_closed = True


def reading(client: FakeClient) -> WarehouseReader:
    """A reader whose client is this one."""
    return WarehouseReader("http://warehouse", lambda _: client)


def failed(code: int) -> Exception:
    """An error of ClickHouse with a number."""
    failure = DatabaseError("a server's error")
    failure.code = code
    return failure


def test_every_query_has_the_accounts_and_the_limits() -> None:
    client = FakeClient()
    reading(client).asked("SELECT 1", {"engine": "live"}, frozenset({"b", "a"}))
    reading(client).asked("SELECT 1", {}, None)
    assert [parameters for _, parameters, _ in client.asked] == [
        {"engine": "live", "accounts": ["a", "b"]}, {"accounts": []}
    ]  # fmt: skip
    assert all(settings["max_execution_time"] == 10 for _, _, settings in client.asked)


def test_nobody_chooses_their_own_accounts() -> None:
    client = FakeClient()
    reading(client).asked("SELECT 1", {"accounts": ["others"]}, frozenset({"mine"}))
    assert client.asked[0][1]["accounts"] == ["mine"]


def test_whoever_has_no_account_is_refused_before_the_query() -> None:
    client = FakeClient()
    with pytest.raises(NoMerchantAccount, match="ask an administrator"):
        reading(client).asked("SELECT 1", {}, frozenset())
    assert not client.asked


@pytest.mark.parametrize(("limit", "shown", "cut"), [(3, 3, True), (5, 5, False), (9, 5, False)])
def test_a_result_is_cut_at_the_limit_and_says_so(limit: int, shown: int, cut: bool) -> None:
    found = reading(FakeClient()).asked("SELECT n", {}, None, limit)
    assert (len(found), found.cut) == (shown, cut)
    assert found.column("n") == list(range(shown))


@pytest.mark.parametrize("code", [158, 159, 160, 241, 307, 396])
def test_a_query_that_ran_into_a_limit_is_slow(code: int) -> None:
    with pytest.raises(WarehouseSlow, match="narrow the dates"):
        reading(FakeClient(failed(code))).asked("SELECT n", {}, None)


def test_a_query_that_is_wrong_is_refused_with_its_number() -> None:
    with pytest.raises(WarehouseRefused) as refusal:
        reading(FakeClient(failed(62))).asked("SELEC", {}, None)
    assert refusal.value.code == 62


def test_a_warehouse_that_does_not_answer_is_looked_up_again() -> None:
    first, second = FakeClient(OperationalError("refused")), FakeClient()
    clients = iter([first, second])
    addresses = iter(["http://old", "http://new"])
    reached = []

    def connected(url: str) -> FakeClient:
        reached.append(url)
        return next(clients)

    asking = WarehouseReader(lambda: next(addresses), connected)
    with pytest.raises(WarehouseDown, match="payments are decided all the same"):
        asking.asked("SELECT n", {}, None)
    assert first.is_closed
    assert len(asking.asked("SELECT n", {}, None)) == 5
    assert reached == ["http://old", "http://new"]


def test_a_warehouse_that_is_not_up_yet_is_down() -> None:
    def nowhere() -> str:
        raise NotRunning("not running")

    with pytest.raises(WarehouseDown):
        WarehouseReader(nowhere).asked("SELECT n", {}, None)


def test_a_server_that_fixes_limits_is_asked_without_them() -> None:
    client = FakeClient(failed(164))
    asking = reading(client)
    with pytest.raises(WarehouseRefused):
        asking.asked("SELECT n", {}, None)
    assert [bool(settings) for _, _, settings in client.asked] == [True, False]


def test_four_ask_at_once_and_the_fifth_waits_for_a_bounded_time() -> None:
    client = FakeClient()
    client.go.clear()
    places = Places(wait_s=0.01)
    asking = WarehouseReader("http://warehouse", lambda _: client, places)
    threads = [threading.Thread(target=asking.asked, args=("SELECT n", {}, None)) for _ in range(4)]
    for thread in threads:
        thread.start()
    while places.counts() != (4, 0):  # until all four have their place
        pass
    with pytest.raises(ReaderBusy, match="try again"):
        asking.asked("SELECT n", {}, None)
    client.go.set()
    for thread in threads:
        thread.join()
    assert len(asking.asked("SELECT n", {}, None)) == 5


def test_a_shared_answer_is_given_to_many_and_kept_apart_by_account() -> None:
    client = FakeClient()
    asking = reading(client)
    for _ in range(50):
        asking.shared("search/rules", {"engine": "live", "text": "a", "with_lines": "a"}, None, 60)
    assert len(client.asked) == 1
    asking.shared("search/rules", {"engine": "live", "text": "a", "with_lines": "a"}, frozenset({"shop"}), 60)
    assert len(client.asked) == 2
    asking.shared("search/rules", {"engine": "live", "text": "a", "with_lines": "a"}, None, 0)
    assert len(client.asked) == 3


@pytest.mark.parametrize("name", ["../secrets", "live/../x", "live", "/etc/passwd", "live/by.minute", ""])
def test_a_query_is_named_by_its_room(name: str) -> None:
    with pytest.raises(AssertionError):
        query_text(name)
