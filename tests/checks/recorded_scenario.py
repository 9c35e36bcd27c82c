"""What a recording holds: an engine on a real broker, fed with as much as an engine can meet.

In order: payments before anything was published; the seed; sixty days of a simulated world with the aftermath
of every verdict (outcomes, 3-D Secure, soft declines tried again, labels) under the seed, the baseline
ruleset and a policy by cost with strong customer authentication; simulated traffic with broken messages,
second sendings and labels while a challenger goes from shadow through canary to promotion, another one is
halted by the engine and controls are refused; every example of a message; duplicates and conflicts with what
was decided long ago; a record that crashes the engine until it is skipped. The engine is stopped and started
again in between.
"""

import gc
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import yaml

from features.catalogue import CATALOGUE
from models.messages.codec import encode
from models.messages.control import (
    AmountWaiver,
    ChallengerChange,
    ListChange,
    ModelChange,
    PolicyChange,
    PromoteChange,
    ReviewLoad,
    RulesetChange,
    TableChange,
    TraBand,
    TrialBounds,
)
from models.messages.label import Label, LabelValue
from models.messages.outcome import DeclineGroup, Outcome, OutcomeKind, tokens_of
from models.messages.payment import Payment
from models.seed import seed_model_artefact, seed_policy, seed_tables
from simulation.traffic import (
    Sending,
    SimulatedPayments,
    Traffic,
    TrafficParameters,
    deliveries_of,
    delivery_of,
)
from simulation.world import World
from streams.control_plane.artefacts import ArtefactStore
from streams.control_plane.seed import publish_seed
from streams.engine.process import EngineOptions
from streams.engine.recovery.warm import compile_all
from streams.kafka.admin import ensure_topics
from tests.checks.recorded_aftermath import Aftermath, Message
from tests.checks.recorded_engine import Live, broker, recording_of

ENGINE = "recorded"
EXAMPLES = Path(__file__).parents[2] / "examples"
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
WORLD_DAYS, WORLD_PER_DAY = 60, 12
UNWATCHED = TrialBounds(psi_max=None, verdict_gap_max=None, errors_max=None)
TIGHT = TrialBounds(window_payments=100, group_payments=50, psi_max=1_000, verdict_gap_max=None)
RULES: list[dict[str, Any]] = [
    {"id": "card_seen", "when": 'card in list("seen_cards")', "score": 15},
    {"id": "note_card", "when": "reference_amount > 200 EUR",
     "put_on_list": {"list": "seen_cards", "of": "card", "hours": 6}},
    {"id": "note_address", "when": "ip_country != method_country", "score": 20,
     "put_on_list": {"list": "seen_addresses", "of": "ip"}},
    {"id": "address_seen", "when": 'ip in list("seen_addresses") and ip_payment_count_1h >= 1',
     "tag": "again"},
    {"id": "likely", "when": "probability >= 0.3", "set_score": 90},
    {"id": "unlikely_but", "when": "probability >= 0.02", "action": "block", "mode": "shadow"},
    {"id": "half_of_the_app", "when": 'channel == "app"', "action": "challenge", "sample": 0.5},
    {"id": "tried_again", "when": "soft_declined", "action": "review"},
    {"id": "swiss_franc", "when": 'currency == "CHF"', "action": "allow"},
    {"id": "islands", "when": 'ip_country == "VG"', "action": "legal_block"},
    {"id": "dated", "when": "amount > 1", "tag": "in-time", "from": "2026-01-01",
     "until": "2026-12-31T06:00:00Z"},
    {"id": "asked", "when": 'phase == "pre_auth" and amount < 1000', "action": "challenge"},
    {"id": "asked", "when": "amount < 2000", "action": "challenge", "group": "some"},
]  # fmt: skip
POISON = b'{"type":"payment","merchant_account":"acme","payment_id":"poison"}'


def document(name: str) -> Any:
    """A document that ships with the package."""
    return yaml.safe_load(files("models").joinpath("data", name).read_text())


def calibrated(a: float = 1.0, b: float = 0.0) -> bytes:
    """The seed model with its log-odds stretched and shifted."""
    model = msgspec.json.decode(seed_model_artefact())
    model["calibration"]["a"] *= a
    model["calibration"]["b"] += b
    return msgspec.json.encode(model)


def world_days(live: Live, aftermath: Aftermath, days: range, step: int = 2) -> None:
    """Days of the world, `step` at a time; what the verdicts bring about comes with the days after them."""
    for first in range(days.start, days.stop, step):
        for day in range(first, min(first + step, days.stop)):
            live.send(aftermath.day(day))
        live.drain()
        aftermath.hear(live.decisions())


def simulated(
    live: Live, simulator: SimulatedPayments, first: int, count: int, slice_size: int = 200
) -> None:
    """Traffic of these positions, its second sendings at the end, and a label for whatever gets one."""
    traffic = Traffic(simulator, first=first)
    late: list[Message] = []
    for start in range(first, first + count, slice_size):
        size = min(slice_size, first + count - start)
        batch = traffic.batch(start, size)
        live.decide([("payments", m.key, m.value) for m in batch.messages] + late)
        late = [*labels(simulator, start, size), *answers(simulator, start, size)]
    rest = traffic.rest(first + count).messages
    assert all(message.sending is Sending.DUPLICATE for message in rest)
    live.decide([("payments", message.key, message.value) for message in rest] + late)


def labels(simulator: SimulatedPayments, first: int, count: int) -> Iterator[Message]:
    """Frauds and some legitimate payments, known three hours later."""
    payments = simulator.payments(first, count)
    truths = deliveries_of([payment.payment_id for payment in payments])
    for payment, truth in zip(payments, truths, strict=True):
        if truth.malformed is None and (truth.fraud or hash_of(payment.payment_id) % 20 == 0):
            value = LabelValue.FRAUD if truth.fraud else LabelValue.LEGITIMATE
            label = Label(
                payment.merchant_account, payment.payment_id, value, payment.occurred_at + 3 * HOUR_MS,
                payment.occurred_at, payment.amount, payment.currency, tokens_of(payment), payment.attempt,
            )  # fmt: skip
            yield "labels", payment.payment_id, encode(label)


def answers(simulator: SimulatedPayments, first: int, count: int) -> Iterator[Message]:
    """The issuer's answers; every ninth asks for authentication, and the payment comes again."""
    for payment in simulator.payments(first, count)[::3]:
        soft = hash_of(payment.payment_id) % 9 == 0
        yield "outcomes", payment.payment_id, encode(
            Outcome(
                payment.merchant_account, payment.payment_id,
                OutcomeKind.DECLINED if soft else OutcomeKind.AUTHORISED, payment.occurred_at + 2_000,
                payment.occurred_at, payment.amount, payment.currency, tokens_of(payment), payment.attempt,
                DeclineGroup.AUTHENTICATION_REQUIRED if soft else None,
            )
        )  # fmt: skip
        if soft:
            again = msgspec.structs.replace(
                payment, attempt=payment.attempt + 1, occurred_at=payment.occurred_at + 90_000
            )
            yield "payments", payment.payment_id, encode(again)


def hash_of(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def examples(*folders: str) -> list[Message]:
    """Every example of these folders, whatever is wrong with it, to the topic it belongs to."""
    topics = {"outcome": "outcomes", "label": "labels", "payment": "payments"}
    return [
        (topics.get(folder, "payments"), path.stem, path.read_bytes())
        for folder in folders
        for path in sorted((EXAMPLES / folder).rglob("*.json"))
    ]


def seeded_world(live: Live, home: Path, now: int) -> None:
    """Nothing, the seed, the baseline, the policy by cost; sixty days."""
    start = (now - (WORLD_DAYS + 3) * DAY_MS) // DAY_MS * DAY_MS
    world = World(20, start, per_day=WORLD_PER_DAY, days=WORLD_DAYS, fraud=0.08)
    aftermath = Aftermath(world)
    world_days(live, aftermath, range(2))
    publish_seed(live.options.bootstrap, home, live.options.engine)
    world_days(live, aftermath, range(2, 16))
    live.restart()
    baseline(live, start + 16 * DAY_MS)
    world_days(live, aftermath, range(16, 34))
    live.restart()
    by_cost(live, start + 34 * DAY_MS)
    world_days(live, aftermath, range(34, WORLD_DAYS))


def baseline(live: Live, at_ms: int) -> None:
    """The baseline ruleset, entries on its lists (for good, until soon, taken off again), another table."""
    store = ArtefactStore(live.options.folder.parent / "artefacts")
    dearer = seed_tables()["fx"].replace(b"0.873", b"0.901").replace(b"1.17,", b"1.21,")
    live.publish(
        RulesetChange(document("baseline_ruleset.yaml")),
        ListChange("watched_bins", "41000000", True, at_ms + 10 * DAY_MS, "watch"),
        ListChange("blocked_bins", "510510", False),
        ListChange("trusted_customers", "cus_a", True, None, "allow", "ana", "known for years"),
        TableChange("fx", store.stage(dearer)),
    )


def by_cost(live: Live, at_ms: int) -> None:
    """The policy by cost with everything a policy has; bands, and a queue that fills."""
    policy = document("policy_by_cost.yaml")
    policy["sca"] |= {"enforce": True, "entity": "acme-eu"}
    policy["holdout"] |= {"share": 100_000}
    quarters = {f"{t.year}-Q{(t.month + 2) // 3}" for t in map(moment, (at_ms, at_ms + 30 * DAY_MS))}
    live.publish(
        PolicyChange(policy),
        *(TraBand("acme-eu", quarter, 250, "0" * 64) for quarter in sorted(quarters)),
        ReviewLoad(40, 10, at_ms),
        AmountWaiver("JPY"),
    )


def ruleset(merchants: list[str]) -> dict[str, Any]:
    """Rules of every kind; some merchants have one of their own."""
    rules = [{"description": f"what {rule['id']} says", "owner": "the recording"} | rule for rule in RULES]
    groups = {"some": sorted(set(merchants))}
    return {"name": "of the recording", "version": 2, "groups": groups, "rules": rules}


def moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def trials(live: Live, simulator: SimulatedPayments) -> None:
    """Simulated traffic while models change; `simulator`'s first 3,300 payments."""
    store = ArtefactStore(live.options.folder.parent / "artefacts")
    alike, sterner = store.stage(calibrated(a=1.02)), store.stage(calibrated(b=3.0))
    simulated(live, simulator, 0, 900)
    unusable = store.stage(calibrated().replace(b"num_leaves=", b"num_leaves=9"))
    live.publish(PromoteChange(alike), TableChange("phases_of_the_moon", alike), ModelChange(unusable))
    live.publish(ChallengerChange(alike, bounds=UNWATCHED))
    simulated(live, simulator, 900, 500)
    live.restart()
    live.publish(ChallengerChange(alike, 200_000, salt="recorded", bounds=UNWATCHED))
    simulated(live, simulator, 1_400, 600)
    live.publish(PromoteChange(alike))
    live.publish(RulesetChange(ruleset([p.merchant.id for p in simulator.payments(2_000, 40)])))
    simulated(live, simulator, 2_000, 400, 37)
    live.publish(PolicyChange(seed_policy()))
    live.publish(ChallengerChange(sterner, 500_000, "customer", "again", TIGHT))
    simulated(live, simulator, 2_400, 600, 50)
    live.publish(ModelChange(store.stage(seed_model_artefact())), ReviewLoad(0, 50, simulator.start_ms))
    simulated(live, simulator, 3_000, 300, 11)


def oddities(live: Live, simulator: SimulatedPayments) -> None:
    """Examples, conflicts and duplicates of what was decided long ago, a poison."""
    live.decide(examples("payment", "outcome", "label", "invalid"))
    live.decide(examples("payment", "outcome", "label"))
    payments = [p for p in simulator.payments(0, 3_300)[::13] if unbroken(p)]
    conflicting = [msgspec.structs.replace(payment, amount=payment.amount + 1) for payment in payments[::3]]
    stale = [
        msgspec.structs.replace(payment, payment_id=f"old-{at}", occurred_at=payment.occurred_at - 9 * DAY_MS)
        for at, payment in enumerate(payments[:20])
    ]
    live.decide(as_messages(payments + conflicting + stale))
    live.restart(batch_max=20, horizon_ms=3 * DAY_MS)
    last = as_messages(simulator.payments(3_300, 60))
    live.send([*last[:7], ("payments", "poison", POISON), *last[7:]])
    live.crash_until_skipped(POISON)
    live.decide(last[::7])


def unbroken(payment: Payment) -> bool:
    """Whether it was sent as it is."""
    return delivery_of(payment.payment_id).malformed is None


def as_messages(payments: list[Payment]) -> list[Message]:
    return [("payments", payment.payment_id, encode(payment)) for payment in payments]


def record(out: Path, bootstrap: str | None = None, say: Callable[[str], None] = print) -> None:
    """Makes a recording on a real broker, which must not know an engine of this name."""
    compile_all()
    with (
        tempfile.TemporaryDirectory(prefix="tollgate-record-") as folder,
        broker(bootstrap, Path(folder)) as address,
    ):
        home = Path(folder)
        ensure_topics(address, ENGINE)
        store = ArtefactStore(home / "artefacts")
        options = EngineOptions(address, ENGINE, home / "engine", CATALOGUE, store.load, historical=True)
        live, now = Live.started(options), int(time.time() * 1000)
        parameters = TrafficParameters.of_shares(4, 0.05, 0.0, 0.04)
        simulator = SimulatedPayments(parameters, start_ms=now - 30 * HOUR_MS, rate=0.04)
        seeded_world(live, home, now)
        trials(live, simulator)
        oddities(live, simulator)
        live.stop()
        gc.unfreeze()
        gc.collect()  # or what producers are left look for a broker that is gone
        made = recording_of(live, store)
        made.write(out)
    say(f"{sum(path.stat().st_size for path in out.iterdir()):,} bytes in {out}")
