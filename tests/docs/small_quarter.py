"""Sixty days of payments whose truth is known, and what a plain recount of them answers to the twenty
questions of docs/warehouse.md.

Shares nothing with the warehouse: lists and dictionaries of what was put on the log.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from msgspec import structs

from models.messages.control import Control, ListChange, RulesetChange
from models.messages.decision import Challenger, Champion, Decision, DecisionReason, Verdict
from models.messages.dispute import AnalystVerdict, Dispute, DisputeStage
from models.messages.label import Label, LabelValue
from models.messages.outcome import DeclineGroup, Outcome, OutcomeKind, tokens_of
from models.messages.payment import Channel, Customer, Merchant, Method, MethodKind, Payment, Phase
from models.versions import content_version
from tests.warehouse.engine_output import decision
from tests.warehouse.log_messages import DAY_MS, SmallLog

PAYMENTS = 300
DAYS = 58
BINS = ("411111", "522222", "433333", "544444")
COUNTRIES = ("FR", "DE", "IT")
RULES = ("velocity", "blocked_country", "new_device")
Answer = list[tuple[Any, ...]]


@dataclass
class Case:
    """One payment, and what became of it."""

    number: int
    payment: Payment
    decisions: list[Decision] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    labels: list[Label] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """The one that stands."""
        return self.decisions[-1].verdict.value

    @property
    def rule(self) -> str:
        last = self.decisions[-1]
        return last.reasons[0].code if last.level else ""

    @property
    def day(self) -> date:
        return datetime.fromtimestamp(self.payment.occurred_at / 1000, UTC).date()

    @property
    def cents(self) -> int:
        return self.decisions[-1].reference_amount

    @property
    def was_challenged(self) -> bool:
        return self.decisions[0].verdict is Verdict.CHALLENGE

    @property
    def label(self) -> str:
        return self.labels[-1].label.value if self.labels else ""


class SmallQuarter:
    """Puts it all on a log. The labels of a payment come weakest first, so that the last one stands."""

    def __init__(self, log: SmallLog, payments: int = PAYMENTS) -> None:
        self.log = log
        self.now_ms = int(time.time() * 1000)
        self.today = datetime.fromtimestamp(self.now_ms / 1000, UTC).date()
        log.now = self.now_ms - 600_000
        self.cases = [self._case(number) for number in range(payments)]
        self.disputes: list[Dispute] = []
        self.reviews: list[AnalystVerdict] = []
        for case in self.cases:
            self._label(case)
        self._know_of_nobody()
        self.controls = self._controls()

    def _case(self, number: int) -> Case:
        occurred = self.now_ms - 1_000 - (DAYS * DAY_MS * (PAYMENTS - 1 - number) // PAYMENTS)
        payment = Payment(
            "acme", f"order-{1000 + number}", occurred, 2_000 + 137 * number, "EUR",
            Method(MethodKind.CARD, f"tok_card_{number % 37}", BINS[number % 4], COUNTRIES[number % 3]),
            Merchant(f"shop-{number % 5}", "5411", "DE"),
            customer=Customer(f"customer-{number % 41}"), device_id=f"device-{number % 23}",
            channel=Channel.ECOMMERCE,
        )  # fmt: skip
        case = Case(number, payment)
        verdict = (Verdict.APPROVE, Verdict.DECLINE, Verdict.APPROVE, Verdict.CHALLENGE, Verdict.APPROVE)[
            number * 7 % 5
        ]
        self._decide(case, payment, verdict)
        if verdict is Verdict.CHALLENGE:
            self._authenticate(case)
        if case.verdict == "approve":
            self._authorise(case)
        return case

    def _decide(self, case: Case, payment: Payment, verdict: Verdict) -> None:
        received = self.log.add("payments", payment)
        declines = verdict is Verdict.DECLINE
        hits = (RULES[case.number % 3], *(("watched",) if case.number % 6 == 1 else ())) if declines else ()
        made = structs.replace(
            decision(self.log.engine, case.number * 2 + len(case.decisions) + 1),
            merchant_account="acme", payment_id=payment.payment_id, attempt=1, phase=payment.phase,
            verdict=verdict, amount=payment.amount, currency="EUR", reference_amount=payment.amount,
            merchant_id=payment.merchant.id, merchant_country="DE", received_at=received.appended_at,
            occurred_at=payment.occurred_at, engine_time=payment.occurred_at, hits=hits,
            decided_by="block" if declines else "policy", level="global" if declines else None,
            reasons=tuple(DecisionReason(hit, hit) for hit in hits), degraded=(),
            challenger=_challenger(case.number, verdict),
        )  # fmt: skip
        self.log.add("decisions", made)
        case.decisions.append(made)

    def _authenticate(self, case: Case) -> None:
        if case.number % 4 == 0:
            return
        failed = case.number % 4 == 1
        kind = OutcomeKind.AUTHENTICATION_FAILED if failed else OutcomeKind.AUTHENTICATED
        self._happened(case, kind)
        if not failed:
            self._decide(case, structs.replace(case.payment, phase=Phase.POST_3DS), Verdict.APPROVE)

    def _authorise(self, case: Case) -> None:
        groups = (DeclineGroup.INSUFFICIENT_FUNDS, DeclineGroup.SUSPECTED_FRAUD)
        if case.number % 9 == 4:
            self._happened(case, OutcomeKind.DECLINED, decline_group=groups[case.number % 2])
        else:
            self._happened(case, OutcomeKind.AUTHORISED)
            self._happened(case, OutcomeKind.CAPTURED)

    def _happened(self, case: Case, kind: OutcomeKind, **changes: Any) -> None:
        p = case.payment
        happened = Outcome(
            "acme",
            p.payment_id,
            kind,
            p.occurred_at + 1_000,
            p.occurred_at,
            p.amount,
            "EUR",
            tokens_of(p),
            **changes,
        )
        self.log.add("outcomes", happened)
        self.log.add("outcomes", happened)
        case.outcomes[kind.value] = happened

    def _label(self, case: Case) -> None:
        if case.verdict == "approve" and case.number % 10 == 2:
            self._know(case, LabelValue.FRAUD, "fraud_notice", 6)
            self._know(case, LabelValue.FRAUD, "chargeback", 33)
            self._dispute(case)
        elif case.verdict == "approve" and case.number % 10 == 4:
            self._know(case, LabelValue.FRAUD, "fraud_notice", 9)
            self._know(case, LabelValue.LEGITIMATE, "analyst", 20)
        elif case.verdict == "decline" and case.number % 4 < 3:
            fraud = case.number % 4 < 2
            self._know(case, LabelValue.FRAUD if fraud else LabelValue.LEGITIMATE, "analyst", 3)
            self._review(case, LabelValue.FRAUD if fraud else LabelValue.LEGITIMATE)

    def _know(self, case: Case, value: LabelValue, source: str, days: int) -> None:
        p = case.payment
        known_at = p.occurred_at + days * DAY_MS + 5_000
        if known_at < self.now_ms:
            label = Label(
                "acme",
                p.payment_id,
                value,
                known_at,
                p.occurred_at,
                p.amount,
                "EUR",
                tokens_of(p),
                source=source,
            )
            self.log.add("labels", label)
            case.labels.append(label)

    def _know_of_nobody(self) -> None:
        """A label on a payment that this engine never saw: in no rate."""
        p = self.cases[0].payment
        label = Label(
            "acme",
            "never-seen",
            LabelValue.FRAUD,
            p.occurred_at + DAY_MS,
            p.occurred_at,
            1,
            "EUR",
            tokens_of(p),
        )
        self.log.add("labels", label)

    def _dispute(self, case: Case) -> None:
        p = case.payment
        stages = ((DisputeStage.FRAUD_NOTICE, 6), (DisputeStage.CHARGEBACK, 33), (DisputeStage.REVERSED, 50))
        for stage, days in stages:
            stage_at = p.occurred_at + days * DAY_MS
            if stage_at < self.now_ms:
                dispute = Dispute(
                    "acme", p.payment_id, f"dispute-{case.number}", stage, stage_at, p.occurred_at, p.amount,
                    "EUR", tokens_of(p), disputed_amount=p.amount - 100,
                    scheme=("visa", "mastercard")[case.number // 10 % 2], reason_code="10.4",
                )  # fmt: skip
                self.log.add("disputes", dispute)
                self.disputes.append(dispute)

    def _review(self, case: Case, value: LabelValue) -> None:
        p = case.payment
        review_at = p.occurred_at + 3 * DAY_MS
        if review_at < self.now_ms:
            verdict = AnalystVerdict(
                "acme", p.payment_id, value, review_at, p.occurred_at, p.amount, "EUR", tokens_of(p),
                ("ana", "bo")[case.number % 2],
            )  # fmt: skip
            self.log.add("disputes", verdict)
            self.reviews.append(verdict)

    def _controls(self) -> list[tuple[Any, ...]]:
        ruleset = {"version": 1, "rules": [{"id": rule} for rule in RULES]}
        first = self.log.add("controls", Control("c1", self.now_ms, "ana", RulesetChange(ruleset), "launch"))
        second = self.log.add(
            "controls", Control("c2", self.now_ms, "bo", ListChange("blocked_cards", "tok"))
        )
        return [
            (second.appended_at, "list", "blocked_cards", "", "bo", [], True, "", ""),
            (first.appended_at, "ruleset", "", content_version(ruleset), "ana", [], True, "", "launch"),
        ]

    def since(self, days: int) -> list[Case]:
        """The cases of cohorts from so many days ago on."""
        return [case for case in self.cases if case.day >= self.today - timedelta(days=days)]


def answers(quarter: SmallQuarter) -> dict[int, Answer]:
    """By number of the question: the rows that it must have, in order."""
    return {number: answer(quarter) for number, answer in ANSWERS.items()}


def _sums(rows: Iterable[tuple[Any, ...]], width: int) -> dict[Any, list[Any]]:
    """Keyed sums: the last `width` values of each row are added up."""
    sums: dict[Any, list[Any]] = {}
    for row in rows:
        key, values = row[:-width], row[-width:]
        before = sums.get(key, [0] * width)
        sums[key] = [a + b for a, b in zip(before, values, strict=True)]
    return sums


def _by_day(q: SmallQuarter) -> Answer:
    """A challenge that was passed is counted as challenged no more."""
    sums = _sums(((c.day, c.verdict, 1, c.cents) for c in q.since(30)), 2)
    # The view has a line as well for verdicts that no payment of the day ends with.
    for case in q.since(30):
        sums.setdefault((case.day, case.decisions[0].verdict.value), [0, 0])
    return sorted((*key, n, round(cents / 100, 2)) for key, (n, cents) in sums.items())


def _approval(q: SmallQuarter) -> Answer:
    sums = _sums(((c.payment.merchant.id, 1, c.verdict == "approve") for c in q.since(30)), 2)
    rows = [(merchant, n, approved / n) for (merchant,), (n, approved) in sums.items()]
    return sorted(rows, key=lambda row: (row[2], row[0]))


def _last_hour(q: SmallQuarter) -> Answer:
    recent = [c for c in q.cases if c.payment.occurred_at // 60_000 * 60_000 >= q.now_ms - 3_600_000]
    sums = _sums(
        ((c.payment.method.bin, 1, d.verdict is not Verdict.APPROVE) for c in recent for d in c.decisions), 2
    )
    return sorted(((*key, *n) for key, n in sums.items()), key=lambda row: (-row[2], row[0]))


def _rules(q: SmallQuarter) -> Answer:
    sums = _sums(((c.rule, c.verdict, 1, c.cents) for c in q.since(30)), 2)
    rows = [(*key, n, round(cents / 100, 2)) for key, (n, cents) in sums.items()]
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))


def _hits(q: SmallQuarter) -> Answer:
    sums = _sums(((hit, 1, c.verdict == "decline") for c in q.since(30) for hit in c.decisions[-1].hits), 2)
    return sorted(((*key, *n) for key, n in sums.items()), key=lambda row: (-row[1], row[0]))


def _weeks(q: SmallQuarter) -> Answer:
    weeks: dict[date, list[Case]] = defaultdict(list)
    for case in q.since(180):
        weeks[case.day - timedelta(days=case.day.weekday())].append(case)
    return [
        (week, min((q.today - c.day).days for c in cases), len(cases), fraud, fraud / len(cases))
        for week, cases in sorted(weeks.items())
        for fraud in [sum(c.label == "fraud" for c in cases)]
    ]


def _at_thirty_days(q: SmallQuarter) -> Answer:
    rows = []
    days = {c.day for c in q.since(180) if c.day <= q.today - timedelta(days=32)}
    for day in sorted(days):
        cases = [c for c in q.cases if c.day == day]
        fraud = 0
        for case in cases:
            known = [
                each for each in case.labels if (each.known_at - case.payment.occurred_at) // DAY_MS <= 30
            ]
            fraud += bool(known) and known[-1].label is LabelValue.FRAUD
        rows.append((day, len(cases), fraud, fraud / len(cases)))
    return rows


def _meaning(case: Case) -> str:
    names = {
        ("fraud", "approve"): "missed", ("fraud", "decline"): "caught", ("legitimate", "decline"): "insult"
    }  # fmt: skip
    return names.get((case.label, case.verdict), "other")


def _caught(q: SmallQuarter) -> Answer:
    labelled = [c for c in q.since(365) if c.label]
    sums = _sums(((c.day.replace(day=1), _meaning(c), 1, c.cents) for c in labelled), 2)
    sums[q.cases[0].day.replace(day=1), "without decision"] = [1, 0]
    return sorted((*key, n, round(cents / 100, 2)) for key, (n, cents) in sums.items())


def _precision(q: SmallQuarter) -> Answer:
    declined = [c for c in q.since(180) if c.verdict == "decline"]
    sums = _sums(((c.rule, 1, c.label == "fraud", c.label == "legitimate") for c in declined), 3)
    legitimate = sum(c.label == "legitimate" for c in q.since(180))
    rows = [
        (
            rule,
            n,
            fraud,
            insults,
            fraud / (fraud + insults) if fraud + insults else None,
            insults / legitimate,
        )
        for (rule,), (n, fraud, insults) in sums.items()
    ]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def _insults(q: SmallQuarter) -> Answer:
    wrong = [c for c in q.since(180) if c.verdict == "decline" and c.label == "legitimate"]
    sums = _sums(((c.payment.merchant.id, 1, c.cents) for c in wrong), 2)
    rows = [(*key, n, round(cents / 100 * 0.2, 2)) for key, (n, cents) in sums.items()]
    return sorted(rows, key=lambda row: (-row[2], row[0]))


def _funnel(q: SmallQuarter) -> Answer:
    rows = []
    for country in COUNTRIES:
        asked = [c for c in q.since(30) if c.was_challenged and c.payment.method.country == country]
        passed, failed, authorised = (
            sum(kind in c.outcomes for c in asked)
            for kind in ("authenticated", "authentication_failed", "authorised")
        )
        if asked:
            rest = len(asked) - passed - failed
            rows.append((country, len(asked), passed, failed, rest, authorised, authorised / len(asked)))
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def _issuers(q: SmallQuarter) -> Answer:
    rows = []
    for bin_ in BINS:
        asked = [c for c in q.since(30) if c.payment.method.bin == bin_]
        yes = sum("authorised" in c.outcomes for c in asked)
        no = [c.outcomes["declined"] for c in asked if "declined" in c.outcomes]
        funds = sum(o.decline_group is DeclineGroup.INSUFFICIENT_FUNDS for o in no)
        if yes + len(no):
            rows.append((bin_, yes, len(no), yes / (yes + len(no)), funds, len(no) - funds))
    return sorted(rows, key=lambda row: (row[3], row[0]))


def _delays(q: SmallQuarter) -> Answer:
    moved: dict[tuple[str, str], list[int]] = defaultdict(list)
    for case in q.since(365):
        before = ""
        for label in case.labels:
            if label.label.value != before:
                days = (label.known_at - case.payment.occurred_at) // DAY_MS
                moved[label.label.value, label.source].append(days)
            before = label.label.value
    moved["fraud", "unspecified"].append(1)
    return [(*key, len(days), max(days)) for key, days in sorted(moved.items())]


def _events(q: SmallQuarter, belongs: Callable[[Case], bool]) -> list[tuple[Any, ...]]:
    """(time, event, what, detail, attempt, phase, merchant, payment, amount, currency); outcomes twice."""
    events = []
    for case in filter(belongs, q.cases):
        p = case.payment
        tail = (p.merchant.id, p.payment_id, p.amount, "EUR")
        for d in case.decisions:
            reasons = " ".join(reason.code for reason in d.reasons)
            events.append((d.engine_time, "decision", d.verdict.value, reasons, 1, d.phase.value, *tail))
        for o in case.outcomes.values():
            detail = o.decline_group.value if o.decline_group else ""
            events += [(o.at, "outcome", o.kind.value, detail, 1, "", *tail)] * 2
        events += [(x.known_at, "label", x.label.value, x.source, 1, "", *tail) for x in case.labels]
        events += [
            (x.at, "dispute", x.stage.value, "10.4", 1, "", *tail)
            for x in q.disputes
            if x.payment_id == p.payment_id
        ]
        events += [
            (x.at, "review", x.label.value, x.author, 1, "", *tail)
            for x in q.reviews
            if x.payment_id == p.payment_id
        ]
    return events


def _story(q: SmallQuarter) -> Answer:
    rows = _events(q, lambda c: c.payment.payment_id == "order-1001")
    return sorted((e[0], e[1], e[2], e[3], e[4], e[5], e[8], e[9]) for e in rows)


def _card(q: SmallQuarter) -> Answer:
    rows = _events(q, lambda c: c.payment.method.token == "tok_card_1")
    rows.sort(key=lambda e: (e[0], e[1], e[7]))
    return [(e[0], e[1], e[2], e[3], e[6], e[7], e[8], e[9]) for e in rows]


def _devices(q: SmallQuarter) -> Answer:
    cards: dict[str, set[str]] = defaultdict(set)
    made: Counter[str] = Counter()
    declined: Counter[str] = Counter()
    for case in q.cases:
        if case.payment.occurred_at >= q.now_ms - 30 * DAY_MS and case.payment.device_id:
            cards[case.payment.device_id].add(case.payment.method.token)
            made[case.payment.device_id] += len(case.decisions)
            declined[case.payment.device_id] += case.verdict == "decline"
    rows = [(d, len(held), made[d], declined[d]) for d, held in cards.items() if len(held) > 1]
    return sorted(rows, key=lambda row: (-row[1], row[0]))[:20]


def _disputes(q: SmallQuarter) -> Answer:
    by_dispute: dict[str, list[Dispute]] = defaultdict(list)
    for dispute in q.disputes:
        by_dispute[dispute.dispute_id].append(dispute)
    sums = _sums(
        (
            (str(stages[0].scheme), "10.4", 1, any(s.stage is DisputeStage.CHARGEBACK for s in stages),
             int(stages[0].disputed_amount or 0))
            for stages in by_dispute.values()
        ), 3,
    )  # fmt: skip
    rows = [(*key, n, charged, round(cents / 100, 2)) for key, (n, charged, cents) in sums.items()]
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))


def _overturned(q: SmallQuarter) -> Answer:
    """All reviews are of declined payments."""
    sums = _sums(((r.author, 1, r.label is LabelValue.LEGITIMATE) for r in q.reviews), 2)
    return sorted(((*key, *n) for key, n in sums.items()), key=lambda row: (-row[1], row[0]))


def _challenger(number: int, verdict: Verdict) -> Challenger | None:
    """Of odd payments; of one in five of these it decides, and the champion would have approved."""
    if number % 2 == 0:
        return None
    if number % 10 == 7:
        champion = Champion("0123456789abcdef", 0.25, Verdict.APPROVE)
        return Challenger("fedcba9876543210", 0.5, verdict, champion)
    return Challenger("fedcba9876543210", 0.5, Verdict.DECLINE)


def _models(q: SmallQuarter) -> Answer:
    rows = []
    for case in q.since(90):
        last = case.decisions[-1]
        if case.label and last.challenger:
            champion = last.challenger.champion.verdict if last.challenger.champion else last.verdict
            said = champion.value, last.challenger.verdict.value
            wrong = {"fraud": "approve", "legitimate": "decline"}[case.label]
            right = ("neither", "champion", "challenger", "both")[(said[0] != wrong) + 2 * (said[1] != wrong)]
            rows.append((last.challenger.model, *said, case.label, right, 1, case.cents))
    return sorted((*key, n, round(cents / 100, 2)) for key, (n, cents) in _sums(rows, 2).items())


ANSWERS: dict[int, Callable[[SmallQuarter], Answer]] = {
    1: _by_day, 2: _approval, 3: _last_hour, 4: _rules, 5: _hits, 6: _weeks, 7: _at_thirty_days, 8: _caught,
    9: _precision, 10: _insults, 11: _funnel, 12: _issuers, 13: _delays, 14: _story, 15: _card, 16: _devices,
    17: _disputes, 18: _overturned, 19: lambda q: q.controls, 20: _models,
}  # fmt: skip
