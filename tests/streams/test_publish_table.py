"""`tollgate publish table`: a wrong file goes nowhere, a right one becomes what the engine reads."""

from pathlib import Path

import pytest

from models.messages.control import Change, Control, TableChange
from models.seed import seed_tables
from streams import cli
from streams.control_plane.artefacts import ArtefactStore
from streams.control_plane.controls import LoggedControl
from streams.engine.decision.context import TABLES

Published = list[tuple[str, Change, str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    return tmp_path / "home"


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Published:
    """What would have gone onto the log, kept here instead."""
    sent: Published = []

    def keep(
        _bootstrap: str, engine: str, changes: list[Change], author: str, _reason: str, *_keys: object
    ) -> list[int]:
        sent.extend((engine, change, author) for change in changes)
        return [0 for _ in changes]

    monkeypatch.setattr("streams.control_plane.controls.publish", keep)
    monkeypatch.setattr("streams.control_plane.artefacts.put", lambda *_: None)
    monkeypatch.setattr(
        "streams.control_plane.controls.read_back",
        lambda _bootstrap, _engine, offset: LoggedControl(offset, 0, Control("c", 0, "ana", sent[-1][1])),
    )
    return sent


def publish(name: str, path: Path) -> int:
    """Exit code of the command."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["publish", "--engine", "live", "--author", "ana", "table", name, str(path)])
    return int(ended.value.code or 0)


def write(folder: Path, content: bytes) -> Path:
    path = folder / "table.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("bins", b"bin,type\n411111,debit\n411111,credit\n", "line 3: BIN 411111 is in line 2 already"),
        ("bins", b"bin,country\n411111,Germany\n", "line 2: 'Germany' is not a country code"),
        ("countries", b"country,latitude,longitude,currencies\nDE,91,9,EUR\n", "line 2: latitude 91"),
        ("fx", b"Date,USD\n2024-01-01,free\n", "line 2: rate 'free' of USD on 2024-01-01"),
        ("ip_countries", b"network,country\n10.0.0.0/8,DE\n10.1.0.0/16,FR\n", "line 3: the range overlaps"),
        ("mccs", b"mcc,group\n5411,shops\n", "line 2: group 'shops'"),
        ("mccs", b"", "line 1: the header must name mcc"),
        ("bins", "bin\n411111\n".encode("utf-16"), "UTF-16; save it as UTF-8"),
    ],
)
def test_a_wrong_file_is_refused_by_file_line_and_reason(
    name: str,
    content: bytes,
    reason: str,
    home: Path,
    published: Published,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = write(tmp_path, content)
    assert publish(name, path) == 1
    assert f"{path}: " in (message := capsys.readouterr().err)
    assert reason in message
    assert published == []
    assert not (home / "artefacts").exists()


def test_csv_is_staged_as_what_the_engine_reads(home: Path, published: Published, tmp_path: Path) -> None:
    path = write(tmp_path, b"bin,type,country\n411111,debit,DE\n")
    assert publish("bins", path) == 0
    [(engine, change, author)] = published
    assert (engine, author) == ("live", "ana")
    assert isinstance(change, TableChange)
    assert change.table == "bins"
    table = TABLES["bins"](ArtefactStore(home / "artefacts").load(change.sha256))
    assert table.kinds[table.look_up(["41111199"])[0]].country == "DE"


def test_a_prepared_table_is_staged_unchanged(home: Path, published: Published, tmp_path: Path) -> None:
    blob = seed_tables()["ip_countries"]
    assert publish("ip_countries", write(tmp_path, blob)) == 0
    change = published[0][1]
    assert isinstance(change, TableChange)
    assert ArtefactStore(home / "artefacts").load(change.sha256) == blob


def test_an_unknown_table_is_refused(home: Path, published: Published, tmp_path: Path) -> None:
    assert publish("colours", write(tmp_path, b"a\n")) == 2
    assert published == []
    assert not home.exists()
