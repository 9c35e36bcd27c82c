"""Boards on the warehouse: every query runs on the embedded ClickHouse, over sixty days of payments whose
truth is known, and gives the columns that its panel names, and rows.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from dashboards.boards import BOARDS
from dashboards.clickhouse import lines, rows
from dashboards.commands.boards import asked_of_warehouse
from dashboards.panels import QUERIES, Board, BoardPanel
from dashboards.pictures import draw
from streams.warehouse.database import Database
from tests.docs.small_quarter import SmallQuarter
from tests.warehouse.log_messages import SmallLog

ENGINE = "boards"
DAY_S = 86_400
PANELS = [panel for board in BOARDS for panel in board.panels if panel.source == "clickhouse"]
ON_WAREHOUSE = [board for board in BOARDS if board.asks("clickhouse")]


class FilledWarehouse:
    """A warehouse that holds a small quarter."""

    def __init__(self, client: Client, quarter: SmallQuarter) -> None:
        self.client, self.quarter = client, quarter
        self.end_s = quarter.now_ms / 1_000 + 60
        self.start_s = self.end_s - 90 * DAY_S


@pytest.fixture(scope="module")
def warehouse(database: Database) -> Iterator[FilledWarehouse]:
    client = database.client()
    quarter = SmallQuarter(SmallLog(ENGINE))
    quarter.log.sink(client, size=150)
    yield FilledWarehouse(client, quarter)
    client.close()


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_a_query_gives_rows_with_the_columns_that_its_panel_names(
    panel: BoardPanel, warehouse: FilledWarehouse
) -> None:
    for query in panel.queries:
        names, found = rows(warehouse.client, query, ENGINE, warehouse.start_s, warehouse.end_s)
        assert names == query.columns
        assert found
        if panel.kind != "table":
            assert names[0] == "time"
            drawn = lines((names, found))
            assert drawn
            assert all(line.times_s == sorted(set(line.times_s)) for _, line in drawn), "one value a time"


def test_payments_a_day_are_those_that_were_made(warehouse: FilledWarehouse) -> None:
    (panel,) = (panel for panel in PANELS if panel.title == "Payments a day")
    data = asked_of_warehouse(warehouse.client, panel, ENGINE, warehouse.start_s, warehouse.end_s)
    by_verdict = {name: sum(line.values) for name, line in data.lines}
    cases = warehouse.quarter.cases
    assert by_verdict == {
        verdict: sum(case.verdict == verdict for case in cases)
        for verdict in {case.verdict for case in cases}
    }


def test_what_lies_outside_the_time_range_is_left_out(warehouse: FilledWarehouse) -> None:
    for panel in PANELS:
        for query in panel.queries:
            start, end = warehouse.start_s - 900 * DAY_S, warehouse.start_s - 800 * DAY_S
            assert list(rows(warehouse.client, query, ENGINE, start, end)[1]) == [], panel.title
            assert list(rows(warehouse.client, query, "none", warehouse.start_s, warehouse.end_s)[1]) == []


@pytest.mark.parametrize("board", ON_WAREHOUSE, ids=lambda board: board.uid)
def test_a_board_is_drawn_with_data_in_every_panel(
    board: Board, warehouse: FilledWarehouse, tmp_path: Path
) -> None:
    def ask(panel: BoardPanel):  # type: ignore[no-untyped-def]
        return asked_of_warehouse(warehouse.client, panel, ENGINE, warehouse.start_s, warehouse.end_s)

    assert draw(board, ask, tmp_path / "board.png") == []


@pytest.mark.parametrize("file", sorted(QUERIES.glob("*.sql")), ids=lambda file: file.stem)
def test_a_query_says_grain_reader_and_cost_and_reads_views_only(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for word in ("Grain", "Reader", "Cost"):
        assert re.search(rf"^-- {word}: .+\.$", text, re.MULTILINE), word
    assert all(table.startswith("v_") for table in re.findall(r"\b(?:FROM|JOIN)\s+(\w+)", text))
    assert "'$engine'" in text


def test_every_query_is_on_a_board() -> None:
    used = {query.text for panel in PANELS for query in panel.queries}
    assert used == {file.read_text(encoding="utf-8") for file in QUERIES.glob("*.sql")}
