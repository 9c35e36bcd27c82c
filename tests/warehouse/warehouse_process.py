"""A warehouse process for the tests: HTTP endpoint, tables, and one sink. Arguments: home, bootstrap, engine.

Prints its address when it answers; SIGTERM stops it cleanly.
"""

import sys
import threading
from pathlib import Path

from streams.process import stop_flag
from streams.warehouse.database import Database
from streams.warehouse.http.server import WarehouseServer
from streams.warehouse.schema.migrate import migrate
from streams.warehouse.sink.sink import WarehouseSink
from tests.warehouse.log_messages import NETWORKS


def main() -> None:
    home, bootstrap, engine = sys.argv[1:]
    is_stopping = stop_flag()
    database = Database(Path(home) / "warehouse")
    client = database.client()
    migrate(client)
    server = WarehouseServer(database, Path(home) / "run" / "warehouse.json")
    server.start()
    print(server.url, flush=True)
    stop = threading.Event()
    thread = threading.Thread(target=WarehouseSink(engine, bootstrap, client, NETWORKS, stop).run)
    thread.start()
    while thread.is_alive() and not is_stopping():
        thread.join(0.05)
    stop.set()
    thread.join()
    server.stop()
    client.close()
    database.close()


if __name__ == "__main__":
    main()
