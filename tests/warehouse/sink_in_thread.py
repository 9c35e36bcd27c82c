"""A warehouse sink in a thread of the test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from clickhouse_connect.driver.client import Client

from streams.warehouse.sink.progress import wait_until_sunk
from streams.warehouse.sink.sink import WarehouseSink
from tests.warehouse.log_messages import NETWORKS


@contextmanager
def sinking(sink: WarehouseSink, stop: threading.Event) -> Iterator[WarehouseSink]:
    thread = threading.Thread(target=sink.run)
    thread.start()
    try:
        yield sink
    finally:
        stop.set()
        thread.join(30)


def sink_all(kafka: str, client: Client, engine: str) -> WarehouseSink:
    stop = threading.Event()
    with sinking(WarehouseSink(engine, kafka, client, NETWORKS, stop), stop) as sink:
        wait_until_sunk(kafka, client, engine)
    return sink
