"""Files written whole: complete under their name or not there, synced where they must survive a power cut."""

import os
from pathlib import Path

import pytest

from storage import StagedFile, remove_partials, write_atomically


def test_the_new_content_replaces_the_old_and_nothing_else_stays(tmp_path: Path) -> None:
    path = tmp_path / "run" / "status.json"
    write_atomically(path, "old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_an_exception_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "cases.parquet"
    path.write_bytes(b"old")
    file = StagedFile(path)
    file.partial.write_bytes(b"half")
    with pytest.raises(RuntimeError), file:
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_commit_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "cases.parquet"
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(path, b"new")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("durable", "synced"), [(True, ["file", "folder"]), (False, [])])
def test_a_durable_write_syncs_the_file_before_the_rename_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durable: bool, synced: list[str]
) -> None:
    path, seen = tmp_path / "artefact", []

    def fsync(descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink()
        seen.append("folder" if name == tmp_path and path.exists() else "file" if not path.exists() else "?")

    monkeypatch.setattr(os, "fsync", fsync)
    write_atomically(path, b"model", durable=durable)
    assert seen == synced


def test_only_partial_files_that_no_process_writes_are_removed(tmp_path: Path) -> None:
    dead = tmp_path / ".0000000000000009.snapshot.4194305.partial"
    former = tmp_path / f".0000000000000011.snapshot.{os.getpid()}.partial"  # of an earlier process 1, say
    foreign = tmp_path / "of-another-program.partial"
    whole = tmp_path / "0000000000000008.snapshot"
    for path in (dead, former, foreign, whole):
        path.write_bytes(b"")
    with StagedFile(tmp_path / "0000000000000010.snapshot") as mine:
        mine.partial.write_bytes(b"")
        remove_partials(tmp_path)
        assert sorted(tmp_path.iterdir()) == sorted([whole, foreign, mine.partial])
