"""The tables of an earlier version come along, whole, wherever the move was interrupted."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

LOOK = """
import json, sys
from pathlib import Path
from streams.warehouse import earlier_layout
from streams.warehouse.database import Database
from streams.warehouse.schema import migrate, structure_faults

path, stop_after = Path(sys.argv[1]), int(sys.argv[2])


class Stopping:
    '''chdb, which dies after so many statements of the move.'''

    def __init__(self, chdb): self.chdb, self.left = chdb, stop_after
    def connect(self, *arguments):
        self.inner = self.chdb.connect(*arguments)
        return self
    def query(self, statement, *more):
        if not statement.startswith("SELECT"):
            if self.left == 0: raise SystemExit(7)
            self.left -= 1
        return self.inner.query(statement, *more)
    def close(self): self.inner.close()


if stop_after >= 0:
    import chdb
    earlier_layout.move_earlier_tables(Stopping(chdb), path)
database = Database(path)
client = database.client()
migrate(client)
rows = client.query("SELECT count(), sum(log_offset) FROM decisions").result_rows[0]
added_up = "SELECT sum(decisions) FROM decisions_{}"
sums = [client.query(added_up.format(grain)).result_rows[0][0] for grain in ("minute", "hour")]
client.command(
    "INSERT INTO decisions (engine, log_offset, engine_time) SELECT 'live', 1000, toDateTime64(1, 3)"
)
after = client.query("SELECT sum(decisions) FROM v_hour").result_rows[0][0]
identity = str(client.query("SELECT id FROM warehouse_identity").result_rows[0][0])
print(json.dumps([*map(int, rows), *map(int, sums), int(after), identity, structure_faults(client)]))
client.close()
database.close()
"""


def in_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse"
    assert in_process("-m", "tests.warehouse.earlier_warehouse", str(path)).returncode == 0
    return path


@pytest.mark.parametrize("interruptions", [[], [0, 1, 3, 6, 2]], ids=["at once", "interrupted"])
def test_tables_come_along_with_all_their_rows(earlier: Path, interruptions: list[int]) -> None:
    for stop_after in interruptions:
        assert in_process("-c", LOOK, str(earlier), str(stop_after)).returncode == 7
    done = in_process("-c", LOOK, str(earlier), "-1")
    assert done.returncode == 0, done.stderr
    identity = "00000000-0000-4000-8000-000000000001"
    assert json.loads(done.stdout) == [1000, 499_500, 1000, 1000, 1001, identity, {}]
