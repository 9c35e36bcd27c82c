"""Rules and lists changed while payments flow: nothing is lost, and every decision is by what the log says.

    python -m tests.checks.hot_change [--payments 500000] [--publishes 100] [--list-changes 10000]
                                      [--rate 5000] [--bootstrap HOST:PORT]

An engine decides payments at a steady rate, first undisturbed (a fifth of them), then while rulesets are
published and list entries changed, spread over the whole time. Then the log is walked in the order the
journal states, with nothing of the engine's own code for rules, lists or controls:

* every payment has exactly one decision;
* each cites the ruleset whose control was the last one before it;
* each says that the rule on the list hit if, and only if, the list held the payment's BIN at that place;
* `tollgate verify` finds every decision again, byte for byte.

Prints p50, p99 and p99.9 with and without changes. Exit code 1 at the first difference.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from confluent_kafka import Producer

from bench.__main__ import broker
from bench.decide import options_of
from bench.latency import traffic
from bench.place import Place, read_line
from models.messages.codec import decode_input, encode
from models.messages.control import Control, ListChange, RulesetChange
from models.messages.decision import Decision
from models.messages.payment import Payment
from models.seed import seed_ruleset
from models.versions import content_version
from simulation.traffic import SimulatedPayments, TrafficParameters
from streams.control_plane.controls import publish
from streams.control_plane.seed import publish_seed
from streams.engine.recovery.journal import JournalReader, RecordedInputs
from streams.engine.recovery.warm import compile_all
from streams.inspect.verify import Verifier, values
from streams.kafka.admin import end_offsets
from streams.kafka.topics import Topics
from streams.sources.traffic.output_reader import OutputReader

LIST, RULE = "hot_bins", "on_hot_list"
BINS = 100
MARKER = 1
"""The topic's last offset may be the end mark of a transaction, which nobody reads."""
SEEDS = {"without": 21, "with": 22}
decode_decision = msgspec.json.Decoder(Decision).decode


class Different(Exception):  # noqa: N818 - reads as what was found
    """A decision that the log does not explain."""


@dataclass
class Plan:
    """What is asked for; `name` is the engine's."""

    payments: int
    publishes: int
    list_changes: int
    rate: float
    name: str = "hot"

    @property
    def quiet(self) -> int:
        """Payments before the first change."""
        return max(self.payments // 5, 2_000)


def ruleset(number: int) -> dict[str, Any]:
    """A ruleset that no other number gives: the seed's rules and one on the list."""
    rule = {
        "id": RULE,
        "description": f"variant {number}",
        "owner": "test",
        "when": f'bin in list("{LIST}")',
        "score": 1 + number % 9,
    }
    seeded = seed_ruleset()
    return seeded | {"name": f"hot-{number}", "rules": [*seeded["rules"], rule]}


def bins(seed: int) -> list[str]:
    """BINs that the payments of this seed have, the commonest first."""
    sample = SimulatedPayments(TrafficParameters(seed)).payments(0, 3_000)
    found = Counter(payment.method.bin for payment in sample)
    return [bin for bin, _ in found.most_common() if bin is not None][:BINS]


def list_change(numbers: Random, of: list[str]) -> ListChange:
    """An entry put on the list for good, for a second or already over, or taken off."""
    expires_at = numbers.choice([None, None, int(time.time() * 1000) + numbers.randint(-1_000, 1_000)])
    return ListChange(LIST, numbers.choice(of), numbers.random() < 0.6, expires_at)


@dataclass(eq=False)
class Changes(threading.Thread):
    """Changes of one kind, spread evenly over the time the payments take; starts with the first payment."""

    bootstrap: str
    plan: Plan
    count: int
    change: Callable[[int], None]
    failure: BaseException | None = None
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        try:
            self._change()
        except BaseException as failure:  # told to whoever waits for the thread
            self.failure = failure

    def _change(self) -> None:
        topic = Topics(self.plan.name)["payments"]
        before = end_offsets(self.bootstrap, [topic])
        while end_offsets(self.bootstrap, [topic]) == before:
            if self.stopping.wait(0.05):
                return
        began, seconds = time.monotonic(), 0.9 * self.plan.payments / self.plan.rate
        for number in range(self.count):
            due = began + seconds * number / self.count
            if self.stopping.wait(max(0.0, due - time.monotonic())):
                return
            self.change(number)


@contextmanager
def changes(bootstrap: str, plan: Plan) -> Iterator[None]:
    """Rulesets and list entries change meanwhile."""
    numbers, of, topic = Random(7), bins(SEEDS["with"]), Topics(plan.name)["controls"]
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 1})

    def entry(number: int) -> None:
        control = Control(f"hot-{number}", 0, "test", list_change(numbers, of), "hot change")
        producer.produce(topic, encode(control), control.id)
        producer.poll(0)

    def rules(number: int) -> None:
        publish(bootstrap, plan.name, [RulesetChange(ruleset(number + 1))], "test", "hot change")

    threads = [
        Changes(bootstrap, plan, plan.publishes, rules),
        Changes(bootstrap, plan, plan.list_changes, entry),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join(60)
            thread.stopping.set()
        producer.flush(30)
    failures = [thread.failure for thread in threads if thread.failure is not None]
    if failures:
        raise failures[0]


def run(place: Place, plan: Plan) -> dict[str, dict[str, Any]]:
    """Latencies without and with changes; the engine is stopped cleanly at the end."""
    publish_seed(place.bootstrap, place.home, plan.name)
    publish(place.bootstrap, plan.name, [RulesetChange(ruleset(0))], "test", "before the first payment")
    found = {}
    with place.running("serve", f"--engine={plan.name}") as serving:
        read_line(serving)
        seconds = plan.quiet / plan.rate
        found["without"] = traffic(place, plan.name, plan.rate, seconds, SEEDS["without"])
        with changes(place.bootstrap, plan):
            found["with"] = traffic(place, plan.name, plan.rate, plan.payments / plan.rate, SEEDS["with"])
        wait_until_read(place.bootstrap, plan.name)
        serving.terminate()
        read_line(serving)
    return found


def wait_until_read(bootstrap: str, name: str) -> None:
    """Until the engine has taken in the last change."""
    topics = Topics(name)
    ends = end_offsets(bootstrap, [topics["controls"], topics["decisions"]])
    outputs = OutputReader(bootstrap, name, {topics["decisions"]: ends.pop(topics["decisions"])})
    outputs.wait_until_decided(
        {topic: end - MARKER for topic, end in ends.items()}, lambda: None, lambda _: None
    )
    outputs.close()


@dataclass
class Walk:
    """The log in the order it was applied, folded in the plainest way."""

    version: str | None = None
    listed: dict[str, int | None] = field(default_factory=dict)
    payments: int = 0
    hits: int = 0
    acted: int = 0
    """List changes with a payment behind them."""
    controls: Counter[str] = field(default_factory=Counter)
    versions: set[str | None] = field(default_factory=set)

    def control(self, control: Control) -> None:
        """What goes live."""
        change = control.change
        self.controls[type(change).__name__] += 1
        if isinstance(change, RulesetChange):
            self.version = content_version(change.ruleset)
        elif isinstance(change, ListChange) and change.list == LIST:
            self.listed.pop(change.value, None)
            if change.present:
                self.listed[change.value] = change.expires_at

    def payment(self, payment: Payment, decision: Decision | None) -> None:
        """Raises `Different` where this is not its decision."""
        if decision is None or decision.payment_id != payment.payment_id:
            raise Different(f"payment {payment.payment_id} has no decision in its place: {decision}")
        if decision.duplicate or decision.degraded:
            raise Different(f"decision {decision.sequence}: {decision}")
        if decision.versions.ruleset != self.version:
            raise Different(
                f"decision {decision.sequence} is by ruleset {decision.versions.ruleset}, the log says "
                f"{self.version}"
            )
        bin, now = payment.method.bin, decision.engine_time
        expected = bin in self.listed and now < (self.listed[bin] or sys.maxsize)
        if (RULE in decision.hits) != expected:
            raise Different(
                f"decision {decision.sequence}: BIN {bin} is on the list: {expected}, it says not so"
            )
        self.payments += 1
        self.hits += expected
        self.acted = self.controls["ListChange"]
        self.versions.add(self.version)


def walk(bootstrap: str, name: str) -> Walk:
    """Every record in journalled order against the decisions. Raises `Different`."""
    walked = Walk()
    decisions = (decode_decision(value) for value in values(bootstrap, Topics(name)["decisions"]))
    for value in applied(bootstrap, name):
        message = decode_input(value)
        if isinstance(message, Control):
            walked.control(message)
        elif isinstance(message, Payment):
            walked.payment(message, next(decisions, None))
    more = next(decisions, None)
    if more is not None:
        raise Different(f"a decision for which the journal has no payment: {more}")
    return walked


def applied(bootstrap: str, name: str) -> Iterator[bytes]:
    journal, recorded = JournalReader(bootstrap, name, 0, 0), RecordedInputs(bootstrap, {})
    try:
        for entry, _ in journal.to_end():
            yield from recorded.batch(entry).values
    finally:
        journal.close()
        recorded.close()


def check(place: Place, plan: Plan) -> str:
    """The whole check; what was found, in words. Raises `Different`."""
    found = run(place, plan)
    walked = walk(place.bootstrap, plan.name)
    sent = plan.quiet + plan.payments
    if walked.payments != sent:
        raise Different(f"{sent:,} payments were sent, {walked.payments:,} were decided")
    if len(walked.versions) <= 0.9 * plan.publishes or walked.acted < 0.9 * plan.list_changes:
        raise Different(
            f"{len(walked.versions)} rulesets and {walked.acted:,} list changes had payments behind them: "
            "the machine was too busy to change things while payments flowed; try again at a lower --rate"
        )
    verified = Verifier(options_of(place.bootstrap, place.home, plan.name)).run()
    if verified.difference:
        raise Different(f"tollgate verify: {verified.difference}")
    return report(found, walked, verified.batches)


def report(found: dict[str, dict[str, Any]], walked: Walk, batches: int) -> str:
    lines = [f"{'changes':<10}{'payments/s':>12}{'p50 ms':>10}{'p99 ms':>10}{'p99.9 ms':>10}{'max ms':>10}"]
    for name, one in found.items():
        wall = one["wall_ms"]
        figures = "".join(f"{wall[quantile]:>10.1f}" for quantile in ("p50", "p99", "p999", "max"))
        lines.append(f"{name:<10}{one['rate']:>12,.0f}{figures}")
    changes = ", ".join(f"{count:,} {name}" for name, count in sorted(walked.controls.items()))
    return "\n".join(
        [
            *lines,
            f"{walked.payments:,} payments, each decided once, in {batches:,} batches; on the log: {changes}",
            f"{len(walked.versions):,} rulesets decided, each decision by the one the log says; "
            f"{walked.hits:,} hits of the list, each as the log says; verify: every decision the same again",
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--payments", type=int, default=500_000)
    parser.add_argument("--publishes", type=int, default=100)
    parser.add_argument("--list-changes", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=5_000)
    parser.add_argument("--bootstrap", help="a broker to use; without it one is started and removed")
    given = parser.parse_args()
    plan = Plan(given.payments, given.publishes, given.list_changes, given.rate)
    compile_all()
    with tempfile.TemporaryDirectory() as folder, broker(given.bootstrap, Path(folder)) as bootstrap:
        place = Place(bootstrap, Path(folder), Path(folder), plan.name)
        try:
            print(check(place, plan))
        except Different as difference:
            print(f"DIFFERENT: {difference}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
