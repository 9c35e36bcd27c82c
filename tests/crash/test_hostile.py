"""Hostile input, short form: nothing ends the engine, all accounted for, cards masked, windows unharmed."""

import pytest

from streams.engine.process import Engine
from streams.inspect.verify import Verifier
from streams.kafka.topics import Topics
from tests.crash.committed import committed
from tests.crash.hostile_maker import Maker
from tests.crash.hostile_payments import long_ids
from tests.crash.hostile_run import judge, send
from tests.crash.scene import Scene, drain

pytestmark = pytest.mark.kafka


def test_a_thousand_hostile_messages_harm_nobody(scene: Scene) -> None:
    mixture = send(scene.bootstrap, scene.engine, hostile=1_000, good=300, seed=3)
    engine = scene.started()
    drain(engine)
    found = judge(lambda role: committed(scene.bootstrap, Topics(scene.engine)[role]), scene.engine, mixture)
    assert not found.differences, "\n".join(found.differences[:20])
    assert len(mixture.hostile) == 1_000
    verified = Verifier(scene.options()).run()
    assert verified.difference == ""


def test_the_longest_ids_fit_into_vector_messages(scene: Scene) -> None:
    """A batch of nothing but ids of 512 bytes: vectors are split by their real size, not by a usual one."""
    maker = Maker(1, 1_780_000_000_000)
    scene.send([long_ids(maker) for _ in range(1_500)])
    engine = Engine(scene.options(batch_max=2_000))
    engine.start()
    drain(engine)
    assert engine.state.core.admission.sequence == 1_500
