"""The embedded engine reads our configuration and no other; it opens only what it can name."""

import subprocess
import sys
from pathlib import Path

import pytest

from streams.errors import Misconfigured
from streams.warehouse.engine_config import write_config

PROGRAM = """
import sys
from pathlib import Path
from streams.warehouse.database import Database
database = Database(Path(sys.argv[1]))
print(database.version)
database.close()
"""
ROOT = Path(__file__).parents[2]


def test_a_configuration_in_the_working_directory_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "config.xml").write_text("<clickhouse><not well-formed")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "warehouse")],
        capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("26.")


@pytest.mark.parametrize("name", ["a?b", "a&b", "a#b", "a%20b"])
def test_a_folder_that_chdb_cannot_open_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Misconfigured, match="choose another TOLLGATE_HOME"):
        write_config(tmp_path / name)


def test_the_configuration_is_well_formed_wherever_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "a <home> of 'x'"
    text = write_config(folder / "warehouse").read_text()
    assert "a &lt;home&gt; of 'x'" in text
