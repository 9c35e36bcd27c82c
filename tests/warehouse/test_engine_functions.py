"""Every function of the embedded engine was looked at: does it reach a file, a network, a process?

When chdb moves, this shows what is new. What reaches outside goes into `OUTSIDE` of
`streams/warehouse/http/inspection.py`; table functions are refused unless `TABLE_FUNCTIONS` there has them.
Then write the list again: `.venv/bin/python -m tests.warehouse.test_engine_functions`.
"""

import tempfile
from pathlib import Path

from streams.warehouse.database import Database
from streams.warehouse.http.inspection import OUTSIDE, TABLE_FUNCTIONS

LIST = Path(__file__).parents[1] / "data/engine_functions.txt"
NAMES = """
SELECT DISTINCT lower(name) FROM system.functions WHERE NOT is_aggregate
UNION DISTINCT SELECT concat(lower(name), ' (table)') FROM system.table_functions
"""


def names(database: Database) -> list[str]:
    """Ordinary and table functions."""
    client = database.client()
    found = sorted(str(name) for (name,) in client.query(NAMES).result_rows)
    client.close()
    return found


def test_no_function_is_new(database: Database) -> None:
    looked_at = set(LIST.read_text(encoding="utf-8").split("\n"))
    new = [name for name in names(database) if name not in looked_at]
    assert not new, "look at each: the docstring says what to do"


def test_what_is_refused_by_name_exists(database: Database) -> None:
    there = set(names(database))
    assert {f"{name} (table)" for name in TABLE_FUNCTIONS} <= there
    assert OUTSIDE - there <= {"catboostevaluate", "generateserialid"}, (
        "a name that no function has protects nothing"
    )


def main() -> None:
    """Writes the list of this engine."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "warehouse")
        LIST.write_text("\n".join(names(database)) + "\n", encoding="utf-8")
        database.close()


if __name__ == "__main__":
    main()
