"""The registry: nothing lost, nothing taken for what it is not, nobody called."""

import hashlib
import threading
from pathlib import Path

import pytest

from tests.support.mlflow_home import fresh, guarded
from training.errors import RegistryError, RegistryUnreachable
from training.registry import ARTEFACT, Deployment, Registry, _retried

FILES = {"report/report.html": b"<p>curves</p>", "card.md": b"# model"}


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry.open("live", fresh(tmp_path / "mlflow"))


def test_a_version_keeps_its_bytes_hashes_metrics_and_files(registry: Registry) -> None:
    made = registry.register(b"one", "dataset-1", {"average_precision": 0.75}, FILES, {"leaves": "31"})
    assert (made.version, made.dataset) == (1, "dataset-1")
    assert made.sha256 == hashlib.sha256(b"one").hexdigest()
    assert registry.artefact(made) == b"one"
    run = registry._client.get_run(made.run_id)
    assert run.data.metrics == {"average_precision": 0.75}
    assert run.data.params == {"leaves": "31"}
    stored = {entry.path for entry in registry._client.list_artifacts(made.run_id)}
    assert stored == {ARTEFACT, "report", "card.md"}


def test_the_same_bytes_are_the_same_version(registry: Registry) -> None:
    first = registry.register(b"one", "dataset-1", {})
    assert registry.register(b"one", "dataset-1", {"average_precision": 1.0}) == first
    assert registry.register(b"two", "dataset-1", {}).version == 2
    assert [one.version for one in registry.versions()] == [1, 2]
    assert registry.found(hashlib.sha256(b"nobody").hexdigest()) is None


def test_an_alias_points_at_one_version_or_nobody(registry: Registry) -> None:
    assert registry.aliased("champion") is None
    for content in (b"one", b"two"):
        registry.register(content, "dataset-1", {})
        registry.point("challenger", registry.versions()[-1].version)
    found = registry.aliased("challenger")
    assert found is not None
    assert (found.version, found.aliases) == (2, ("challenger",))
    assert [one.aliases for one in registry.versions()] == [(), ("challenger",)]
    registry.point("challenger", None)
    assert registry.aliased("challenger") is None


def test_history_is_in_the_order_of_the_log_however_often_it_is_written_down(registry: Registry) -> None:
    for content in (b"one", b"two"):
        registry.register(content, "dataset-1", {})
    registry.point("challenger", 2)
    first, second, back = (
        Deployment(4, 10, "ana", "first"),
        Deployment(9, 20, "ana", "better"),
        Deployment(11, 30, "bo", "worse"),
    )
    for version, life in ((1, first), (2, second), (2, second), (1, back)):
        registry.went_live(version, life)
    assert [(one.version, life) for one, life in registry.history()] == [(1, first), (2, second), (1, back)]
    champion = registry.aliased("champion")
    assert champion is not None
    assert champion.version == 1
    assert registry.aliased("challenger") is None


def test_an_artefact_that_was_changed_is_not_handed_out(registry: Registry, tmp_path: Path) -> None:
    made = registry.register(b"one", "dataset-1", {})
    (stored,) = (tmp_path / "mlflow" / "artifacts").rglob(ARTEFACT)
    stored.write_bytes(b"another")
    with pytest.raises(RegistryError, match="not what was registered"):
        registry.artefact(made)


def test_an_unknown_version_is_an_error_that_names_it(registry: Registry) -> None:
    with pytest.raises(RegistryError, match="version=7"):
        registry.version(7)


def test_registrations_at_once_are_all_there(tmp_path: Path) -> None:
    folder = fresh(tmp_path / "mlflow")
    contents = [f"model {number}".encode() for number in range(6)]
    failed: list[BaseException] = []

    def register(content: bytes) -> None:
        try:
            Registry.open("live", folder).register(content, "dataset-1", {"average_precision": 0.5})
        except BaseException as failure:
            failed.append(failure)

    threads = [threading.Thread(target=register, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    registry = Registry.open("live", folder)
    versions = registry.versions()
    assert [one.version for one in versions] == list(range(1, 7))
    assert sorted(registry.artefact(one) for one in versions) == contents


def test_a_busy_registry_is_asked_again_and_one_that_stays_away_is_an_outage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import TEMPORARILY_UNAVAILABLE

    asked: list[int] = []

    def busy(times: int) -> str:
        asked.append(1)
        if len(asked) <= times:
            raise MlflowException("database is locked", error_code=TEMPORARILY_UNAVAILABLE)
        return "answer"

    assert _retried(busy, 2) == "answer"
    monkeypatch.setattr("training.registry.TRY_FOR_S", 0.2)
    with pytest.raises(RegistryUnreachable, match="database is locked"):
        _retried(busy, 1_000)


def test_what_a_server_answers_is_said_without_the_password_of_its_address() -> None:
    from mlflow.exceptions import MlflowException

    def refused() -> None:
        raise MlflowException("API request to http://ana:secret@mlflow:5000/api failed", error_code=1000)

    with pytest.raises(RegistryError, match=r"http://ana:\*\*\*@mlflow:5000/api failed") as found:
        _retried(refused)
    assert "secret" not in str(found.value)


def test_an_address_that_mlflow_does_not_know_is_an_error_that_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="MLFLOW_TRACKING_URI") as found:
        Registry.open("live", tmp_path, "bogus://ana:secret@host")
    assert "secret" not in str(found.value)


def test_mlflow_is_imported_late_and_calls_nobody() -> None:
    _, exit_code, said = guarded()
    assert exit_code == 0, said
    assert said == ""
