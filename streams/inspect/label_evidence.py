"""An engine's evidence topics, for people: dossiers, parked records, the delay curve; sending a verdict."""

import time
from pathlib import Path
from typing import Final

import msgspec

from models.card_numbers import detection as card_numbers
from models.labels import (
    Dossier,
    ForeignEntry,
    Maturity,
    ParkedEvidence,
    evidence_key,
    first_fraud,
    ledger_entry,
)
from models.messages import AnalystVerdict, LabelValue, encode, tokens_of
from streams.errors import Misconfigured
from streams.inspect.payment_case import find_payment
from streams.kafka import (
    ForeignRecords,
    Topics,
    check_there,
    cloudevents,
    ensure_agent_topics,
    readable,
    records,
    send_one,
)

WITHIN: Final = 1_000_000
"""Number of newest decisions to search for a payment."""

_parked = msgspec.json.Decoder(ParkedEvidence).decode
_maturity = msgspec.json.Decoder(Maturity).decode


def dossiers(bootstrap: str, engine: str, payment_id: str | None = None) -> list[Dossier]:
    """The dossiers on the ledger (of one payment id), in memory."""
    _make_ready(bootstrap, engine)
    held: dict[str, Dossier] = {}
    foreign = ForeignRecords(Topics(engine)["label-ledger"])
    for record in records(bootstrap, foreign.topic):
        try:
            payment, dossier = ledger_entry(record.key(), record.value())
        except ForeignEntry as error:
            foreign.note(record.offset(), str(error))
            continue
        if payment_id is None or payment.endswith(f"|{payment_id}"):
            held.pop(payment, None)
            if dossier is not None:
                held[payment] = dossier
    return [each for each in held.values() if payment_id in (None, each.payment_id)]


def parked(bootstrap: str, engine: str) -> list[ParkedEvidence]:
    """What could not be used, oldest first."""
    _make_ready(bootstrap, engine)
    return [each for _, each in readable(records(bootstrap, Topics(engine)["label-parked"]), _parked)]


def learned_maturity(bootstrap: str, engine: str) -> Maturity:
    """The delay curve of the frauds on the ledger, as of the newest evidence there. Raises
    `models.labels.maturity.TooFewFrauds`.
    """
    held = dossiers(bootstrap, engine)
    as_of = max((fact.at for each in held for fact in each.facts), default=0)
    reported = [(each.occurred_at, first_fraud(each.facts)) for each in held]
    frauds = [(occurred, known) for occurred, known in reported if known is not None]
    return Maturity.of_times([o for o, _ in frauds], [k for _, k in frauds], as_of)


def read_maturity(path: Path) -> Maturity:
    """A delay curve in a file. Raises `Misconfigured`."""
    try:
        return _maturity(path.read_bytes())
    except msgspec.DecodeError as error:
        raise Misconfigured(f"{path} holds no delay curve of `tollgate labels maturity`: {error}") from error


def verdict_on(
    bootstrap: str, engine: str, payment_id: str, label: LabelValue, author: str, reason: str | None
) -> AnalystVerdict:
    """A verdict on a payment, whose entities are taken from its dossier, or else from the payment as it was
    decided. Raises `Misconfigured` where neither is on the log, or several payments have the id.
    """
    known = dossiers(bootstrap, engine, payment_id)
    if len(known) > 1:
        keys = ", ".join(evidence_key(each) for each in known)
        raise Misconfigured(f"the id {payment_id!r} is of several payments ({keys}): send it as a message")
    now = int(time.time() * 1000)
    if known:
        (dossier,) = known
        return AnalystVerdict(
            dossier.merchant_account, payment_id, label, now, dossier.occurred_at, dossier.amount,
            dossier.currency, dossier.tokens, author, dossier.attempt, reason,
        )  # fmt: skip
    payment = find_payment(bootstrap, engine, payment_id, WITHIN).payment
    return AnalystVerdict(
        payment.merchant_account, payment_id, label, now, payment.occurred_at, payment.amount,
        payment.currency, tokens_of(payment), author, payment.attempt, reason,
    )  # fmt: skip


def send_verdict(bootstrap: str, engine: str, verdict: AnalystVerdict) -> int:
    """Puts a verdict on ENGINE.disputes; its offset. Raises `Outage`, and `Misconfigured` for one that holds
    a card number: the agent would refuse it, but it would stay on the topic.
    """
    value = encode(verdict)
    if card_numbers.find(value):
        raise Misconfigured(
            "the verdict holds a card number: leave it out of --reason and --author; nothing was written"
        )
    _make_ready(bootstrap, engine)
    headers = cloudevents.headers(
        engine, "analyst_verdict", f"{evidence_key(verdict)}/{verdict.author}/{verdict.at}"
    )
    return send_one(bootstrap, Topics(engine)["disputes"], verdict.payment_id, value, headers)


def _make_ready(bootstrap: str, engine: str) -> None:
    """Makes the agents' topics of an existing engine. Raises `Misconfigured` for another name."""
    check_there(bootstrap, Topics(engine)["labels"])
    ensure_agent_topics(bootstrap, engine)
