"""Models and tables travel on the log: every host and every replay has the same ones, or has not."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from models.messages import ArtefactPart, ModelChange, encode
from models.seed import seed_model_artefact
from streams.control_plane import ArtefactStore, LoggedArtefacts, artefacts, publish
from streams.engine import EngineOptions
from streams.engine.follower import Follower
from streams.errors import Damaged
from streams.inspect.verify import Verifier
from tests.engine.engine_log import record
from tests.engine.engine_on_kafka import decided, follow, letters, run, seeds, send, started

pytestmark = pytest.mark.kafka


@pytest.fixture
def store(tmp_path: Path) -> ArtefactStore:
    return ArtefactStore(tmp_path / "artefacts")


def another_host(options: EngineOptions, folder: Path) -> EngineOptions:
    """The same engine where nothing is on the disk."""
    artefacts = LoggedArtefacts(options.bootstrap, options.engine, ArtefactStore(folder / "artefacts"))
    return replace(options, folder=folder / "engine", artefacts=artefacts.load)


def another_model(store: ArtefactStore) -> ModelChange:
    """The seed's model as another file."""
    return ModelChange(store.stage(seed_model_artefact() + b"\n"))


def test_a_new_host_needs_no_file_of_another(options: EngineOptions, tmp_path: Path) -> None:
    engine = started(options)
    send(options, [record("a")])
    run(engine, 1 + seeds(options))
    host = another_host(options, tmp_path / "new")
    again = started(host)
    assert again.state.core.logical_hash() == engine.state.core.logical_hash()
    again.close()
    shutil.rmtree(tmp_path / "new" / "artefacts", ignore_errors=True)
    third = started(host)
    assert third.state.core.context.versions == engine.state.core.context.versions
    assert Verifier(host).run().difference == ""


def test_a_control_whose_file_is_not_on_the_log_is_refused_alike_everywhere(
    options: EngineOptions, store: ArtefactStore, tmp_path: Path
) -> None:
    engine = started(options)
    run(engine, seeds(options))
    before = engine.state.core.context.versions
    on_disk, nowhere = another_model(store), ModelChange("0" * 64)
    for change in (on_disk, nowhere):
        publish(options.bootstrap, options.engine, [change], "test", "without its file")
    send(options, [record("a")])
    run(engine, 3)
    assert [str(letter.reason) for letter in letters(options)] == ["artefact_missing"] * 2
    assert engine.state.core.context.versions == before
    artefacts.upload(options.bootstrap, options.engine, [on_disk], store)
    publish(options.bootstrap, options.engine, [on_disk], "test", "behind its file")
    run(engine, 2)
    assert engine.state.core.context.versions.model != before.model
    for folder in (options.folder.parent, tmp_path / "new"):
        host = options if folder == options.folder.parent else another_host(options, folder)
        follower = Follower(host)
        follow(follower, engine.state.position.number)
        assert follower.state.core.logical_hash() == engine.state.core.logical_hash()
        assert started(host).state.core.logical_hash() == engine.state.core.logical_hash()
        assert Verifier(host).run().difference == ""


def test_a_journal_from_before_there_was_such_a_topic_is_applied_by_its_own_rule(
    options: EngineOptions, store: ArtefactStore
) -> None:
    engine = started(options)
    engine.state.core.context.shelf.required = False
    change = another_model(store)
    publish(options.bootstrap, options.engine, [change], "test", "as it was done before")
    send(options, [record("a")])
    run(engine, 1 + seeds(options))
    older = engine.state.core.context.versions
    again = started(options)
    assert again.state.core.context.versions == older
    publish(options.bootstrap, options.engine, [ModelChange("0" * 64)], "test", "as it is done now")
    send(options, [record("b")])
    run(again, 2)
    assert [str(letter.reason) for letter in letters(options)] == ["artefact_missing"]
    assert started(options).state.core.logical_hash() == again.state.core.logical_hash()
    assert Verifier(options).run().difference == ""


def test_garbage_on_the_topic_is_refused_and_stops_nothing(
    options: EngineOptions, store: ArtefactStore
) -> None:
    seeded = seeds(options)
    wrong = hashlib.sha256(b"right").hexdigest()
    garbage = [
        b"", b"{", b"\xff", record("a payment"), b'{"type":"artefact"}',
        encode(ArtefactPart(wrong, 5, 0, b"wrong")),
        encode(ArtefactPart("1" * 64, 9, 5, b"late")),
        encode(ArtefactPart("2" * 64, 9, 0, b"never")),
    ]  # fmt: skip
    send(options, garbage, "artefacts")
    engine = started(options)
    change = another_model(store)
    artefacts.upload(options.bootstrap, options.engine, [change], store)
    publish(options.bootstrap, options.engine, [change], "test", "beside the garbage")
    send(options, [record("a")])
    run(engine, seeded + len(garbage) + 3)
    reasons = [str(letter.reason) for letter in letters(options)]
    assert reasons == [
        "empty", "invalid_json", "invalid_utf8", "unknown_type", "invalid_field",
        "invalid_artefact", "invalid_artefact",
    ]  # fmt: skip
    assert [decision.payment_id for decision in decided(options)] == ["a"]
    engine.close()
    again = started(options)
    assert again.state.core.logical_hash() == engine.state.core.logical_hash()
    assert again.state.core.context.shelf.contents() == {"2" * 64: b"never"}
    assert Verifier(options).run().difference == ""


def test_a_torn_file_of_the_cache_is_filled_again(options: EngineOptions, tmp_path: Path) -> None:
    run(started(options), seeds(options))
    artefacts = LoggedArtefacts(options.bootstrap, options.engine, ArtefactStore(tmp_path / "artefacts"))
    sha256 = hashlib.sha256(seed_model_artefact()).hexdigest()
    (tmp_path / "artefacts" / sha256).write_bytes(b"torn")
    assert artefacts.load(sha256) == seed_model_artefact()
    assert (tmp_path / "artefacts" / sha256).read_bytes() == seed_model_artefact()
    with pytest.raises(Damaged, match=r"lost-artefacts\.md"):
        artefacts.load("0" * 64)


def test_a_flood_of_files_takes_back_none_that_was_live_and_raises_an_alarm(
    options: EngineOptions,
    store: ArtefactStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("streams.engine.decision.artefact_shelf.COMPLETE_MAX", 10)
    engine = started(options)
    run(engine, seeds(options))
    first = engine.state.core.context.in_effect.model
    assert first is not None
    change = another_model(store)
    artefacts.upload(options.bootstrap, options.engine, [change], store)
    publish(options.bootstrap, options.engine, [change], "test", "another model")
    tiny = [b"%d" % number for number in range(20)]
    parts = [ArtefactPart(hashlib.sha256(each).hexdigest(), len(each), 0, each) for each in tiny]
    run(engine, 2)
    send(options, [encode(part) for part in parts], "artefacts")
    run(engine, len(parts))
    publish(options.bootstrap, options.engine, [ModelChange(first)], "test", "back, at once")
    run(engine, 1)
    assert engine.state.core.context.in_effect.model == first
    assert letters(options) == []
    assert "gave way to later ones" in caplog.text
    engine.close()
    assert started(options).state.core.logical_hash() == engine.state.core.logical_hash()
    assert Verifier(options).run().difference == ""
