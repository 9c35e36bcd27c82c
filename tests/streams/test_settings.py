"""Settings come from the environment; what is not known or not valid is refused by name."""

import os
import subprocess
from pathlib import Path

import pytest

from streams.settings import (
    InvalidSetting,
    NotRunning,
    Settings,
    UnknownSetting,
    refuse_unknown,
    table,
    without_password,
)
from streams.warehouse.credentials import BadCredentialsFile, WarehouseUser, ensure_credentials

ROOT = Path(__file__).parents[2]


def test_committed_page_is_current() -> None:
    assert (ROOT / "docs/settings.md").read_text(encoding="utf-8") == table(), "run `make pages`"


def test_every_setting_is_explained() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_misspelt_variable_is_refused_with_the_closest_name() -> None:
    with pytest.raises(
        UnknownSetting, match=r"TOLLGATE_HOEM: no such setting\. Closest known name: TOLLGATE_HOME"
    ):
        refuse_unknown({"TOLLGATE_HOEM": "/tmp", "PATH": "/bin"})


def test_misspelt_variable_of_the_process_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLGATE_KAFKA_HEAP", "512")
    with pytest.raises(UnknownSetting, match="TOLLGATE_KAFKA_HEAP_MB"):
        Settings()


def test_wrong_value_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLGATE_KAFKA_HEAP_MB", "much")
    with pytest.raises(InvalidSetting, match="TOLLGATE_KAFKA_HEAP_MB='much'"):
        Settings()


def test_home_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TOLLGATE_HOME", raising=False)
    assert Settings().home == tmp_path / ".tollgate"


def test_feature_files_are_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOLLGATE_FEATURES", "own.py: more/own.py:/else/own.py:")
    assert Settings().feature_files == (tmp_path / "own.py", tmp_path / "more/own.py", Path("/else/own.py"))
    monkeypatch.setenv("TOLLGATE_FEATURES", "")
    assert Settings().feature_files == ()


def test_addresses_of_real_servers_come_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka.internal:9092")
    monkeypatch.setenv("CLICKHOUSE_URL", "https://tollgate:secret@warehouse.internal:8443/fraud")
    settings = Settings(home=tmp_path)
    assert settings.kafka() == "kafka.internal:9092"
    assert settings.clickhouse() == "https://tollgate:secret@warehouse.internal:8443/fraud"


def test_local_addresses_come_from_the_run_files(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, kafka_bootstrap_servers="", clickhouse_url="")
    settings.run.mkdir()
    (settings.run / "kafka.json").write_text(f'{{"pid": {os.getpid()}, "bootstrap": "127.0.0.1:1234"}}')
    (settings.run / "warehouse.json").write_text(f'{{"pid": {os.getpid()}, "url": "http://127.0.0.1:1235"}}')
    assert settings.kafka() == "127.0.0.1:1234"
    with pytest.raises(BadCredentialsFile, match=r"warehouse-analyst\.netrc cannot be read"):
        settings.clickhouse()
    password = ensure_credentials(tmp_path)[WarehouseUser.ANALYST]
    assert settings.clickhouse() == f"http://tollgate_analyst:{password}@127.0.0.1:1235"


def test_address_that_a_killed_process_left_is_not_given(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, kafka_bootstrap_servers="", clickhouse_url="")
    ended = subprocess.Popen(["true"])
    ended.wait()
    settings.run.mkdir()
    (settings.run / "kafka.json").write_text(f'{{"pid": {ended.pid}, "bootstrap": "127.0.0.1:1234"}}')
    with pytest.raises(NotRunning):
        settings.kafka()


def test_what_is_not_running_says_what_to_do(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, kafka_bootstrap_servers="", clickhouse_url="")
    with pytest.raises(NotRunning, match="tollgate up"):
        settings.kafka()
    with pytest.raises(NotRunning, match="CLICKHOUSE_URL"):
        settings.clickhouse()


def test_the_database_is_yours_or_the_local_one(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url="")
    with pytest.raises(NotRunning, match="DATABASE_URL"):
        settings.database()
    settings.run.mkdir()
    (settings.run / "postgres.json").write_text(f'{{"pid": {os.getpid()}, "url": "postgresql://a:b@h/c"}}')
    assert settings.database() == "postgresql://a:b@h/c"
    own = "postgresql://tollgate:secret@db.internal/people?sslmode=verify-full"
    assert Settings(home=tmp_path, database_url=own).database() == own


@pytest.mark.parametrize("url", ["mysql://a:secret@h/d", "host=h password=secret", "postgresql://h:secret@x"])
def test_an_address_of_no_database_is_refused_without_its_password(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(InvalidSetting, match="give postgresql://user:password") as refused:
        Settings()
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://tollgate:secret@host:8443/fraud", "https://tollgate:***@host:8443/fraud"),
        ("http://host:8123", "http://host:8123"),
        ("host:9092", "host:9092"),
    ],
)
def test_passwords_are_never_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown
