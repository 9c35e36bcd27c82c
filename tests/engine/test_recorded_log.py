"""A log recorded before is decided again byte for byte, and a planted difference is seen."""

import copy
from pathlib import Path

import msgspec
import pytest

from features.catalogue import CATALOGUE, Catalogue, Family
from features.catalogue import measures as m
from streams.engine.recovery.replay import OtherCatalogue
from tests.checks.recorded_catalogue import recorded_catalogue
from tests.checks.recorded_log import RECORDING, compare
from tests.checks.recorded_replay import Reapplication, reapply
from tests.checks.recording import Record, Recording


@pytest.fixture(scope="module")
def recording() -> Recording:
    return Recording.read(RECORDING)


@pytest.fixture(scope="module")
def comparable(recording: Recording) -> Recording:
    """The recording, where this version can make its catalogue."""
    try:
        recorded_catalogue(recording.manifest)
    except OtherCatalogue as error:
        pytest.skip(str(error))
    return recording


@pytest.fixture(scope="module")
def reapplied(comparable: Recording) -> Reapplication:
    return reapply(comparable)


def planted(recording: Recording, role: str, number: int, old: bytes, new: bytes) -> Recording:
    """The recording with other bytes in one record."""
    topics = copy.copy(recording.topics)
    records = topics[role] = list(topics[role])
    assert records[number].value.count(old) >= 1
    records[number] = records[number]._replace(value=records[number].value.replace(old, new, 1))
    return Recording(recording.manifest, topics, recording.artefacts, recording.snapshot)


def test_the_recording_is_of_this_catalogue(recording: Recording) -> None:
    """Or of one that it grew from by features that were added."""
    try:
        catalogue = recorded_catalogue(recording.manifest)
    except OtherCatalogue as error:
        pytest.fail(str(error))
    assert catalogue.names == recording.manifest.columns


def test_features_that_were_added_are_left_out_again(comparable: Recording) -> None:
    former = recorded_catalogue(comparable.manifest)
    first, *others = former.families
    wider = Family(first.entity, first.measure, ("17m", *first.windows), first.other, first.default)
    added = Family("address", m.PAYMENT_COUNT, ("19m",))
    grown = Catalogue(former.by_name.values(), [wider, added, *others], former.attributes)
    assert len(grown.names) == len(former.names) + 2
    assert recorded_catalogue(comparable.manifest, grown).schema_hash == former.schema_hash


def test_a_feature_that_went_asks_for_another_recording(recording: Recording) -> None:
    fewer = Catalogue(CATALOGUE.by_name.values(), CATALOGUE.families[1:], CATALOGUE.attributes)
    with pytest.raises(OtherCatalogue, match=r"record again: `.venv/bin/python -m tests.checks.recorded_log"):
        recorded_catalogue(recording.manifest, fewer)
    unnamed = msgspec.structs.replace(recording.manifest, columns=(), catalogue="0" * 16)
    with pytest.raises(OtherCatalogue, match="catalogue 0000000000000000, this version has"):
        recorded_catalogue(unnamed)


def test_every_recorded_byte_is_written_again(recording: Recording, reapplied: Reapplication) -> None:
    comparison = compare(recording, reapplied)
    assert comparison.differences == []
    assert comparison.compared["decisions"] == len(recording.topics["decisions"]) > 4_000
    assert comparison.compared["controls by the engine"] > 1
    assert comparison.compared["states"] == len(recording.manifest.stops) + 4


def test_one_changed_byte_of_a_decision_is_seen(recording: Recording, reapplied: Reapplication) -> None:
    changed = planted(recording, "decisions", 1_234, b'"approve"', b'"approvf"')
    comparison = compare(changed, reapplied)
    assert comparison.differing == {"decisions": 1}
    (difference,) = comparison.differences
    assert difference.startswith("decisions, number 1234: value: byte")
    assert '"approvf"' in difference


def test_one_changed_vector_is_seen(recording: Recording, reapplied: Reapplication) -> None:
    value = recording.topics["features"][50].value
    comparison = compare(planted(recording, "features", 50, value[-8:], b"\1" * 8), reapplied)
    assert comparison.differing == {"messages of vectors": 1}


def test_a_lost_dead_letter_and_another_state_are_seen(
    recording: Recording, reapplied: Reapplication
) -> None:
    fewer = {role: list(sent) for role, sent in reapplied.messages.items()}
    fewer["dead-letters"].pop()
    states = reapplied.states | {"recovered from nothing": "0"}
    comparison = compare(recording, Reapplication(fewer, states))
    assert comparison.differing == {"dead letters": 1, "states": 1}


def test_a_changed_input_is_seen_in_what_comes_of_it(comparable: Recording) -> None:
    recording = comparable
    topics = recording.topics | {"journal": recording.topics["journal"][:10]}
    beginning = Recording(recording.manifest, topics, recording.artefacts, recording.snapshot)
    changed = planted(beginning, "payments", 9, b'"amount":', b'"amount":1')
    before, after = reapply(beginning), reapply(changed)
    assert before.messages != after.messages
    assert "than the journal states" in after.states["recovered from nothing"]
    pairs = zip(before.messages["decisions"], after.messages["decisions"], strict=True)
    assert next(place for place, (a, b) in enumerate(pairs) if a != b) == 9


def test_a_recording_is_read_as_it_was_written(recording: Recording, tmp_path: Path) -> None:
    few = {role: records[:20] for role, records in recording.topics.items()}
    written = Recording(recording.manifest, few, {}, b"a snapshot")
    written.write(tmp_path)
    assert Recording.read(tmp_path) == written


def test_an_artefact_that_is_not_what_its_name_says_is_refused(recording: Recording, tmp_path: Path) -> None:
    few: dict[str, list[Record]] = {role: [] for role in recording.topics}
    Recording(recording.manifest, few, {"0" * 64: b"other"}, b"").write(tmp_path)
    with pytest.raises(ValueError, match="does not hold what its name says"):
        Recording.read(tmp_path)
