"""`tollgate dashboards`: boards as Grafana's JSON, or as pictures."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from dashboards.panels import BoardPanel
    from dashboards.pictures import PanelData
    from dashboards.prometheus import Line, PrometheusServer

POINTS = 240
"""Of a line, at most."""
RATE_MIN_S = 60
"""The shortest window of a rate: four scrapes."""


@click.group("dashboards")
def command() -> None:
    """Write boards for Grafana, or draw them as pictures.

    Needs the extra `dashboards`. How to watch an installation: docs/observability.md.
    """


@command.command("write")
@click.option(
    "--to", "folder", type=click.Path(file_okay=False, path_type=Path), required=True,
    help="Folder for the JSON files, one a board.",
)  # fmt: skip
def write(folder: Path) -> None:
    """Write every board as a JSON file, for import into Grafana 10 or later."""
    from dashboards.boards import BOARDS
    from dashboards.grafana import documents
    from storage import write_atomically

    folder.mkdir(parents=True, exist_ok=True)
    for file, text in documents(BOARDS).items():
        write_atomically(folder / file.name, text)
        click.echo(folder / file.name)


@command.command("pictures")
@click.option(
    "--prometheus", "url", default="http://localhost:9090", show_default=True, help="Address of Prometheus."
)
@click.option("--engine", default="live", show_default=True, help="Name of the engine to look at.")
@click.option(
    "--hours", type=click.FloatRange(0.05, 24 * 31), default=3.0, show_default=True,
    help="As far back as this: boards of metrics.",
)  # fmt: skip
@click.option(
    "--days", type=click.IntRange(1, 3_650), default=90, show_default=True,
    help="As far back as this: boards of the warehouse.",
)  # fmt: skip
@click.option(
    "--board", "wanted", multiple=True, help="Only this board (its uid, as in file names); may be repeated."
)
@click.option(
    "--to", "folder", type=click.Path(file_okay=False, path_type=Path), required=True,
    help="Folder for the PNG files, one a board.",
)  # fmt: skip
def pictures(url: str, engine: str, hours: float, days: int, wanted: tuple[str, ...], folder: Path) -> None:
    """Draw every board as a PNG file, from what Prometheus and the warehouse hold.

    Panels without data are named.
    """
    import time

    from dashboards.boards import BOARDS
    from dashboards.clickhouse import ENGINE
    from dashboards.pictures import PanelData, draw
    from dashboards.prometheus import PrometheusServer

    if unknown := set(wanted) - {board.uid for board in BOARDS}:
        known = ", ".join(board.uid for board in BOARDS)
        raise click.UsageError(f"--board {min(unknown)} is no board: expected one of {known}")
    if not ENGINE.fullmatch(engine):
        raise click.UsageError(f"--engine {engine!r} is no engine: names have letters, digits and . _ - only")
    folder.mkdir(parents=True, exist_ok=True)
    server, end_s = PrometheusServer(url.rstrip("/")), time.time()
    boards = [board for board in BOARDS if not wanted or board.uid in wanted]

    def ask(panel: "BoardPanel") -> "PanelData":
        if panel.source == "prometheus":
            return PanelData(asked(server, panel, engine, end_s - 3_600 * hours, end_s))
        return asked_of_warehouse(_warehouse(), panel, engine, end_s - 86_400 * days, end_s)

    for board in boards:
        file = folder / f"{board.uid}.png"
        empty = draw(board, ask, file)
        click.echo(f"{file}{'; no data: ' + ', '.join(empty) if empty else ''}")


@cache
def _warehouse() -> "Client":
    """Opened where a board asks it first."""
    from streams.settings import Settings
    from streams.warehouse import connect

    return connect(Settings().clickhouse())


def asked(
    server: "PrometheusServer", panel: "BoardPanel", engine: str, start_s: float, end_s: float
) -> "list[tuple[str, Line]]":
    """The series of a panel of metrics, with their names."""
    from dashboards.pictures import named

    step_s = max(15.0, (end_s - start_s) / POINTS)
    window = f"{max(RATE_MIN_S, round(4 * step_s))}s"
    lines = []
    for query in panel.queries:
        text = query.text.replace("$engine", engine).replace("$interval", window)
        lines += [(named(query.legend, line), line) for line in server.lines(text, start_s, end_s, step_s)]
    return lines


def asked_of_warehouse(
    client: "Client", panel: "BoardPanel", engine: str, start_s: float, end_s: float
) -> "PanelData":
    """The series of a panel on the warehouse, or its table."""
    from dashboards.clickhouse import lines, rows
    from dashboards.pictures import PanelData

    answers = [rows(client, query, engine, start_s, end_s) for query in panel.queries]
    if panel.kind == "table":
        columns, found = answers[0]
        return PanelData(columns=columns, rows=found)
    return PanelData([line for answer in answers for line in lines(answer)])
