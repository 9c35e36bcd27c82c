"""A model is asked for once, and never for a control that will be refused anyway."""

import pytest

from models.messages.control import ModelChange, RulesetChange
from streams.engine.decision import ArtefactShelf
from streams.engine.input.batch import InputBatch
from streams.engine.offered_models import OfferedModels
from streams.model_probe import ModelProbe, ProbeVerdict
from tests.engine.engine_log import batch_of
from tests.engine.judges import control

SHA = "ab" * 32


class CountingProbe(ModelProbe):
    """Refuses every model, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def verdict(self, _artefact: bytes) -> ProbeVerdict:
        self.asked += 1
        return ProbeVerdict("it ends the process")


def batch(*values: bytes) -> InputBatch:
    return batch_of(list(values), topic="test.controls")


@pytest.fixture
def probe() -> CountingProbe:
    return CountingProbe()


@pytest.fixture
def offered(probe: CountingProbe) -> OfferedModels:
    return OfferedModels(lambda _: b"model", probe)


def test_a_refused_model_is_asked_for_once(offered: OfferedModels, probe: CountingProbe) -> None:
    values = [*[control(ModelChange(SHA))] * 5, control(RulesetChange({}))]
    refusals = offered.refusals(batch(*values), ArtefactShelf(), signed=False)
    assert sorted(refusals) == [0, 1, 2, 3, 4]
    assert probe.asked == 1


def test_an_unsigned_control_asks_for_nothing_once_keys_are_known(
    offered: OfferedModels, probe: CountingProbe
) -> None:
    assert offered.refusals(batch(control(ModelChange(SHA))), ArtefactShelf(), signed=True) == {}
    assert probe.asked == 0


def test_a_name_spelt_with_escapes_is_asked_for(offered: OfferedModels, probe: CountingProbe) -> None:
    spelt = control(ModelChange(SHA)).replace(b"sha256", b"sha\\u00325\\u0036")
    assert sorted(offered.refusals(batch(spelt), ArtefactShelf(), signed=False)) == [0]
    assert probe.asked == 1
