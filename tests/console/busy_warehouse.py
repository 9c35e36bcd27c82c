"""An engine's payments on a log in memory, with something to see on each page.

Three busy hours, a card-testing run from one device, a customer with a habit, payments that turned out to be
fraud, and scripts in texts of others.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from clickhouse_connect.driver.client import Client
from msgspec import structs

from models.messages.control import Control, RulesetChange
from models.messages.decision import Decision, DecisionReason, Verdict, Versions
from models.messages.dispute import AnalystVerdict, Dispute, DisputeStage
from models.messages.label import Label, LabelValue
from models.messages.outcome import Outcome, OutcomeKind, tokens_of
from models.messages.payment import Channel, Customer, Merchant, Method, MethodKind, Payment
from models.versions import content_version
from tests.warehouse.engine_output import decision
from tests.warehouse.log_messages import SmallLog

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
ACCOUNTS: Final = ("acme", "bakery", "cinema")
MERCHANTS: Final = (
    ("grocer", "5411", "DE"),
    ("jeweller", "5944", "FR"),
    ("cinema", "7832", "GB"),
    ("games", "5816", "SE"),
)
BINS: Final = (("411111", "DE"), ("522222", "FR"), ("433333", "GB"), ("544444", "ES"))
RULES: Final = {
    "card_testing": ("Many small payments from one device", "device_payment_count_1h > 5 and amount < 5 EUR"),
    "large_new_device": (
        "A large amount from a device that is new to the card",
        "amount > 400 EUR and card_device_is_new == 1",
    ),
}
SCRIPT: Final = "<script>document.title='owned'</script>"
RULESET: Final[dict[str, Any]] = {
    "version": 2,
    "name": "shop",
    "rules": [
        {"id": name, "description": text, "owner": "fraud-team", "when": when}
        for name, (text, when) in RULES.items()
    ],
}


@dataclass
class BusyWarehouse:
    """What was put on the log of `engine` until `now_ms`."""

    engine: str
    now_ms: int
    log: SmallLog = field(init=False)
    payments: list[Payment] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    """One for each payment."""
    note: str = SCRIPT
    """What others wrote: a script, which a page must show as text."""
    story: str = "story-1"
    """A payment with everything: habit, hits, labels, disputes, a review, linked payments."""

    def __post_init__(self) -> None:
        self.log, self.random = SmallLog(self.engine), Random(5)
        self.log.now = self.now_ms - 8 * DAY_MS
        self._sequence = 0
        self.log.add("controls", Control("c1", self.now_ms, "ana", RulesetChange(RULESET), "launch"))
        self._habit()
        for hours, rate in (((7 * 24 + 1, 7 * 24), 9), ((2, 1), 12), ((1, 0), 14)):
            self._hour(self.now_ms - hours[0] * HOUR_MS, self.now_ms - hours[1] * HOUR_MS, rate)
        self._card_testing()
        self._story()

    def sink(self, client: Client) -> None:
        """Brings it into a warehouse."""
        self.log.sink(client, size=1_000)

    def decide(self, at_ms: int, verdict: Verdict, number: int, **changes: Any) -> Payment:
        """One payment, and its decision."""
        merchant, (bin_, country) = MERCHANTS[number % 4], BINS[number % 4]
        amount = changes.pop("amount", int(self.random.lognormvariate(8.2, 0.9)))
        hits, metadata = changes.pop("hits", ()), changes.pop("metadata", None)
        reasons = changes.pop("reasons", tuple(DecisionReason(hit, hit) for hit in hits))
        given = {
            "merchant_account": ACCOUNTS[number % 3],
            "payment_id": f"order-{len(self.payments) + 1000}",
            "occurred_at": at_ms - 40,
            "amount": amount,
            "currency": "EUR",
            "method": Method(MethodKind.CARD, f"tok_card_{number % 211:04}", bin_, country),
            "merchant": Merchant(*merchant),
            "customer": Customer(f"customer-{number % 211}"),
            "device_id": f"device-{number % 190}",
            "email_token": f"mail-{number % 211}",
            "ip": f"10.{number % 190}.0.7",
            "channel": Channel.ECOMMERCE,
            "metadata": metadata,
        }
        payment = Payment(**(given | changes))
        self.payments.append(payment)
        self._sequence += 1
        received = self.log.add("payments", payment)
        made = structs.replace(
            decision(self.engine, self._sequence),
            merchant_account=payment.merchant_account,
            payment_id=payment.payment_id,
            attempt=1,
            phase=payment.phase,
            verdict=verdict,
            amount=payment.amount,
            currency="EUR",
            reference_amount=payment.amount,
            merchant_id=payment.merchant.id,
            method=MethodKind.CARD,
            merchant_country=payment.merchant.country,
            received_at=received.appended_at,
            occurred_at=payment.occurred_at,
            engine_time=at_ms,
            hits=hits,
            shadow_hits=(),
            tags=(),
            degraded=(),
            redacted=(),
            challenger=None,
            late=False,
            decided_by="block" if hits else "policy",
            level="global" if hits else None,
            reasons=reasons,
            score=85 if hits else 5,
            probability=round(self.random.betavariate(8, 2) if hits else self.random.betavariate(1, 40), 6),
            sca=None,
            duplicate=False,
            versions=Versions("catalogue-1", "0123456789abcdef", content_version(RULESET), "policy-1"),
        )
        self.decisions.append(made)
        self.log.add("decisions", made, after_ms=self.random.choice((3, 5, 8, 14, 22)))
        return payment

    def _hour(self, start_ms: int, end_ms: int, rate: int) -> None:
        for at_ms in range(start_ms, end_ms, HOUR_MS // (60 * rate)):
            number = self.random.randrange(10_000)
            chance = self.random.random()
            verdict = (
                Verdict.DECLINE
                if chance > 0.95
                else Verdict.REVIEW
                if chance > 0.93
                else Verdict.CHALLENGE
                if chance > 0.86
                else Verdict.APPROVE
            )
            self.decide(at_ms + self.random.randrange(900), verdict, number)

    def _card_testing(self) -> None:
        """Thirty cards of one BIN from one device, small amounts, in ten minutes."""
        for number in range(30):
            at_ms = self.now_ms - 25 * MINUTE_MS + number * 20_000
            verdict, hits = (Verdict.DECLINE, ("card_testing",)) if number > 5 else (Verdict.APPROVE, ())
            payment = self.decide(
                at_ms,
                verdict,
                3,
                amount=120 + number,
                hits=hits,
                device_id="device-tester",
                ip="203.0.113.9",
                payment_id=f"test-{number}",
                merchant_account="acme",
                email_token=None,
                customer=None,
                method=Method(MethodKind.CARD, f"tok_tested_{number:03}", "535353", "US"),
            )
            if number < 3:
                self._label(payment, LabelValue.FRAUD, "fraud_notice")

    def _habit(self) -> None:
        for number in range(12):
            self.decide(
                self.now_ms - (7 * DAY_MS) + number * 11 * HOUR_MS,
                Verdict.APPROVE,
                4,
                amount=2_000 + 190 * number,
                **self._of_the_story(f"earlier-{number}"),
            )

    def _of_the_story(self, payment_id: str, device: str = "device-home") -> dict[str, Any]:
        return {
            "payment_id": payment_id,
            "merchant_account": "acme",
            "customer": Customer("customer-story"),
            "method": Method(MethodKind.CARD, "tok_card_story", "411111", "DE"),
            "device_id": device,
            "email_token": "mail-story",
            "ip": "198.51.100.4",
        }

    def _story(self) -> None:
        payment = self.decide(
            self.now_ms - 20 * MINUTE_MS,
            Verdict.DECLINE,
            1,
            amount=78_000,
            hits=("large_new_device",),
            reasons=(
                DecisionReason("large_new_device", "x"),
                DecisionReason("NEW_DEVICE", "x"),
                DecisionReason("CARD_AMOUNT_UNUSUAL", "x"),
            ),
            metadata={"basket": "1 watch", "note": self.note},
            **self._of_the_story(self.story, "device-tester"),
        )
        self._label(payment, LabelValue.FRAUD, "analyst")
        p, at_ms = payment, self.now_ms - 10 * MINUTE_MS
        self.log.add(
            "outcomes",
            Outcome(
                p.merchant_account,
                p.payment_id,
                OutcomeKind.VOIDED,
                at_ms,
                p.occurred_at,
                p.amount,
                "EUR",
                tokens_of(p),
            ),
        )
        self.log.add(
            "disputes",
            AnalystVerdict(
                p.merchant_account,
                p.payment_id,
                LabelValue.FRAUD,
                at_ms,
                p.occurred_at,
                p.amount,
                "EUR",
                tokens_of(p),
                "ana",
                reason=f"Same device as the card testing {self.note}",
            ),
        )
        self.log.add(
            "disputes",
            Dispute(
                p.merchant_account,
                p.payment_id,
                "dispute-1",
                DisputeStage.FRAUD_NOTICE,
                at_ms,
                p.occurred_at,
                p.amount,
                "EUR",
                tokens_of(p),
                disputed_amount=p.amount,
                scheme="visa",
                reason_code="10.4",
            ),
        )

    def _label(self, p: Payment, value: LabelValue, source: str) -> None:
        self.log.add(
            "labels",
            Label(
                p.merchant_account,
                p.payment_id,
                value,
                p.occurred_at + MINUTE_MS,
                p.occurred_at,
                p.amount,
                "EUR",
                tokens_of(p),
                source=source,
            ),
        )
