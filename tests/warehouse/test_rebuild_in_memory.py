"""Rebuilds over a log in memory: what cannot be made again from it stays as it is."""

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from streams.warehouse.repair import Rebuild
from streams.warehouse.sink.sink import WarehouseSink
from tests.warehouse.arriving_log import ArrivingLog, make_sink, rebuilt, sink_arriving, small

__all__ = ["make_sink"]

CARDS = (
    "SELECT groupBitXor(cityHash64(log_offset, card, bin, channel)), countIf(payment_known) FROM decisions"
)
BY_BIN = (
    "SELECT groupBitXor(cityHash64(*)) FROM (SELECT day, bin, sum(payments) FROM v_day_by_bin GROUP BY ALL)"
)
MIDDLE = "SELECT toUnixTimestamp64Milli(quantileExact(t.received_at)) FROM payments AS t"


@pytest.fixture
def client(own: Client) -> Client:
    return own


@pytest.mark.parametrize("stopped_at", [None, 1, 20, 40, 60, 90])
def test_decisions_whose_payments_are_no_longer_kept_stay_as_they_are(
    client: Client,
    engine: str,
    make_sink: Callable[[ArrivingLog], WarehouseSink],
    monkeypatch: pytest.MonkeyPatch,
    stopped_at: int | None,
) -> None:
    """Payments are limited in the warehouse, and the log of decisions reaches further back; one table was
    altered, and the rebuild may die once.
    """
    arriving = small(engine, 1)
    sink_arriving(make_sink(arriving), arriving)
    before = [client.query(query).result_rows for query in (CARDS, BY_BIN)]
    since_ms = int(client.command(MIDDLE))
    monkeypatch.setattr(
        "streams.warehouse.repair.rebuild.kept_since_ms",
        lambda _, table: since_ms if table == "payments" else 0,
    )
    for statement in (
        f"ALTER TABLE payments DELETE WHERE received_at < fromUnixTimestamp64Milli({since_ms}, 'UTC')",
        "ALTER TABLE decisions MODIFY COLUMN policy LowCardinality(String)",
    ):
        client.command(statement, settings={"mutations_sync": 2})
    done, command = count(), Rebuild._command

    def planted(self: Rebuild, *arguments: Any, **options: Any) -> None:
        if next(done) == stopped_at:
            raise KeyboardInterrupt
        command(self, *arguments, **options)

    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(Rebuild, "_command", planted)
        rebuilt(arriving, client, monkeypatch, tables=["decisions"])
    rebuilt(arriving, client, monkeypatch, tables=["decisions"])
    kept = client.command("SELECT count() FROM decisions")
    assert 0 < kept < len(arriving.log.messages[f"{engine}.decisions"])
    sink_arriving(make_sink(arriving), arriving)
    assert [client.query(query).result_rows for query in (CARDS, BY_BIN)] == before
