"""Dossiers, parked evidence and the delay curve as text and tables."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from models.labels import DisputeFact, Dossier, Fact, Maturity, ParkedEvidence, VerdictFact
from models.lists import instant_text
from streams.text_table import text_table

SHARES: Final = (0.5, 0.9, 0.95, 0.99, 1.0)


def label_text(dossier: Dossier) -> str:
    """One line: the payment, its label, and what that rests on."""
    sent, payment = dossier.sent, f"{dossier.merchant_account}/{dossier.payment_id}"
    if sent is None:
        return f"{payment}, attempt {dossier.attempt}: no label yet: waiting for evidence or silence"
    final = "final" if sent.final else "not final"
    return (
        f"{payment}, attempt {dossier.attempt}: {sent.label.value} by {sent.source}, weight {sent.weight:g}, "
        f"{final}, known since {_time(sent.known_at)}"
    )


def evidence_table(dossier: Dossier) -> str:
    """Every piece of evidence, oldest first."""
    rows = [("when (UTC)", "what", "says"), *map(_row, dossier.facts)]
    return text_table(rows)


def parked_tables(records: Sequence[ParkedEvidence], last: int) -> str:
    """How many for which reason, then the newest."""
    if not records:
        return "nothing is parked"
    counts = Counter(record.reason.value for record in records)
    totals = text_table([("reason", "records"), *((reason, f"{n:,}") for reason, n in counts.most_common())])
    rows = [
        (_time(record.received_at), f"{record.topic} {record.partition}/{record.offset}", record.reason.value,
         record.detail)
        for record in records[-last:]
    ]  # fmt: skip
    return totals + "\n\n" + text_table([("received (UTC)", "place", "reason", "detail"), *rows])


def maturity_text(curve: Maturity) -> str:
    """How long until which share of frauds is reported."""
    rows = [(f"{share:.0%}", f"{curve.age_days(share)} days") for share in SHARES]
    learned = f"learned from {curve.frauds:,} frauds, of payments up to {curve.oldest_days} days old"
    return text_table([("reported", "within"), *rows]) + f"\n\n{learned}"


def _row(fact: Fact) -> tuple[str, str, str]:
    at = _time(fact.at)
    if isinstance(fact, DisputeFact):
        details = (fact.scheme, fact.reason_code, fact.ground, fact.channel)
        return (
            at,
            f"dispute {fact.dispute_id}: {fact.stage.value}",
            " ".join(str(detail) for detail in details if detail),
        )
    if isinstance(fact, VerdictFact):
        return at, f"verdict of {fact.author}", fact.label.value
    return at, fact.kind.value, fact.refund_reason.value if fact.refund_reason else ""


def _time(time_ms: int) -> str:
    return instant_text(time_ms).replace("+00:00", "")
