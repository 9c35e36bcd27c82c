"""Features of one's own, from the setting to a decision: in the engine's vectors, its rules and its state."""

from pathlib import Path

import pytest

from features.catalogue import CATALOGUE
from models.messages.codec import encode
from models.messages.control import Control, RulesetChange
from models.messages.outcome import OutcomeKind
from streams.commands.processes.engine import options
from streams.control_plane.artefacts import ArtefactStore
from streams.control_plane.catalogue import in_use
from streams.engine.core import Core
from streams.engine.decision.context import Context
from streams.settings import Settings
from tests.engine.engine_log import NOW, batch_of, label, outcome, record

OWN = """
import numpy as np

from features.catalogue import measures as m
from features.catalogue import Entity, Family
from features.columns.events import OUTCOME_CODES, Events
from models.messages.outcome import OutcomeKind


def voided(events: Events) -> np.ndarray:
    return (events.code == OUTCOME_CODES[OutcomeKind.VOIDED, None]).astype(np.int64)


ENTITIES = (Entity("device_merchant", "this device at this merchant", ("device", "merchant")),)
VOIDED = m.Tally("voided", m.Stream.OUTCOME, 1, voided)
FAMILIES = (
    Family("device_merchant", m.PAYMENT_COUNT, ("3h",)),
    Family("card", m.outcome_count("voided", VOIDED, "voids"), ("2h",)),
)
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that name a file of features."""
    file = tmp_path / "own.py"
    file.write_text(OWN)
    monkeypatch.setenv("TOLLGATE_FEATURES", str(file))
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    return Settings()


def test_the_engine_decides_by_a_rule_on_a_feature_of_ones_own(
    settings: Settings, artefacts: ArtefactStore, seed_controls: list[bytes]
) -> None:
    catalogue = in_use(settings)
    rule = {
        "id": "own",
        "description": "d",
        "owner": "o",
        "when": "device_merchant_payment_count_3h > 1 and card_voided_count_2h > 0",
        "score": 60,
    }
    change = encode(Control("c", NOW, "me", RulesetChange({"name": "own", "rules": [rule]})))
    core = Core("own", catalogue, Context(catalogue, artefacts.load))
    core.apply(batch_of([*seed_controls, change]))
    voided = encode(outcome("a", kind=OutcomeKind.VOIDED))
    log = [record("a"), record("b"), record("c"), voided, record("d"), encode(label("a"))]
    result = core.apply(batch_of(log, first=50))
    assert [b'"score":60' in answer.body for answer in result.answers] == [False, False, False, True]
    (block,) = result.vectors
    assert block.matrix.shape[1] == len(CATALOGUE.names) + 2
    assert block.matrix[:, -2].tolist() == [0, 1, 2, 3]


def test_the_commands_options_carry_the_catalogue_in_use(settings: Settings) -> None:
    catalogue = options("live").catalogue
    assert catalogue is in_use(settings)
    assert catalogue.names[: len(CATALOGUE.names)] == CATALOGUE.names
    assert catalogue.schema_hash != CATALOGUE.schema_hash
