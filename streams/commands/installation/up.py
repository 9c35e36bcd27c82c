"""`tollgate up`: starts the platform of a home and waits until it works."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from streams.platform import RunningPlatform
    from streams.settings import Settings


@click.command("up")
@click.option("--home", type=click.Path(path_type=Path), help="Instead of TOLLGATE_HOME.")
@click.option(
    "--secure", is_flag=True, help="Kafka with TLS, users and access control lists; the home stays so."
)
@click.option("--foreground", is_flag=True, help="Supervise in this process until Ctrl-C or SIGTERM.")
def command(home: Path | None, secure: bool, foreground: bool) -> None:
    """Start Kafka, the warehouse, the engine `live` with follower, sinks and agents, and PostgreSQL, and wait
    until all is well.

    With KAFKA_BOOTSTRAP_SERVERS, CLICKHOUSE_URL or DATABASE_URL that part is not started: yours is used
    instead. Payments do without PostgreSQL, which holds people's work: they go on where it is down. What
    crashes is started again; logs are in HOME/logs. The first time, Kafka is fetched (45 MB). With --secure
    every process enters Kafka as a user of its own that may do its work and nothing else.
    """
    from streams.settings import Settings

    settings = Settings().with_home(home)
    if secure:
        _secure(settings)
    if foreground:
        _supervise(settings)
        return
    from streams.platform import ensure_up

    running = ensure_up(settings, lambda line: click.echo(f"  {line}"))
    _show(settings, running)


def _secure(settings: "Settings") -> None:
    from streams.errors import Misconfigured
    from streams.platform import ENGINE
    from streams.platform.broker import LocalKafka

    if settings.own_kafka:
        raise Misconfigured("--secure is for the local Kafka; yours is secured by its own settings")
    LocalKafka(settings.home, click.echo).secure(ENGINE)


def _show(settings: "Settings", running: "RunningPlatform") -> None:
    from streams.platform import console_lines
    from streams.settings import without_password

    console = "".join(f"{line}\n" for line in console_lines(settings))
    click.echo(
        f"Tollgate is up{'' if running.started else ' already'}.\n"
        f"  Kafka       {running.kafka}\n"
        f"  ClickHouse  {without_password(running.clickhouse)}\n"
        f"  home        {settings.home}\n"
        f"{console}"
        "Next: `tollgate simulate --count 10000`, `tollgate status`, `tollgate verify`. "
        "`tollgate down` stops it."
    )


def _supervise(settings: "Settings") -> None:
    import sys

    from streams.metrics import served
    from streams.metrics.by_process import SupervisorMeters
    from streams.platform import addresses, process_table
    from streams.platform.processes import Supervisor
    from streams.process import configure_logging, stop_flag

    configure_logging()
    stopping = stop_flag()
    supervisor = Supervisor(settings.home, lambda: addresses(settings))
    supervisor.supervise(process_table(settings, supervisor.say))
    with served(settings, "supervisor") as meters:
        watching = SupervisorMeters(meters, settings.home).watching(supervisor.status, stopping)
        if not supervisor.run(watching):
            sys.exit(1)
