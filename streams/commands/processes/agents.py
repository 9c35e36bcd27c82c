"""`tollgate agents`: the processes that turn requests and evidence into controls and labels."""

from pathlib import Path

import click

from streams.option_types import ENGINE, FiniteRange


@click.group("agents")
def command() -> None:
    """Run an agent in the foreground.

    A second agent of the same kind and engine takes over from the first, which then ends.
    """


@command.command("lists")
@ENGINE
def lists(engine: str) -> None:
    """Turn requests on ENGINE.list-requests into list entries on ENGINE.controls.

    Each request is checked and answered once on ENGINE.list-audit: accepted, or rejected with the reason.
    """
    from streams.agents import run_list_agent
    from streams.keys import keyring_of
    from streams.metrics import served
    from streams.metrics.by_process import AgentMeters
    from streams.settings import Settings

    settings = Settings()
    folder = settings.home / "agents" / f"{engine}-lists"
    with served(settings, "list-agent", engine) as meters:
        watcher = AgentMeters(meters, engine, "lists")
        run_list_agent(settings.kafka(), engine, folder, keyring_of(settings), watcher)


@command.command("labels")
@ENGINE
@click.option(
    "--silence-days", type=click.IntRange(1, 3650), default=120, show_default=True,
    help="Age at which a captured, unrefunded payment without evidence counts as legitimate.",
)  # fmt: skip
@click.option(
    "--silence-share", type=FiniteRange(0, 1), default=1.0, show_default=True,
    help="Share of payments, drawn by a hash, that are watched for silence.",
)  # fmt: skip
@click.option(
    "--silence-max", type=click.IntRange(0), default=1_000_000, show_default=True,
    help="Payments watched for silence at once; about 1 kB of disk each.",
)  # fmt: skip
@click.option("--salt", default="", help="Another salt draws other payments.")
@click.option(
    "--maturity", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Delay curve of `tollgate labels maturity`, for the weight of silence.  [default: weight 1]",
)  # fmt: skip
@click.option(
    "--prior", type=FiniteRange(0, 1, max_open=True), default=0.005, show_default=True,
    help="Share of payments that turn out to be fraud, for the weight of silence.",
)  # fmt: skip
@click.option(
    "--commit-seconds", type=FiniteRange(0.01, 60), default=1.0, show_default=True,
    help="Interval between commits of the offsets of handled evidence.",
)  # fmt: skip
def labels(
    engine: str, silence_days: int, silence_share: float, silence_max: int, salt: str,
    maturity: Path | None, prior: float, commit_seconds: float,
) -> None:  # fmt: skip
    """Turn disputes, verdicts, refunds and silence into labels on ENGINE.labels.

    Evidence is read from ENGINE.disputes and ENGINE.outcomes. Unusable evidence is kept on
    ENGINE.label-parked with the reason. See docs/labels.md.
    """
    from models.labels import Silence
    from models.units import MICRO
    from streams.agents import run_label_agent
    from streams.inspect import read_maturity
    from streams.metrics import served
    from streams.metrics.by_process import AgentMeters
    from streams.settings import Settings

    curve = None if maturity is None else read_maturity(maturity)
    share = round(silence_share * MICRO)
    silence = Silence(silence_days, share, silence_max, salt, curve, prior)
    settings = Settings()
    folder = settings.home / "agents" / f"{engine}-labels"
    with served(settings, "label-agent", engine) as meters:
        watcher = AgentMeters(meters, engine, "labels")
        run_label_agent(settings.kafka(), engine, folder, silence, commit_seconds, watcher)
