"""What people do at the desk, and what the engine decides after it: a real engine, broker and database."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from desk.audit import AuditTrail
from desk.bus import DirectWriter, OutboxSender
from desk.changes import Changes, ControlPlanePublisher, publish_approved
from desk.changes.backtest_process import BacktestRequest, figures
from desk.database import DeskDatabase
from desk.people import Role
from desk.reviews import Conclusion, give, open_review, start_run
from desk.reviews.upkeep import EngineLoad, KafkaDecisions, ReviewConsumer, ReviewWorker
from features.catalogue import CATALOGUE
from models.messages import Decision, ReviewLoad, RulesetChange
from models.messages.payment import Method, MethodKind
from models.rules import read_ruleset
from models.versions import content_version
from streams.control_plane import publish, publish_seed
from streams.engine.process import Engine, EngineOptions
from streams.inspect.verify import Verifier, values
from streams.kafka import Topics, ensure_agent_topics
from streams.keys import ensure_local_keys
from streams.settings import Settings
from streams.warehouse.parquet import VectorSink
from tests.desk.review_cases import MINUTE, Queue, person, queue_on
from tests.engine import test_trust_on_kafka as signed
from tests.engine.engine_log import record
from tests.engine.engine_on_kafka import letters, read, run, seeds, send, started

pytestmark = pytest.mark.kafka
ANA = person(1, Role.REVIEWER)
AUTHOR, APPROVER = person(2, Role.RULE_AUTHOR), person(3, Role.APPROVER)
STEPS_MAX, PATIENCE_S = 400, 120.0
REVIEWED = """\
name: shop
version: 2
rules:
  - id: look_at
    description: Somebody looks at these
    owner: fraud
    when: amount > 20 EUR
    action: review
"""
BY_LABEL = """\
  - id: known_fraud
    description: Fraud was found on this card
    owner: fraud
    when: card_frauds_learned_lifetime > 0
    action: block
"""


def decide(engine: Engine, options: EngineOptions, id: str, card: str, amount: int) -> Decision:
    """What the engine decides on a payment of now."""
    now, wanted = int(time.time() * 1000), engine.state.core.admission.sequence + 1
    send(options, [record(id, occurred_at=now, amount=amount, method=Method(MethodKind.CARD, card))])
    for _ in range(STEPS_MAX):
        engine.step()
        if engine.state.core.admission.sequence >= wanted:
            break
    found: Decision = read(options, "decisions", Decision)[-1]
    assert found.payment_id == id
    return found


def put_in_force(engine: Engine, options: EngineOptions, text: str) -> None:
    (_,) = publish(
        options.bootstrap, options.engine, [RulesetChange(read_ruleset(text).document)], "author", "a test"
    )
    run(engine, seeds(options))


def worker_of(queue: Queue, options: EngineOptions, log: KafkaDecisions, tell: Any = None) -> ReviewWorker:
    desk = queue.desk
    sender = OutboxSender(desk.database, desk.engine, lambda: DirectWriter(options.bootstrap, desk.engine))
    return ReviewWorker(desk, ReviewConsumer(desk, log), sender, tell, queue.clock)


def turned_until(worker: ReviewWorker, done: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        assert worker.turn() is None
        assert time.monotonic() < deadline, "nothing came of it in time"


@contextmanager
def label_agent(engine: str) -> Iterator[None]:
    """The real one, a process of its own."""
    pytest.importorskip("faust", reason="needs the extra `agents`")
    agent = subprocess.Popen(
        [sys.executable, "-m", "streams.cli", "agents", "labels", "--engine", engine], env=os.environ
    )
    try:
        yield
        assert agent.poll() is None
    finally:
        agent.kill()
        agent.wait()


def test_a_verdict_becomes_a_label_that_changes_what_is_decided_on_the_card(
    options: EngineOptions, desk_database: DeskDatabase
) -> None:
    ensure_agent_topics(options.bootstrap, options.engine)
    queue, topics = queue_on(desk_database, engine=options.engine), Topics(options.engine)
    queue.clock.now = datetime.now(UTC)
    engine, log = started(options), KafkaDecisions(options.bootstrap, options.engine)
    put_in_force(engine, options, REVIEWED + BY_LABEL)
    assert decide(engine, options, "first", "card-1", 3_000).verdict == "review"
    assert decide(engine, options, "before", "card-1", 1_000).verdict != "decline"
    worker = worker_of(queue, options, log)
    turned_until(worker, lambda: queue.all("SELECT 1 FROM reviews"))
    one, queue.clock.now = queue.id_of("first"), datetime.now(UTC)
    open_review(queue.desk, ANA, one, queue.clock.now)
    give(queue.desk, ANA, one, Conclusion.DECLINE, queue.clock.now)
    queue.clock.after(queue.desk.rules.undo)
    with label_agent(options.engine):
        turned_until(worker, lambda: list(values(options.bootstrap, topics["labels"])))
    run(engine, 1)
    after, other = (decide(engine, options, f"after-{card}", card, 1_000) for card in ("card-1", "card-2"))
    assert (after.verdict, after.hits) == ("decline", ("known_fraud",))
    assert other.verdict != "decline"
    engine.close()
    log.close()


class Archived(threading.Event):
    """Set once vectors are in the archive."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder, self._until = folder, time.monotonic() + PATIENCE_S

    def is_set(self) -> bool:
        assert time.monotonic() < self._until, "no vectors were archived"
        return any(self._folder.rglob("*.parquet"))


def archive(options: EngineOptions, home: Path) -> None:
    """The vectors decided so far, as the Parquet sink leaves them."""
    folder = home / "vectors" / f"engine={options.engine}"
    names = {CATALOGUE.schema_hash: CATALOGUE.names}
    VectorSink(options.engine, options.bootstrap, folder, names, Archived(folder), roll_s=0.1).run()


def test_a_rule_that_was_tried_and_approved_by_a_second_person_changes_the_next_decision(
    options: EngineOptions, desk_database: DeskDatabase, tmp_path: Path
) -> None:
    engine, clock = started(options), lambda: datetime.now(UTC)
    put_in_force(engine, options, "name: shop\nversion: 1\nrules: []\n")
    before = decide(engine, options, "before", "card-1", 3_000)
    archive(options, tmp_path)
    new, base = read_ruleset(REVIEWED).document, read_ruleset("name: shop\nversion: 1\nrules: []\n").document
    tried = figures(BacktestRequest(options.engine, new, base, 1))
    assert tried
    changes = Changes(desk_database, AuditTrail(clock), clock)
    proposal = changes.propose(AUTHOR, options.engine, REVIEWED, new, content_version(base), "an attack")
    live = content_version(base)
    approved = changes.approve(APPROVER, proposal.proposal_id, proposal.document_sha256, live, live)
    publish_approved(changes, ControlPlanePublisher(Settings()), approved, APPROVER)
    run(engine, 1)
    after = decide(engine, options, "after", "card-2", 3_000)
    assert (before.verdict, after.verdict) == ("approve", "review")
    assert after.versions.ruleset == content_version(new)
    engine.close()


def test_the_load_of_the_queue_reaches_an_engine_that_takes_signed_controls_only(
    kafka: str, desk_database: DeskDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)
    settings = Settings(home=tmp_path)
    keyring = ensure_local_keys(settings)
    options = signed.options_of(settings, keyring)
    publish_seed(kafka, tmp_path, options.engine, keyring=keyring)
    ensure_agent_topics(kafka, options.engine)
    engine, log = started(options), KafkaDecisions(kafka, options.engine)
    run(engine, seeds(options))
    queue = queue_on(desk_database, engine=options.engine)
    queue.arrives("a", engine=options.engine)
    start_run(queue.desk, ANA, queue.clock.now)
    at = int(queue.clock.now.timestamp() * 1000)
    worker = worker_of(queue, options, log, EngineLoad(kafka, options.engine, keyring))
    assert worker.turn() is None
    queue.clock.after(MINUTE)
    worker.turn()
    run(engine, 1)
    assert engine.state.core.context.in_effect.review_load == ReviewLoad(1, 20, at)
    assert letters(options) == []
    engine.close()
    log.close()
    assert Verifier(options).run().difference == ""
