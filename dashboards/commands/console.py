"""`tollgate console`: the web application in which fraud teams work."""

import logging
import signal
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from uvicorn import Server

    from dashboards.console import ConsoleParts, CountedApp
    from dashboards.console.provider import IdentityProvider
    from desk.accounts import Accounts
    from desk.database import DeskDatabase
    from streams.settings import Settings

log = logging.getLogger(__name__)

FORGET_EVERY_S = 3_600.0
REQUESTS_MAX = 512
"""Answered at a time; one more is told to come back. Each viewer of a page that moves by itself counts."""
GRACE_S = 3
"""For answers under way when the process is asked to end."""


@click.command("console")
@click.option("--engine", default="live", show_default=True, help="The engine whose payments are shown.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=None,
    help="Port to listen on.  [default: TOLLGATE_CONSOLE_PORT, else one that this home keeps]",
)  # fmt: skip
def command(engine: str, port: int | None) -> None:
    """Serve the console. `tollgate up` starts it; its address is in HOME/run/console.json.

    It listens on this machine alone. For others put a proxy with TLS before it, and give the address that
    people use by TOLLGATE_CONSOLE_ADDRESS. Where nobody can sign in yet, `tollgate status` shows a link
    for the first administrator, which works once. Needs the extra `console`. See docs/console.md.
    """
    from desk.database import DeskDatabase, migrate
    from streams.connection import act_as
    from streams.process import configure_logging, stop_flag
    from streams.settings import Settings

    configure_logging()
    act_as("console")
    stopping = stop_flag()
    settings = Settings()
    database = DeskDatabase(settings.database())
    try:
        for name in migrate(database):
            log.info("the database of people's work: %s", name)
        run(settings, engine, database, listening(settings, port), stopping)
    finally:
        database.close()


def run(
    settings: "Settings",
    engine: str,
    database: "DeskDatabase",
    opened: socket.socket,
    stopping: Callable[[], bool],
) -> None:
    """Serves on a socket until SIGTERM or Ctrl-C, also where that came before the server was ready."""
    from dashboards.console import AnnouncedAccounts, CountedApp, create_app
    from desk.accounts import sealing_of
    from streams.metrics import served
    from streams.metrics.by_process import ConsoleMeters
    from streams.platform.processes import ProcessFile

    address = settings.console_address or f"http://127.0.0.1:{opened.getsockname()[1]}"
    record = ProcessFile(settings.run / "console.json", private=True)
    sealing = sealing_of(settings.totp_key_file)
    people = AnnouncedAccounts(database, lambda: datetime.now(UTC), record, address, sealing)
    people.seal_secrets()
    parts = console_parts(settings, engine, database, people, provider_of(settings, address))
    with served(settings, "console", engine) as meters:
        watcher = ConsoleMeters(meters, engine)
        server = server_of(settings, CountedApp(create_app(parts), watcher.answered))
        end_by_signal(server)
        server.should_exit = stopping()
        if people.announce():
            log.info("nobody can sign in yet: `tollgate status` shows the first administrator's link")
        stopped = threading.Event()
        forgetting = threading.Thread(target=forget, args=(people.forget_what_ended, stopped), daemon=True)
        forgetting.start()
        watcher.ready()
        try:
            server.run(sockets=[opened])
        finally:
            stopped.set()
            record.remove()
            parts.warehouse.close()
            if parts.provider is not None:
                parts.provider.close()


def server_of(settings: "Settings", app: "CountedApp") -> "Server":
    """What serves the application."""
    from uvicorn import Config, Server

    from dashboards.console.security import PunctualProtocol

    return Server(
        Config(
            app,
            http=PunctualProtocol,
            ws="none",  # nothing of ours speaks it, and it would leave the protocol that has bounds
            log_config=None,
            access_log=False,  # addresses hold ids and one-time links
            server_header=False,
            proxy_headers=bool(settings.console_address),
            limit_concurrency=REQUESTS_MAX,
            timeout_graceful_shutdown=GRACE_S,
        )
    )


def end_by_signal(server: "Server") -> None:
    """Ends the server by SIGTERM or Ctrl-C. It has handlers of its own, but only while it serves; and once it
    has ended it raises the signal again, which must not end us before we have cleaned up.
    """

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)


def console_parts(
    settings: "Settings",
    engine: str,
    database: "DeskDatabase",
    people: "Accounts",
    provider: "IdentityProvider | None" = None,
) -> "ConsoleParts":
    """The parts of a console of this installation. Nothing is asked of the warehouse or of Kafka yet."""
    from dashboards.console import ConsoleParts
    from dashboards.console.warehouse import WarehouseReader
    from desk.accounts import Role

    return ConsoleParts(
        engine,
        WarehouseReader(settings.clickhouse),
        people,
        database,
        lambda: datetime.now(UTC),
        kafka=kafka_of(settings),
        address=settings.console_address,
        settings=settings,
        provider=provider,
        first_role=Role(settings.console_provider_role) if settings.console_provider_role else None,
    )


def provider_of(settings: "Settings", address: str) -> "IdentityProvider | None":
    """The identity provider that is set; it is not asked anything yet. Raises Misconfigured."""
    from dashboards.console.provider import IdentityProvider, ProviderSettings
    from streams.errors import Misconfigured

    if not settings.console_provider:
        return None
    if not settings.console_provider_client:
        raise Misconfigured(
            "TOLLGATE_CONSOLE_PROVIDER is set and TOLLGATE_CONSOLE_PROVIDER_CLIENT is not: give the "
            "client_id that the provider knows the console as"
        )
    known = ProviderSettings(
        settings.console_provider,
        settings.console_provider_client,
        f"{address}/sign-in/provider/back",
        _secret_in(settings.console_provider_secret_file),
    )
    return IdentityProvider(known, lambda: datetime.now(UTC))


def _secret_in(named: str) -> str:
    from streams.errors import Misconfigured

    try:
        return Path(named).read_text(encoding="utf-8").strip() if named else ""
    except (OSError, UnicodeDecodeError) as failure:
        raise Misconfigured(
            f"the client's secret cannot be read from {named} (TOLLGATE_CONSOLE_PROVIDER_SECRET_FILE): "
            f"{failure}"
        ) from failure


def kafka_of(settings: "Settings") -> str | None:
    """Kafka's address; None where it is not up, so that what is shown does not depend on it."""
    from streams.settings import NotRunning

    try:
        return settings.kafka()
    except NotRunning:
        return None


def listening(settings: "Settings", port: int | None) -> socket.socket:
    """The socket to serve on. Raises Misconfigured where the port that was asked for is taken."""
    from streams.errors import Misconfigured
    from streams.platform.processes import Ports

    asked = settings.console_port if port is None else port
    ports = Ports(settings.run / "ports.json", log.info)
    opened = socket.socket(socket.AF_INET)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    chosen = asked or ports.get("console")
    try:
        opened.bind((settings.console_host, chosen))
        opened.listen()  # from here on who asks waits, also before the application is ready
    except OSError as failure:
        opened.close()
        raise Misconfigured(
            f"the console cannot listen on {settings.console_host}:{chosen} ({failure.strerror}): set "
            "TOLLGATE_CONSOLE_PORT to another port, or 0 for a free one"
        ) from failure
    return opened


def forget(forget_what_ended: Callable[[], None], stopped: threading.Event) -> None:
    """Deletes sessions and links that are over, every hour until it is stopped."""
    from streams.errors import TollgateError

    while not stopped.wait(FORGET_EVERY_S):
        try:
            forget_what_ended()
        except TollgateError as failure:
            log.warning("sessions that ended are not deleted this hour: %s", failure)
