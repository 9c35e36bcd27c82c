"""Models changed while payments flow: nothing is lost, and every decision is by the model that the log says.

    python -m tests.checks.model_change [--payments 100000] [--rounds 6] [--rate 2000] [--bootstrap HOST:PORT]

An engine decides payments at a steady rate, first undisturbed, then while a challenger goes through shadow,
canary, promotion and rollback, again and again. Then the log is walked in the order the journal states, with
nothing of the engine's own code for trials:

* every payment has exactly one decision;
* each names the champion and the challenger that the last controls before it made so;
* in shadow no decision is the challenger's; in canary a card is in its share always or never, and a fifth of
  all payments is;
* what is not on trial is not promoted: the control that asks for it is a dead letter, the only one;
* `tollgate verify` finds every decision again, byte for byte.

Prints latencies with and without changes. Exit code 1 at the first difference.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.__main__ import broker
from bench.decide import options_of
from bench.latency import traffic
from bench.place import Place, read_line
from bench.trial import challenger
from models.messages.codec import decode_input
from models.messages.control import (
    ChallengerChange,
    Change,
    Control,
    ModelChange,
    PromoteChange,
    TrialBounds,
)
from models.messages.decision import Decision
from models.messages.payment import Payment
from models.seed import seed_model_artefact
from streams.control_plane.artefacts import ArtefactStore
from streams.control_plane.controls import publish
from streams.control_plane.seed import publish_seed
from streams.engine.recovery.warm import compile_all
from streams.inspect.verify import Verifier, values
from streams.kafka.topics import Topics
from tests.checks.hot_change import SEEDS, Changes, Different, Plan, applied, decode_decision, wait_until_read

SHARE = 200_000
UNBOUND = TrialBounds(psi_max=None, verdict_gap_max=None, errors_max=None)
WRONG = PromoteChange("0" * 64)


def round_of(store: ArtefactStore) -> list[Change]:
    """One challenger's way, from shadow to rollback."""
    tried, champion = store.stage(challenger()), store.stage(seed_model_artefact())
    return [
        ChallengerChange(tried, bounds=UNBOUND),
        ChallengerChange(tried, SHARE, salt="check", bounds=UNBOUND),
        PromoteChange(tried),
        ModelChange(champion),
    ]


@contextmanager
def changes(place: Place, plan: Plan, rounds: int) -> Iterator[None]:
    """The models change meanwhile; one control that must be refused comes first."""
    steps = [WRONG, *round_of(ArtefactStore(place.home / "artefacts")) * rounds]
    thread = Changes(
        place.bootstrap,
        plan,
        len(steps),
        lambda number: void(publish(place.bootstrap, plan.name, [steps[number]], "test", "model change")),
    )
    thread.start()
    try:
        yield
    finally:
        thread.join(60)
        thread.stopping.set()
    if thread.failure is not None:
        raise thread.failure


def void(_: object) -> None:
    """Nothing."""


@dataclass
class Walk:
    """The log in the order it was applied, folded in the plainest way; models by their versions."""

    champion: str | None = None
    tried: str | None = None
    share: int = 0
    groups: dict[str, bool] = field(default_factory=dict)
    payments: int = 0
    of_share: int = 0
    canary: int = 0
    seen: set[tuple[str | None, str | None]] = field(default_factory=set)

    def control(self, change: Change) -> None:
        """Which models score."""
        match change:
            case ModelChange(sha256=sha256):
                self.champion, self.tried = sha256[:16], None
            case ChallengerChange(sha256=str(sha256), share=share):
                self.tried, self.share, self.groups = sha256[:16], share, {}
            case PromoteChange(sha256=sha256) if sha256[:16] == self.tried:
                self.champion, self.tried = self.tried, None

    def payment(self, payment: Payment, decision: Decision | None) -> None:
        """Raises `Different` where this is not its decision."""
        if decision is None or decision.payment_id != payment.payment_id:
            raise Different(f"payment {payment.payment_id} has no decision in its place: {decision}")
        found = decision.challenger
        decided = found is not None and found.champion is not None
        names = (
            decision.versions.model,
            found and found.model,
            found and found.champion and found.champion.model,
        )
        expected = (self.tried, self.tried, self.champion) if decided else (self.champion, self.tried, None)
        if decision.duplicate or decision.degraded or names != expected:
            raise Different(f"decision {decision.sequence}: the log says {expected}, it says {decision}")
        in_share = decided if found is None else self.groups.setdefault(payment.method.token, decided)
        if in_share != decided or (decided and not self.share):
            raise Different(
                f"decision {decision.sequence}: its card is in the share now and then: {decision}"
            )
        self.payments += 1
        self.of_share += self.tried is not None and self.share > 0
        self.canary += decided
        self.seen.add((self.champion, self.tried))


def walk(bootstrap: str, name: str) -> Walk:
    """Every record in journalled order against the decisions. Raises `Different`."""
    walked = Walk()
    decisions = (decode_decision(value) for value in values(bootstrap, Topics(name)["decisions"]))
    for value in applied(bootstrap, name):
        message = decode_input(value)
        if isinstance(message, Control):
            walked.control(message.change)
        elif isinstance(message, Payment):
            walked.payment(message, next(decisions, None))
    more = next(decisions, None)
    if more is not None:
        raise Different(f"a decision for which the journal has no payment: {more}")
    return walked


def check(place: Place, plan: Plan, rounds: int) -> str:
    """The whole check; what was found, in words. Raises `Different`."""
    publish_seed(place.bootstrap, place.home, plan.name)
    with place.running("serve", f"--engine={plan.name}") as serving:
        read_line(serving)
        quiet = traffic(place, plan.name, plan.rate, plan.quiet / plan.rate, SEEDS["without"])
        with changes(place, plan, rounds):
            busy = traffic(place, plan.name, plan.rate, plan.payments / plan.rate, SEEDS["with"])
        wait_until_read(place.bootstrap, plan.name)
        serving.terminate()
        read_line(serving)
    walked = walk(place.bootstrap, plan.name)
    _same("payments decided", walked.payments, plan.quiet + plan.payments)
    _same("pairs of models that decided", len(walked.seen), 3)
    if abs(walked.canary / max(walked.of_share, 1) - SHARE / 1e6) > 0.05:
        raise Different(f"{walked.canary:,} of {walked.of_share:,} payments were the challenger's")
    verified = Verifier(options_of(place.bootstrap, place.home, plan.name)).run()
    _same("difference by tollgate verify", verified.difference, "")
    _same("dead letters", verified.dead_letters, 1)
    rows = [("without", quiet["wall_ms"]), ("with", busy["wall_ms"])]
    lines = [
        f"{name:<10}" + "".join(f"{key} {wall[key]:.1f} ms  " for key in ("p50", "p99", "p999", "max"))
        for name, wall in rows
    ]
    lines.append(
        f"{walked.payments:,} payments, each decided by the models the log says, over {4 * rounds} changes; "
        f"{walked.canary:,} of {walked.of_share:,} in canary by the challenger; verify: the same again"
    )
    return "\n".join(lines)


def _same(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise Different(f"{what}: found {found!r}, expected {expected!r}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--payments", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--rate", type=float, default=2_000)
    parser.add_argument("--bootstrap", help="a broker to use; without it one is started and removed")
    given = parser.parse_args()
    plan = Plan(given.payments, 0, 0, given.rate, name="models")
    compile_all()
    with tempfile.TemporaryDirectory() as folder, broker(given.bootstrap, Path(folder)) as bootstrap:
        try:
            print(check(Place(bootstrap, Path(folder), Path(folder), plan.name), plan, given.rounds))
        except Different as difference:
            print(f"DIFFERENT: {difference}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
