"""A warehouse as an earlier version left it, made in a process of its own: in chdb's database `default`.

Argument: the data directory. Prints nothing; ends cleanly.
"""

import sys

import chdb
import clickhouse_connect

from streams.warehouse.schema.migrate import migrate


def main() -> None:
    path = sys.argv[1]
    keeper = chdb.connect(path)
    client = clickhouse_connect.get_client(interface="chdb", path=path)
    migrate(client)
    client.command("INSERT INTO warehouse_identity (id) SELECT '00000000-0000-4000-8000-000000000001'")
    client.command(
        "INSERT INTO decisions (engine, log_offset, verdict, engine_time)"
        " SELECT 'live', number, 'approve', toDateTime64(number, 3) FROM numbers(1000)"
    )
    client.close()
    keeper.close()


if __name__ == "__main__":
    main()
