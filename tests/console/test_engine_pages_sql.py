"""Every query of the pages about the engine runs on the warehouse as it is."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dashboards.console.pages.models.model_figures import EDGES
from dashboards.console.warehouse import query_text

if TYPE_CHECKING:
    from streams.warehouse.database import Database

PAGES = Path("dashboards/console/pages")
NAMES = sorted(
    f"{path.parent.parent.name}/{path.stem}"
    for room in ("rules", "lists", "models", "pipeline", "cohorts")
    for path in (PAGES / room / "queries").glob("*.sql")
)
ASKED: dict[str, Any] = {
    "engine": "sql", "accounts": [], "days": 30, "silent_days": 30, "edges": list(EDGES), "model": "m",
    "version": "v", "list": "blocked_bins", "value": "4", "most": 51, "skip": 0, "reason": "",
    "before": 2**62, "topic": "sql.payments", "partition": 0, "offsets": [1, 2],
    "sequences": [1], "times": [0], "since": date(2026, 6, 1), "week": date(2026, 6, 8), "age": 30,
    "merchants": ["m"], "rows": 10,
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_query_runs_and_says_grain_reader_and_cost(database: "Database", name: str) -> None:
    text = query_text(name)
    for word in ("-- Grain: ", "-- Reader: ", "-- Cost: "):
        assert word in text
    assert "{accounts:Array(String)}" in text
    assert "LIMIT" in text
    client = database.client()
    try:
        client.query(text, parameters=ASKED)
    finally:
        client.close()
