"""An engine core with the seed judges, and an engine with its seed on the broker."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from features.catalogue import CATALOGUE
from models.messages.codec import encode
from models.messages.control import Control
from streams.control_plane.artefacts import ArtefactStore
from streams.control_plane.seed import publish_seed, seed_changes
from streams.engine.core import Core
from streams.engine.decision.context import Context
from streams.engine.process import EngineOptions
from tests.engine.engine_log import NOW
from tests.support.shared_postgres import desk_database, desk_url

__all__ = ["desk_database", "desk_url"]


@pytest.fixture(scope="session")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> ArtefactStore:
    return ArtefactStore(tmp_path_factory.mktemp("artefacts"))


@pytest.fixture(scope="session")
def seed_controls(artefacts: ArtefactStore) -> list[bytes]:
    """The seed as records of the log."""
    return [
        encode(Control(f"seed-{i}", NOW, "test", change)) for i, change in enumerate(seed_changes(artefacts))
    ]


@pytest.fixture(scope="session")
def make_core(artefacts: ArtefactStore) -> Callable[[], Core]:
    return lambda: Core("test", CATALOGUE, Context(CATALOGUE, artefacts.load))


@pytest.fixture
def options(kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EngineOptions:
    """A new engine with its seed published; commands find it by its name."""
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)
    name = f"test-{uuid.uuid4().hex[:8]}"
    publish_seed(kafka, tmp_path, name)
    folder, store = tmp_path / "engines" / name, ArtefactStore(tmp_path / "artefacts")
    return EngineOptions(kafka, name, folder, CATALOGUE, store.load, historical=True)
