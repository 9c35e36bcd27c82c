"""A model that ends the process, hangs or takes all memory does so in a process of its own."""

import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from features.catalogue import CATALOGUE
from streams.model_probe import ProbeVerdict
from streams.model_probe.probe import ModelProbe, _environment
from tests.support.damaged_models import good_model


@pytest.fixture(scope="module")
def probe() -> Iterator[ModelProbe]:
    standing = ModelProbe(CATALOGUE.names, standing=True)
    yield standing
    standing.close()


def test_a_good_model_passes_and_a_damaged_one_does_not(probe: ModelProbe) -> None:
    assert probe.verdict(good_model()) == ProbeVerdict(None)
    refused = probe.verdict(good_model().replace(b"num_class=1", b"num_class=3"))
    assert "a score needs one" in str(refused.refusal)
    assert refused.checked
    assert probe.verdict(good_model()) == ProbeVerdict(None)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("os.abort()", "SIGABRT"),
        ("os._exit(7)", "exit code 7"),
        ("time.sleep(60)", "more than 2 s"),
        ("bytearray(8 << 30)", "more memory|exit code"),
    ],
)
def test_whatever_a_model_does_there_is_an_answer(
    code: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = (
        "import os, time\nfrom streams.model_probe import scoring_process as process\n"
        f"process.read_block = lambda _: [{code}]\nprocess.main()"
    )
    real = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda args, **more: real([args[0], "-c", script], **more))
    verdict = ModelProbe(CATALOGUE.names, limit_s=60 if "sleep" not in code else 2).verdict(b"{}")
    assert re.search(words, verdict.refusal or "")
    assert not verdict.checked


def test_a_model_that_hangs_a_standing_process_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        "import os, time\nfrom streams.model_probe import scoring_process as process\n"
        "process.read_block = lambda _: [time.sleep(60)]\nprocess.main()"
    )
    started, real = [], subprocess.Popen

    def start(args: list[str], **more: Any) -> "subprocess.Popen[bytes]":
        started.append(real([args[0], "-c", script], **more))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    hanging = ModelProbe(CATALOGUE.names, standing=True, limit_s=2)
    hanging.start()
    assert "more than 2 s" in (hanging.verdict(b"{}").refusal or "")
    assert len(started) == 1


def test_a_standing_process_that_ended_of_something_else_is_started_again(probe: ModelProbe) -> None:
    assert probe.verdict(good_model()) == ProbeVerdict(None)
    assert probe._process is not None
    probe._process.kill()
    assert probe.verdict(good_model()) == ProbeVerdict(None)


def test_settings_do_not_reach_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLICKHOUSE_URL", "http://user:secret@host/db")
    monkeypatch.setenv("TOLLGATE_HOME", "/somewhere")
    monkeypatch.setenv("KAFKA_SASL_PASSWORD", "secret")
    assert not [value for value in _environment().values() if "secret" in value or value == "/somewhere"]
