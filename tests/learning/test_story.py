"""The learning loop as a story, on a real Kafka: in miniature, and (slow) whole."""

from pathlib import Path

import pytest

from learning.commands.learn import closing_lines
from learning.log_archive import LogArchive
from learning.story.days import Days
from learning.story.play import Scene, played
from learning.story.stage import stage
from learning.story.waiting import wait_for_vectors
from learning.story.worth import Period
from streams.settings import Settings
from streams.sources.world import World
from streams.topics import DAY_MS
from streams.warehouse.vector_files import file_ranges
from training.costs import POLICY

START_MS = 1_735_689_600_000
WHOLE = Scene(seed=1, start_ms=START_MS, days=96, per_day=800, fraud=0.02, verify=True)


@pytest.fixture
def settings(kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)
    return Settings(home=tmp_path)


def test_some_days_become_decisions_labels_and_vectors(settings: Settings) -> None:
    """Four days, real processes: what follows each verdict comes back as labels, every vector is kept."""
    world = World(3, START_MS, per_day=60, days=4, fraud=0.2)
    with stage(settings, [], lambda _: None) as found, Days(found, world) as days:
        answers = [answer for number in range(world.days) for answer in days.play(number)]
        days.settle(START_MS + 90 * DAY_MS)
        wait_for_vectors(found)
        archive = LogArchive(settings.home / "archive", found.engine)
        archive.update(found.bootstrap)
    sent = [payment.payment_id for number in range(world.days) for payment in world.day(number)]
    assert [answer.payment_id for answer in answers] == sent
    reports = archive.reports()
    frauds = {
        row["payment_id"] for row in reports.to_pylist() if (row["kind"], row["what"]) == ("label", "fraud")
    }
    let_through = {one.payment_id for one in answers if one.verdict == "approve"}
    truths = dict(zip(sent, world.truths(sent), strict=True))
    reported = {one for one in let_through if truths[one].reported and not truths[one].declined}
    assert reported
    assert reported <= frauds
    assert max(held.end for held in file_ranges(settings.home / "vectors")) > 0
    cost = Period(world, answers, POLICY).cost()
    assert cost.payments + sum(true.declined for true in truths.values()) == len(sent)
    assert cost.total > 0


@pytest.mark.slow
def test_the_whole_story(settings: Settings) -> None:
    """Payments to labels to a better model to its trial to its life; worse and broken ones stay out."""
    said: list[str] = []
    outcome = played(settings, WHOLE, lambda *_: None, said.append)
    print("\n".join(closing_lines(outcome)))
    assert outcome.as_expected, outcome.expectations
    assert len(outcome.expectations) == 8
    assert outcome.told["challenger, trial"].auc > outcome.told["seed model, trial"].auc
