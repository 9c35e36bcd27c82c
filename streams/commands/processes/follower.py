"""`tollgate follower`: follows one engine's journal and keeps snapshots."""

import click


@click.command("follower")
@click.option("--engine", "name", default="live", show_default=True, help="Name of the engine to follow.")
@click.option("--every", default=30.0, show_default=True, help="Seconds between snapshots.")
def command(name: str, every: float) -> None:
    """Keep snapshots of one engine, so that it starts again quickly, and prove it deterministic on the way.

    Re-applies every journalled batch, compares the hashes with the journal, and ends with an error at the
    first difference. It writes no topic: it may be stopped, killed or started twice without harm.
    """
    from streams.commands.processes.engine import options
    from streams.engine import Follower
    from streams.engine.recovery import warm
    from streams.metrics import served
    from streams.metrics.by_process import FollowerMeters
    from streams.platform.processes import report_ready
    from streams.process import configure_logging, stop_flag
    from streams.settings import Settings

    configure_logging()
    stopping, chosen = stop_flag(), options(name)
    with served(Settings(), "follower", name) as meters:
        watcher = FollowerMeters(meters, name)
        warm()
        follower = Follower(chosen, every)
        report_ready(f"follower-{name}")
        follower.run(watcher.watching(follower, stopping))
