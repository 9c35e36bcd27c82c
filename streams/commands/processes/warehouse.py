"""`tollgate warehouse`: owns ClickHouse's data, answers its HTTP protocol, and fills the tables."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from streams.commands.processes.warehouse_rebuild import command as rebuild_command
from streams.errors import Damaged, Outage

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from streams.metrics import Meters
    from streams.settings import Settings
    from streams.warehouse.http import WarehouseServer
    from streams.warehouse.repair import RebuildRequest

log = logging.getLogger(__name__)


@click.group("warehouse", invoke_without_command=True)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; 0 takes a free one."
)
@click.option("--no-sinks", is_flag=True, help="Answer queries only; bring nothing from Kafka.")
@click.option(
    "--engine",
    "engines",
    multiple=True,
    help="Fill the tables of this engine only; several times for several.",
)
@click.pass_context
def command(context: click.Context, port: int, no_sinks: bool, engines: tuple[str, ...]) -> None:
    """Own ClickHouse's data and fill it, until SIGTERM.

    Serves the ClickHouse HTTP protocol on 127.0.0.1, with passwords made at the first start
    (HOME/warehouse-analyst.netrc, HOME/warehouse-sink.netrc), brings the tables up to date,
    and sinks what every engine that Kafka has topics of reads and writes, with its labels, disputes and
    controls. With CLICKHOUSE_URL
    nothing is served: the tables of that server are brought up to date and filled.
    """
    if context.invoked_subcommand:
        return
    from streams.metrics import served
    from streams.process import configure_logging, stop_flag
    from streams.settings import Settings

    configure_logging()
    stopping = stop_flag()
    settings = Settings()
    with ExitStack() as stack:
        meters = stack.enter_context(served(settings, "warehouse"))
        if settings.clickhouse_url:
            connect, is_stopping = _remote(settings), stopping
        else:
            connect, server = _local(settings, port, stack, meters)
            is_stopping = _or_server_ended(stopping, server)
        if no_sinks:
            _wait(is_stopping)
        else:
            _sink(settings, engines, connect, is_stopping, meters)


def _remote(settings: "Settings") -> "Callable[[], Client]":
    from streams.warehouse import connect

    _prepare(connect(settings.clickhouse()), settings)
    return lambda: connect(settings.clickhouse())


def _local(
    settings: "Settings", port: int, stack: ExitStack, meters: "Meters"
) -> "tuple[Callable[[], Client], WarehouseServer]":
    """Publishes its address only when the tables are there: a client that finds it may use them."""
    from streams.metrics.by_process import StatementMeters
    from streams.warehouse import Database
    from streams.warehouse.http import WarehouseServer

    database = Database(settings.home / "warehouse")
    stack.callback(database.close)
    _prepare(database.client(), settings)
    server = WarehouseServer(
        database, settings.run / "warehouse.json", port, StatementMeters(meters).answered
    )
    server.start()
    stack.callback(server.stop)
    return database.client, server


def _prepare(client: "Client", settings: "Settings") -> None:
    """Tables of this version, which keep their rows as long as the setting says."""
    from streams.warehouse.schema import apply_retention, keep_days, migrate

    days = keep_days(settings.warehouse_keep_days)
    migrate(client)
    for table, kept in apply_retention(client, days).items():
        log.info("%s keeps its rows %s", table, f"for {kept} days" if kept else "for ever")


def _or_server_ended(is_stopping: Callable[[], bool], server: "WarehouseServer") -> Callable[[], bool]:
    """A warehouse that no longer answers ends, so that the supervisor starts another."""

    def ended() -> bool:
        if is_stopping():
            return True
        if not server.answers:
            raise Outage(
                "the warehouse's HTTP server has ended; its error is above. Start the warehouse again"
            )
        return False

    return ended


def _wait(is_stopping: Callable[[], bool]) -> None:
    import time

    while not is_stopping():
        time.sleep(0.2)


def _sink(
    settings: "Settings",
    engines: tuple[str, ...],
    connect: "Callable[[], Client]",
    is_stopping: Callable[[], bool],
    meters: "Meters",
) -> None:
    """Sinks until the process is to stop, and rebuilds in between when that is asked for."""
    from streams.metrics.by_process import SinkMeters
    from streams.warehouse.repair import RebuildRequest
    from streams.warehouse.sink import EngineDiscovery, SinkSupervisor, WarehouseSink
    from streams.warehouse.tables import IpNetworks, network_key

    bootstrap, request = settings.kafka(), RebuildRequest(settings.home)
    networks = IpNetworks(network_key(settings.network_key()))
    with request.lock():
        while not is_stopping():
            rebuild(bootstrap, connect, request, engines)
            sinks = SinkSupervisor(
                EngineDiscovery(bootstrap, engines),
                lambda engine, stop: WarehouseSink(engine, bootstrap, connect(), networks, stop),
                settings.run / "sinks.json",
                "warehouse-sink",
                lambda engine: SinkMeters(meters, engine, "clickhouse"),
            )
            sinks.run(lambda: is_stopping() or bool(request.pending()))
            if not sinks.are_stopped:
                raise Outage("a sink hangs: it ends with this process. Start the warehouse again")


def rebuild(
    bootstrap: str, connect: "Callable[[], Client]", request: "RebuildRequest", engines: tuple[str, ...] = ()
) -> None:
    """Does what is asked for, if anything is. The caller holds the lock: no sink of this home runs.

    `engines`: those whose sinks read their rows again afterwards; empty: every engine.
    """
    from streams.warehouse.repair import Rebuild, RebuildReport

    if name := request.pending():
        try:
            report = Rebuild(bootstrap, connect(), name, engines, request.tables()).run()
        except Damaged as failure:  # kept as it is: asking again would not help, and the sinks must go on
            report = RebuildReport(refused=str(failure))
        request.done(report)


command.add_command(rebuild_command)
