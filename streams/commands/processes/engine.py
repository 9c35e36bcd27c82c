"""`tollgate engine`: decides the payments of one engine until SIGTERM."""

import click


def options(name: str, historical: bool = False, settings=None):  # type: ignore[no-untyped-def]
    """The engine's options by settings; by default those of the environment."""
    from streams.control_plane import artefacts_of, in_use
    from streams.engine import EngineOptions
    from streams.keys import keyring_of
    from streams.settings import Settings

    settings = settings or Settings()
    keyring = keyring_of(settings)
    return EngineOptions(
        bootstrap=settings.kafka(),
        engine=name,
        folder=settings.home / "engines" / name,
        catalogue=in_use(settings),
        artefacts=artefacts_of(settings, name).load,
        historical=historical,
        horizon_ms=settings.deduplication_horizon_days * 86_400_000,
        keys_max=settings.deduplication_keys_max,
        root=keyring.root if keyring else None,
        key=keyring.engine_key if keyring else None,
    )


@click.group("engine", invoke_without_command=True)
@click.option(
    "--engine", "name", default="live", show_default=True, help="Name of the engine; its topics carry it."
)
@click.option("--historical", is_flag=True, help="Payments are history: their own times rule, however old.")
@click.pass_context
def command(context: click.Context, name: str, historical: bool) -> None:
    """Decide the payments of one engine: the process that payment services wait for.

    Reads NAME.payments, NAME.outcomes, NAME.labels, NAME.controls and NAME.artefacts, each with its own type
    of message; with --historical also NAME.history, which may mix them. Writes NAME.decisions, NAME.features,
    NAME.journal and NAME.dead-letters, one Kafka transaction a batch. A second engine of the same name takes
    over from the first, which then ends. SIGTERM finishes the batch, keeps a snapshot and ends.
    """
    context.obj = name
    if context.invoked_subcommand is None:
        _decide(name, historical)


def _decide(name: str, historical: bool) -> None:
    from dataclasses import replace

    from streams.engine import Engine
    from streams.engine.recovery import warm
    from streams.metrics import served
    from streams.metrics.by_process import EngineMeters
    from streams.platform.processes import report_ready
    from streams.process import configure_logging, stop_flag
    from streams.settings import Settings
    from streams.traces import payment_traces

    configure_logging()
    stopping = stop_flag()
    settings, chosen = Settings(), options(name, historical)
    with served(settings, "engine", name) as meters, payment_traces(settings, name) as traces:
        observer = EngineMeters(meters, name)
        warm()
        engine = Engine(replace(chosen, observer=observer, traces=traces))
        engine.start()
        # A new engine's first batch holds its model: its kernel may be compiled before anyone waits.
        engine.step()
        observer.ready()
        report_ready(f"engine-{name}")
        engine.run(stopping)
        observer.ready(False)
        engine.close()


@command.command("pass-over")
@click.argument("offset", type=click.IntRange(0))
@click.option("--author", required=True, help="Who gives the order; it is kept in the journal.")
@click.option("--reason", required=True, help="Why; it is kept in the journal.")
@click.pass_obj
def pass_over(name: str, offset: int, author: str, reason: str) -> None:
    """Order an engine that is down to pass over the control at OFFSET of its controls.

    For a control that ends the engine whenever it starts: what is published now lies after it. A control that
    was not applied yet is skipped and becomes a dead letter; one that was applied is withdrawn: there is no
    such model, ruleset or policy until the next one. The order is read at the next start of the engine on
    this host, and journalled. For another engine than `live`: `tollgate engine --engine NAME pass-over ...`.
    """
    from streams.control_plane import order_pass_over
    from streams.settings import Settings

    order = order_pass_over(Settings(), name, offset, author, reason)
    click.echo(f"{order.described}. Start the engine now: it passes over the control and journals the order")
