"""An engine core with the seed judges, and a log for it."""

from collections.abc import Callable

import pytest

from features.catalogue import CATALOGUE
from models.messages.codec import encode
from models.messages.control import Control
from streams.control_plane.artefacts import ArtefactStore
from streams.control_plane.seed import seed_changes
from streams.engine.core import Core
from streams.engine.decision.context import Context
from tests.engine.engine_log import NOW


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
