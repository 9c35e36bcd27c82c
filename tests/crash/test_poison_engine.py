"""A payment that kills the engine's process is found, skipped and dead-lettered; no other is harmed."""

import json
import subprocess
import sys

import pytest

from streams.engine.input.poison import CRASHES_MAX
from streams.inspect.verify import Verifier
from tests.crash.scene import Scene, simulated

pytestmark = pytest.mark.kafka

NURSERY = "tests.crash.engine_nursery"
PAYMENTS = 240


def deaths_by(poison: str, scene: Scene) -> int:
    command = [sys.executable, "-m", NURSERY, scene.bootstrap, scene.engine, str(scene.home), poison]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return int(done.stdout.split()[-1])


def test_the_payment_that_kills_the_engine_is_skipped_and_all_others_are_decided(scene: Scene) -> None:
    values = simulated(PAYMENTS)
    ids = [json.loads(value)["payment_id"] for value in values]
    scene.send(values)
    deaths = deaths_by(ids[150], scene)
    # One that leaves no mark (not a life's first batch), then those of the range, then of the record.
    assert 2 * CRASHES_MAX <= deaths <= 2 * CRASHES_MAX + 1
    letters = scene.read("dead-letters")
    assert len(letters) == 1, letters
    (letter,) = letters
    assert (letter["reason"], letter["offset"]) == ("engine_error", 150)
    answers = scene.read("decisions")
    assert [answer["payment_id"] for answer in answers] == ids
    assert [answer["reason"] for answer in answers if answer["type"] == "refusal"] == ["engine_error"]
    skipped = [skip for entry in scene.read("journal") for skip in entry["skipped"]]
    assert skipped == [{"topic": f"{scene.engine}.payments", "partition": 0, "offset": 150}]
    verified = Verifier(scene.options()).run()
    assert (verified.difference, verified.decisions) == ("", PAYMENTS - 1)
