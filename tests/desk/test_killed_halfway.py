"""A process killed (SIGKILL) between Kafka and the note of it: what it did is found, and done once."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest

from desk.bus import DirectWriter, OutboxSender
from desk.changes import Changes, ControlPlanePublisher, ProposalState, publish_what_was_left
from desk.changes.publishing import APPROVERS_OWN
from desk.database import DeskDatabase
from desk.people import Role
from desk.reviews import Conclusion, give, open_review
from streams.kafka import Topics, ensure_agent_topics, records
from streams.settings import Settings
from tests.desk.changes_scene import APPROVER, AUTHOR, DOCUMENT, NOW, TEXT, Trail
from tests.desk.review_cases import person, queue_on
from tests.support.new_engine import new_engine

pytestmark = pytest.mark.kafka


@pytest.fixture
def engine(kafka: str, desk_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setenv("DATABASE_URL", desk_url)
    name = new_engine(kafka, "killed")
    ensure_agent_topics(kafka, name)
    return name


def killed(*arguments: str) -> None:
    """Runs `dies_halfway` until it has sent, and kills it."""
    command = [sys.executable, "-m", "tests.desk.dies_halfway", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        process.kill()
        assert (said, process.wait(30)) == (b"sent\n", -9)


def on(kafka: str, engine: str, role: str) -> list[tuple[str, int]]:
    """Ids and offsets of a topic's records."""
    return [
        (dict(record.headers() or ())["ce_id"].decode(), record.offset())
        for record in records(kafka, Topics(engine)[role])
    ]


def test_a_ruleset_whose_publisher_was_killed_after_it_published_is_found_on_the_log(
    kafka: str, engine: str, desk_database: DeskDatabase
) -> None:
    trail = Trail()
    changes = Changes(desk_database, trail, lambda: NOW)
    proposal = changes.propose(AUTHOR, engine, TEXT, DOCUMENT, "old", "an attack")
    changes.approve(APPROVER, proposal.proposal_id, proposal.document_sha256, "old", "old")
    killed("publish", engine, str(proposal.proposal_id))
    assert changes.proposal(proposal.proposal_id).state is ProposalState.APPROVED
    publisher, later = ControlPlanePublisher(Settings()), NOW + APPROVERS_OWN
    for _ in range(2):
        assert publish_what_was_left(changes, publisher, engine, later) == []
    ((id, offset),) = on(kafka, engine, "controls")
    found = changes.proposal(proposal.proposal_id)
    assert (id, found.state, found.log_offset) == (proposal.control_id, ProposalState.PUBLISHED, offset)
    assert [action for _, action, _ in trail.notes].count("ruleset_published") == 1
    (record,) = records(kafka, Topics(engine)["controls"])
    assert json.loads(record.value())["change"]["ruleset"] == DOCUMENT


def test_verdicts_whose_sender_was_killed_after_it_sent_are_found_on_the_bus(
    kafka: str, engine: str, desk_database: DeskDatabase
) -> None:
    queue, reviewer = queue_on(desk_database, engine=engine), person(1, Role.REVIEWER)
    for payment_id in ("a", "b"):
        one = queue.arrives(payment_id, engine=engine)
        open_review(queue.desk, reviewer, one, queue.clock.now)
        give(queue.desk, reviewer, one, Conclusion.DECLINE, queue.clock.now)
    due = queue.clock.after(timedelta(minutes=1))
    killed("send", engine, due.isoformat())
    assert queue.all("SELECT state FROM outbox") == 4 * ["sending"]
    OutboxSender(desk_database, engine, lambda: DirectWriter(kafka, engine)).turn(due)
    noted = queue.all("SELECT outbox_id::text, log_offset FROM outbox ORDER BY topic, log_offset")
    assert noted == [*on(kafka, engine, "disputes"), *on(kafka, engine, "reviews")]
    assert queue.all("SELECT state FROM outbox") == 4 * ["sent"]
