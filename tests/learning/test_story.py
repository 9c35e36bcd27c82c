"""The learning loop as a story, on a real Kafka: in miniature, and (slow) whole."""

from pathlib import Path

import pytest

from learning.commands.learn import closing_lines
from learning.history.log_archive import LogArchive
from learning.story.play import StorySettings, play_story
from learning.story.stage import stage
from learning.story.verdict_costs import DecisionPeriod
from learning.story.waiting import wait_for_vectors
from learning.story.world_days import WorldDays
from models.messages.dispute import Dispute, DisputeStage
from models.units import DAY_MS
from simulation.world.world import World
from streams.settings import Settings
from streams.warehouse.parquet.vector_files import file_ranges
from training.policy_comparison.costs import POLICY

START_MS = 1_735_689_600_000
WHOLE = StorySettings(seed=1, start_ms=START_MS, days=140, per_day=1_000, fraud=0.02, verify=True)


@pytest.fixture
def settings(kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)
    return Settings(home=tmp_path)


def test_some_days_become_decisions_labels_and_vectors(settings: Settings) -> None:
    """Three days, real processes: what follows each verdict comes back as labels, every vector is kept."""
    world = World(3, START_MS, per_day=150, days=3, fraud=0.2)
    with stage(settings, [], lambda _: None) as found, WorldDays(found, world) as days:
        answers = [answer for number in range(world.days) for answer in days.play(number)]
        days.settle(START_MS + 250 * DAY_MS)
        wait_for_vectors(found)
        archive = LogArchive(settings.home / "archive", found.engine)
        archive.update(found.bootstrap)
    sent = [payment for number in range(world.days) for payment in world.day(number)]
    assert [answer.payment_id for answer in answers] == [payment.payment_id for payment in sent]
    reports = archive.reports().to_pylist()
    frauds = {row["payment_id"] for row in reports if (row["kind"], row["what"]) == ("label", "fraud")}
    dues = world.aftermaths(sent, [answer.verdict for answer in answers])
    noticed = {each.message.payment_id for due in dues for each in due if is_notice(each.message)}
    assert len(noticed) > 5
    assert noticed <= frauds
    outcomes = sum(row["kind"] == "outcome" for row in reports)
    assert outcomes == sum(each.role == "outcomes" for due in dues for each in due)
    assert max(held.end for held in file_ranges(settings.home / "vectors")) > 0
    cost = DecisionPeriod(world, answers, POLICY).cost()
    assert 0 < cost.payments <= len(sent)
    assert cost.total > 0


def is_notice(message: object) -> bool:
    return isinstance(message, Dispute) and message.stage is DisputeStage.FRAUD_NOTICE


@pytest.mark.slow
def test_the_whole_story(settings: Settings) -> None:
    """Payments to labels to a better model to its trial to its life; worse and broken ones stay out."""
    said: list[str] = []
    outcome = play_story(settings, WHOLE, lambda *_: None, said.append)
    print("\n".join(closing_lines(outcome)))
    assert outcome.as_expected, outcome.expectations
    assert len(outcome.expectations) == 8
    assert outcome.qualities["challenger, trial"].auc > outcome.qualities["seed model, trial"].auc
