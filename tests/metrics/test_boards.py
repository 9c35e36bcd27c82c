"""Boards: every query runs on a real Prometheus that holds some hours of an installation, gives data and the
columns that its panel names; what is generated is current, and is drawn.
"""

import json
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from dashboards.boards import BOARDS
from dashboards.commands.boards import asked, command
from dashboards.grafana import FOLDER, document, documents
from dashboards.panels import Board, BoardPanel
from dashboards.pictures import PanelData, draw, named
from dashboards.prometheus import Line, PrometheusServer
from streams.engine.core import Core
from streams.errors import Misconfigured, Outage
from streams.metrics import FAMILIES
from tests.metrics.busy_hours import BusyHours
from tests.metrics.causes import HOUR, World
from tests.metrics.filled_prometheus import filled
from tests.metrics.scene import START_S, Scene

PANELS = [(board, panel) for board in BOARDS for panel in board.panels]
PROMETHEUS = [(board, panel) for board, panel in PANELS if panel.source == "prometheus"]


class FilledPrometheus:
    """A server, and the end of the scene that it holds."""

    def __init__(self, server: PrometheusServer, end_s: float) -> None:
        self.server, self.end_s = server, end_s

    def lines(self, query: str) -> list[Line]:
        text = query.replace("$engine", "test").replace("$interval", "1m")
        return self.server.lines(text, START_S + 120, self.end_s, 30)

    def of_panel(self, panel: BoardPanel) -> PanelData:
        return PanelData(asked(self.server, panel, "test", START_S + 120, self.end_s))


@pytest.fixture(scope="module")
def busy(
    make_core: Callable[[], Core], seed_controls: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FilledPrometheus]:
    scene = Scene(is_whole=True)
    hours = BusyHours(scene, World(scene, make_core, seed_controls))
    scene.run(1.2 * HOUR, hours.tick)
    with filled(scene, tmp_path_factory.mktemp("prometheus")) as server:
        yield FilledPrometheus(server, START_S + scene.now_s)


@pytest.mark.parametrize(("board", "panel"), PROMETHEUS, ids=lambda each: getattr(each, "title", ""))
def test_a_query_gives_the_columns_that_its_panel_names(
    board: Board, panel: BoardPanel, busy: FilledPrometheus
) -> None:
    for query in panel.queries:
        found = busy.lines(query.text)
        assert found, f"{board.title}: {query.text} gives nothing"
        assert any(math.isfinite(value) for line in found for value in line.values), "not a number"
        names = {name for line in found for name in line.labels} - {"instance", "job", "process", "engine"}
        assert names == set(query.columns) - {"instance", "process", "engine"}, query.text
        for column in query.columns:
            assert all(column in line.labels for line in found), query.text
        legends = [named(query.legend, line) for line in found]
        assert len(set(legends)) == len(legends), "series that cannot be told apart"
        assert set(re.findall(r"\{\{(\w+)\}\}", query.legend)) <= set(query.columns)


def test_queries_speak_of_what_is_measured_or_recorded() -> None:
    known = {family.exposed for family in FAMILIES.values()}
    known |= {
        f"{name}_{part}" for name, family in FAMILIES.items() if family.buckets for part in ("count", "sum")
    }
    for _, panel in PROMETHEUS:
        for query in panel.queries:
            assert set(re.findall(r"\btollgate_[a-z_]+", query.text)) <= known


def test_every_metric_is_on_a_board_or_in_an_alert() -> None:
    """What nobody looks at is not worth its series."""
    from tests.metrics.prometheus import RULES
    from tests.metrics.scene import FILES

    text = " ".join(query.text for _, panel in PROMETHEUS for query in panel.queries)
    text += " ".join((RULES / name).read_text() for name in FILES)
    unseen = {name for name, family in FAMILIES.items() if not re.search(rf"\b{name}(_\w+)?\b", text)}
    assert unseen <= {
        "tollgate_engine_time_seconds",
        "tollgate_agent_timestamp_seconds",
        "tollgate_state_entities",
    }


def test_committed_boards_are_current() -> None:
    for file, text in documents(BOARDS).items():
        assert file.read_text(encoding="utf-8") == text, "run `make pages`"
    assert set(FOLDER.rglob("*.json")) == documents(BOARDS).keys()


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_a_board_is_laid_out_without_overlap_and_says_what_it_shows(board: Board) -> None:
    made = json.loads(document(board))
    assert made["uid"] == board.uid
    panels = [panel for panel in made["panels"] if panel["type"] != "row"]
    assert [panel["title"] for panel in panels] == [panel.title for panel in board.panels]
    assert len({panel["title"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        assert panel["description"].endswith(".")
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert max(x for x, _ in cells) < 24
        assert not cells & taken
        taken |= cells


@pytest.mark.parametrize(
    "board", [board for board in BOARDS if board.asks("prometheus")], ids=lambda b: b.uid
)
def test_a_board_is_drawn_with_data_in_every_panel(
    board: Board, busy: FilledPrometheus, tmp_path: Path
) -> None:
    file = tmp_path / "board.png"
    assert draw(board, busy.of_panel, file) == []
    assert file.read_bytes().startswith(b"\x89PNG")


def test_a_panel_without_data_says_so(tmp_path: Path) -> None:
    assert draw(BOARDS[0], lambda _: PanelData(), tmp_path / "empty.png") == [
        panel.title for panel in BOARDS[0].panels
    ]


def test_names_are_drawn_as_they_are_and_no_formulas(tmp_path: Path) -> None:
    """Merchants' ids are any text."""
    name = "shop $\\frac$"
    asked = {
        "table": PanelData(columns=(name,), rows=[(name,)]),
        "lines": PanelData([(name, Line({}, [0.0, 60.0], [1.0, 2.0]))]),
    }
    board = next(board for board in BOARDS if {"table", "lines"} <= {panel.kind for panel in board.panels})
    draw(board, lambda panel: asked.get(panel.kind, PanelData()), tmp_path / "board.png")


def test_boards_are_written_for_import(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["write", "--to", str(tmp_path / "boards")])
    assert done.exit_code == 0, done.output
    assert {file.name for file in (tmp_path / "boards").iterdir()} == {
        f"{board.uid}.json" for board in BOARDS
    }


@pytest.mark.parametrize(("option", "words"), [("--board", "is no board"), ("--engine", "is no engine")])
def test_pictures_of_what_cannot_be_are_refused(option: str, words: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["pictures", option, "no'such", "--to", str(tmp_path / "new")])
    assert (done.exit_code, words in done.output) == (2, True)
    assert not (tmp_path / "new").exists()


def test_pictures_of_a_prometheus_that_is_away_say_so(tmp_path: Path) -> None:
    arguments = ["pictures", "--prometheus", "http://127.0.0.1:9", "--to", str(tmp_path)]
    with pytest.raises(Outage, match=r"no answer from Prometheus at http://127\.0\.0\.1:9"):
        CliRunner().invoke(command, arguments, catch_exceptions=False)


def test_a_query_that_prometheus_does_not_take_is_named(busy: FilledPrometheus) -> None:
    with pytest.raises(Misconfigured, match="rate"):
        busy.lines("rate(tollgate_ready)")
