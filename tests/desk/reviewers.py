"""Twenty reviewers on one queue while things are killed: `python -m tests.desk.reviewers --payments 5000`.

Payments and their decisions lie on a real Kafka; a worker of its own takes them in, scripted reviewers judge
them (some go away and leave their claim, some take back, some escalate, large ones need two), and the worker
sends verdicts. Meanwhile PostgreSQL is killed (SIGKILL, with all it has not written), the worker as often,
and the broker if asked. At the end what each reviewer was told is compared with the database and the log:

- no payment is lost: each review on the log is a row
- no payment is in two hands at once, none judged twice
- a verdict that a reviewer was told holds, holds
- each judged payment has one verdict on the bus, and no other payment has any

Ends with 1 and says which where one does not hold.
"""

import argparse
import json
import logging
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from desk.audit import AuditTrail
from desk.bus import DirectWriter, OutboxSender
from desk.database import DeskDatabase, migrate
from desk.people import Action, Person, Role
from desk.reviews import (
    Conclusion,
    QueueName,
    ReviewDesk,
    ReviewRefused,
    ReviewRules,
    escalate,
    give,
    next_in_run,
    start_run,
    undo,
)
from desk.reviews.upkeep.consumer import KafkaDecisions, ReviewConsumer
from desk.reviews.upkeep.worker import ReviewWorker
from models.messages import Decision, Merchant, Payment, Verdict, encode
from models.messages.payment import Method, MethodKind
from streams.errors import Outage
from streams.kafka import Sender, Topics, ensure_agent_topics, ensure_topics, records
from streams.platform.broker.local_kafka import LocalKafka
from streams.platform.postgres import LocalPostgres
from streams.process import configure_logging, stop_flag
from tests.desk.review_cases import decision

ENGINE: Final = "live"
LARGE_SHARE: Final = 0.03
IDLE: Final = timedelta(seconds=15)
GRACE_S: Final = 240.0


@dataclass
class Ledger:
    """What reviewers were told, and who has what in hand."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    hands: dict[int, tuple[str, float]] = field(default_factory=dict)
    told: dict[UUID, tuple[int, str, Conclusion]] = field(default_factory=dict)
    undone: set[int] = field(default_factory=set)
    violations: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def takes(self, name: str, review_id: int) -> None:
        with self.lock:
            held = self.hands.get(review_id)
            if held and held[0] != name and time.monotonic() < held[1]:
                self.violations.append(f"review {review_id} was given to {name} and {held[0]} at once")
            self.hands[review_id] = name, time.monotonic() + IDLE.total_seconds() - 2
            self.counts["opened"] += 1

    def lays_down(self, review_id: int) -> None:
        with self.lock:
            self.hands.pop(review_id, None)

    def count(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1


@dataclass
class ScriptedReviewer:
    """One person who reviews until told to stop."""

    desk: ReviewDesk
    person: Person
    ledger: Ledger
    pace_s: float
    chance: random.Random
    run_queue: QueueName = QueueName.MAIN

    def work(self, stopping: Callable[[], bool]) -> None:
        while not stopping():
            try:
                self.one()
            except Outage:
                self.ledger.count("outages")
                time.sleep(0.5 + self.chance.random())
            except ReviewRefused as refused:
                self.ledger.count(f"refused: {type(refused).__name__}")

    def one(self) -> None:
        opened = next_in_run(self.desk, self.person, _now())
        if opened is None:
            self._next_run()
            return
        review_id = opened.review.review_id
        self.ledger.takes(self.person.name, review_id)
        time.sleep(min(self.chance.expovariate(1 / self.pace_s), 10))
        self.ledger.lays_down(review_id)
        drawn = self.chance.random()
        if drawn < 0.02:
            self.ledger.count("left")
            time.sleep(IDLE.total_seconds() * 1.2)  # somebody else takes it meanwhile, or nobody does
        elif drawn < 0.04 and opened.review.queue is QueueName.MAIN:
            escalate(self.desk, self.person, review_id, "ask the shop", _now())
            self.ledger.count("escalated")
            return
        self._judges(review_id, len(opened.verdicts))

    def _judges(self, review_id: int, seen: int) -> None:
        conclusion = self.chance.choice(list(Conclusion))
        try:
            given = give(self.desk, self.person, review_id, conclusion, _now(), seen=seen)
        except Outage:
            self.ledger.count("not known whether it holds")
            raise
        with self.ledger.lock:
            self.ledger.told[given.action_id] = review_id, self.person.name, conclusion
        self.ledger.count("verdicts")
        if self.chance.random() < 0.03:
            self._takes_back()

    def _takes_back(self) -> None:
        try:
            again = undo(self.desk, self.person, _now())
        except Outage:
            self.ledger.count("not known whether it was taken back")
            raise
        self.ledger.count("taken back")
        with self.ledger.lock:
            self.ledger.undone.update(again)

    def _next_run(self) -> None:
        if self.person.may(Action.REVIEW_LARGE) and self.chance.random() < 0.5:
            self.run_queue = QueueName.ESCALATION
        else:
            self.run_queue = QueueName.MAIN
        run = start_run(self.desk, self.person, _now(), self.run_queue)
        if not run.length:
            time.sleep(1)


def _now() -> datetime:
    return datetime.now(UTC)


def _rules(undo_s: float) -> ReviewRules:
    return ReviewRules(idle=IDLE, undo=timedelta(seconds=undo_s), run_length=50)


def _desk(url: str, connections: int, undo_s: float) -> ReviewDesk:
    return ReviewDesk(DeskDatabase(url, connections), ENGINE, AuditTrail(_now), _rules(undo_s))


def work(url: str, bootstrap: str, undo_s: float) -> None:
    """The worker's process, until SIGTERM."""
    configure_logging()
    stopping = stop_flag()
    desk = _desk(url, 2, undo_s)
    consumer = ReviewConsumer(desk, KafkaDecisions(bootstrap, ENGINE))
    sender = OutboxSender(desk.database, ENGINE, lambda: DirectWriter(bootstrap, ENGINE))
    ReviewWorker(desk, consumer, sender, None, _now).run(stopping)


@dataclass
class Worker:
    """The worker as a process that is started again whenever it ends."""

    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def keep(self) -> None:
        if self.process is None or self.process.poll() is not None:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
            self.starts += 1

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()


def put_payments(bootstrap: str, count: int, chance: random.Random) -> None:
    """Payments, then their decisions, as an engine would have left them. One in five is no review."""
    topics = Topics(ENGINE)
    with Sender(bootstrap, ENGINE) as sender:
        for number in range(count):
            method = Method(MethodKind.CARD, f"card-{number // 3}")
            payment = Payment(
                "acme", f"p{number}", 1_700_000_000_000 + number, 10_000, "EUR", method, Merchant("shop-1")
            )
            sender.send(topics["payments"], "payment", payment.payment_id, encode(payment))
    with Sender(bootstrap, ENGINE) as sender:
        for sequence, made in enumerate(_decisions(bootstrap, chance), 1):
            for each in (made, _passed(made)) if sequence % 5 == 0 else (made,):
                sender.send(topics["decisions"], "decision", each.payment_id, encode(each))


def _decisions(bootstrap: str, chance: random.Random) -> Iterator[Decision]:
    for record in records(bootstrap, Topics(ENGINE)["payments"]):
        amount = 250_000 if chance.random() < LARGE_SHARE else chance.randrange(500, 50_000)
        yield decision(
            record.key().decode(), received_at=record.timestamp()[1], probability=chance.random(),
            reference_amount=amount,
        )  # fmt: skip


def _ids_on(bootstrap: str, topic: str) -> list[tuple[str, str]]:
    """Payment and CloudEvents id of each message."""
    return [
        (json.loads(record.value())["payment_id"], dict(record.headers())["ce_id"].decode())
        for record in records(bootstrap, topic)
    ]


def _passed(made: Decision) -> Decision:
    return decision(f"x{made.payment_id}", verdict=Verdict.APPROVE)


def people(count: int) -> list[Person]:
    """A quarter of them may review large payments, three at least."""
    large = max(3, count // 4)
    return [
        Person(
            UUID(int=number + 1), f"reviewer-{number + 1}",
            frozenset({Role.REVIEWER, Role.APPROVER} if number < large else {Role.REVIEWER}), None,
        )
        for number in range(count)
    ]  # fmt: skip


@dataclass
class Scene:
    """Everything that runs."""

    folder: Path
    asked: argparse.Namespace
    ledger: Ledger = field(default_factory=Ledger)

    def __post_init__(self) -> None:
        self.kafka = LocalKafka(self.folder / "kafka", self.say)
        self.postgres = LocalPostgres(self.folder / "desk", self.say)
        self.begun = time.monotonic()

    def say(self, text: str) -> None:
        print(f"{time.monotonic() - getattr(self, 'begun', time.monotonic()):6.1f} s  {text}", flush=True)

    def run(self) -> list[str]:
        chance = random.Random(self.asked.seed)
        self.postgres.start()
        self.kafka.start()
        ensure_topics(self.kafka.bootstrap, ENGINE)
        ensure_agent_topics(self.kafka.bootstrap, ENGINE)
        desk = _desk(self.postgres.url, self.asked.reviewers, self.asked.undo_seconds)
        migrate(desk.database)
        put_payments(self.kafka.bootstrap, self.asked.payments, chance)
        self.say(f"{self.asked.payments:,} reviews on the log")
        where = [self.postgres.url, self.kafka.bootstrap, str(self.asked.undo_seconds)]
        worker = Worker(
            [sys.executable, "-m", "tests.desk.reviewers", "--worker", *where], self.folder / "worker.log"
        )
        try:
            self._review(desk, worker, chance)
            return self._verified(desk, worker)
        finally:
            worker.stop()
            desk.database.close()
            self.kafka.stop()
            self.postgres.stop()

    def _review(self, desk: ReviewDesk, worker: Worker, chance: random.Random) -> None:
        stop = threading.Event()
        worker.keep()
        pace = 0.5 * self.asked.minutes * 60 * self.asked.reviewers / self.asked.payments
        team = [
            ScriptedReviewer(desk, each, self.ledger, pace, random.Random(f"{self.asked.seed} {each.name}"))
            for each in people(self.asked.reviewers)
        ]
        threads = [threading.Thread(target=each.work, args=(stop.is_set,), daemon=True) for each in team]
        self.begun = time.monotonic()
        for thread in threads:
            thread.start()
        kills = self._kills(chance, worker)
        worked_s, before = 0.0, time.monotonic()
        while worked_s < self.asked.minutes * 60:
            time.sleep(0.5)
            worker.keep()
            while kills and worked_s >= kills[0][0]:
                kills.pop(0)[1]()
            now = time.monotonic()
            worked_s += min(now - before, 5.0)  # a machine that slept meanwhile reviewed nothing
            before = now
        stop.set()
        for thread in threads:
            thread.join(60)
        self.say("reviewers have stopped")

    def _kills(self, chance: random.Random, worker: Worker) -> list[tuple[float, Callable[[], None]]]:
        length = self.asked.minutes * 60
        planned: list[tuple[float, Callable[[], None]]] = []
        for act, count in (
            (self._kill_database, self.asked.kills),
            (lambda: self._kill_worker(worker), self.asked.kills),
            (self._kill_broker, self.asked.broker_kills),
        ):
            for number in range(count):
                part = length / (count + 1)
                planned.append((part * (number + 0.5 + chance.random()), act))
        return sorted(planned, key=lambda each: each[0])

    def _kill_database(self) -> None:
        self.say("killing the database")
        self.postgres.kill9()
        time.sleep(2)
        self.postgres.start()
        self.ledger.count("database killed")
        self.say("the database is back")

    def _kill_worker(self, worker: Worker) -> None:
        self.say("killing the worker")
        worker.kill()
        self.ledger.count("worker killed")

    def _kill_broker(self) -> None:
        self.say("killing the broker")
        self.kafka.kill9()
        self.kafka.start()
        self.ledger.count("broker killed")
        self.say("the broker is back")

    def _verified(self, desk: ReviewDesk, worker: Worker) -> list[str]:
        """What does not hold, once everything was sent."""
        until = time.monotonic() + self.asked.undo_seconds + GRACE_S
        while time.monotonic() < until:
            worker.keep()
            with desk.database.transaction() as connection:
                left = connection.execute(
                    "SELECT (SELECT count(*) FROM outbox WHERE state IN ('waiting', 'sending')) AS unsent, "
                    "(SELECT count(*) FROM reviews) AS taken_in"
                ).fetchone()
            if left and not left["unsent"] and left["taken_in"] >= self.asked.payments:
                break
            time.sleep(1)
        self.ledger.counts["worker started"] = worker.starts
        return [*self.ledger.violations, *self._compared(desk)]

    def _compared(self, desk: ReviewDesk) -> Iterator[str]:
        bootstrap, topics = self.kafka.bootstrap, Topics(ENGINE)
        with desk.database.transaction() as connection:
            rows = connection.execute(
                "SELECT review_id, payment_id, state, eyes, conclusion FROM reviews"
            ).fetchall()
            live = connection.execute(
                "SELECT action_id, review_id, conclusion FROM review_verdicts WHERE undone_at IS NULL"
            ).fetchall()
            sent = connection.execute("SELECT outbox_id::text AS id, state FROM outbox").fetchall()
        reviews = {
            json.loads(record.value())["payment_id"]
            for record in records(bootstrap, topics["decisions"])
            if b'"verdict":"review"' in record.value()
        }
        yield from (f"{payment} is lost" for payment in reviews - {row["payment_id"] for row in rows})
        if len(rows) != len(reviews):
            yield f"{len(rows)} rows for {len(reviews)} reviews"
        yield from self._judged(rows, live)
        on_bus, told = (_ids_on(bootstrap, topics[role]) for role in ("disputes", "reviews"))
        judged = {row["payment_id"] for row in rows if row["state"] == "judged"}
        times = Counter(payment for payment, _ in on_bus)
        yield from (f"{payment} is on the bus {count} times" for payment, count in times.items() if count > 1)
        yield from (f"{payment} is judged and not on the bus" for payment in judged - times.keys())
        yield from (f"{payment} is on the bus and not judged" for payment in times.keys() - judged)
        if Counter(payment for payment, _ in told) != times:
            yield "who holds the payments was not told each verdict once"
        marked = {row["id"] for row in sent if row["state"] == "sent"}
        if marked != {id for _, id in [*on_bus, *told]}:
            yield "the outbox and the bus do not agree"
        self.ledger.counts.update(Counter(f"reviews {row['state']}" for row in rows))
        self.ledger.counts["verdicts on the bus"] = len(on_bus)

    def _judged(self, rows: list[dict[str, object]], live: list[dict[str, object]]) -> Iterator[str]:
        by_review: dict[object, list[object]] = {}
        for each in live:
            by_review.setdefault(each["review_id"], []).append(each["conclusion"])
        for row in rows:
            said = by_review.get(row["review_id"], [])
            agree = said.count(row["conclusion"])
            if row["state"] == "judged" and agree != row["eyes"]:
                yield f"{row['payment_id']} takes {row['eyes']} and was judged by {agree}"
        actions = {each["action_id"] for each in live}
        if self.ledger.counts["not known whether it was taken back"]:
            return
        for action, (review_id, name, _) in self.ledger.told.items():
            if action not in actions and review_id not in self.ledger.undone:
                yield f"{name} was told that the verdict on review {review_id} holds, and it does not"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--payments", type=int, default=5_000)
    parser.add_argument("--reviewers", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--kills", type=int, default=2, help="of the database, and of the worker")
    parser.add_argument("--broker-kills", type=int, default=0)
    parser.add_argument("--undo-seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worker", nargs=3, metavar=("URL", "BOOTSTRAP", "UNDO"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.worker:
        url, bootstrap, undo_s = asked.worker
        work(url, bootstrap, float(undo_s))
        return 0
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="reviewers-") as folder:
        scene = Scene(Path(folder), asked)
        wrong = scene.run()
        for what, count in sorted(scene.ledger.counts.items()):
            print(f"{count:>8,}  {what}")
        if wrong:
            print((Path(folder) / "worker.log").read_text()[-4_000:])
    for each in wrong[:50]:
        print(f"WRONG: {each}")
    print(
        "no payment judged twice, none lost, every verdict on the bus once"
        if not wrong
        else f"{len(wrong)} wrong"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
