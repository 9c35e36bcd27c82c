"""The home and what is written there belong to one user."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import make_private, write_atomically, write_new_private
from streams.cli import main
from streams.platform.processes.supervisor import Supervisor


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_private(tmp_path: Path) -> None:
    make_private(tmp_path / "a" / "home")
    assert rights(tmp_path / "a" / "home") == 0o700


def test_a_folder_that_others_could_enter_is_made_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_private(tmp_path)
    assert rights(tmp_path) == 0o700


def test_a_private_file_is_new_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    write_new_private(path, b"secret")
    assert (rights(path), path.read_bytes()) == (0o600, b"secret")
    with pytest.raises(FileExistsError):
        write_new_private(path, b"other")
    assert path.read_bytes() == b"secret"


def test_what_a_command_writes_is_for_its_user_alone(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    write_atomically(tmp_path / "new" / "file", "secret")
    (tmp_path / "plain").write_text("secret")
    assert [rights(tmp_path / name) for name in ("new", "new/file", "plain")] == [0o700, 0o600, 0o600]


def test_the_supervisor_makes_its_home_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    supervisor = Supervisor(tmp_path)
    supervisor.supervise([])
    assert supervisor.run(lambda: True)
    assert rights(tmp_path) == 0o700
