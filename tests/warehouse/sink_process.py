"""A warehouse process for the crash tests: one sink, which kills its own process at a given moment.

Arguments: home, bootstrap, engine, moment (`never`, `recorded`, `inserted`, `decisions`), and at which
insert that happens. Prints the data folders of the tables first and a line for every insert.
"""

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from streams.process import stop_flag
from streams.warehouse.database import Database
from streams.warehouse.schema.migrate import migrate
from streams.warehouse.sink.block_insert import BlockInsert
from streams.warehouse.sink.sink import WarehouseSink
from tests.warehouse.log_messages import NETWORKS


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def plant(moment: str, at: int) -> None:
    """Makes the process die before or after insert number `at`, or after that of the first decisions."""
    insert = BlockInsert.insert
    done = 0

    def planted(self: BlockInsert, table: str, *arguments: Any, **options: Any) -> None:
        nonlocal done
        done += 1
        if moment == "recorded" and done == at:
            die()
        insert(self, table, *arguments, **options)
        print("inserted", flush=True)
        if (moment == "inserted" and done == at) or moment == table:
            die()

    BlockInsert.insert = planted  # type: ignore[method-assign]


def main() -> None:
    home, bootstrap, engine, moment, at = sys.argv[1:]
    plant(moment, int(at))
    is_stopping = stop_flag()
    database = Database(Path(home) / "warehouse")
    client = database.client()
    migrate(client)
    for name, paths in client.query(
        "SELECT name, data_paths FROM system.tables WHERE engine LIKE '%MergeTree'"
    ).result_rows:
        print("folder", name, paths[0], flush=True)
    stop = threading.Event()
    sink = WarehouseSink(engine, bootstrap, client, NETWORKS, stop)
    thread = threading.Thread(target=sink.run)
    thread.start()
    while thread.is_alive() and not is_stopping():
        thread.join(0.05)
    stop.set()
    thread.join()
    client.close()
    database.close()


if __name__ == "__main__":
    main()
