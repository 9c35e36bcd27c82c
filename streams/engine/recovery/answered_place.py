"""Up to where payments were answered, told from the answers alone: for an engine whose journal is gone.

What its group has committed is up to a second old (`streams.engine.input.reported_offsets`): read on from
there, payments of that second would be decided again.

Invariants: the place is behind every payment that one of the newest answers is about; answers are in the
order of the log, so nothing before it is unanswered. Where no answer is there, nothing is said.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from models.messages import Phase
from streams.engine.input.naming import PaymentName, payment_name
from streams.kafka import Topics, backwards, carried_types, offset_at, readable, records

ANSWERS_LOOKED_AT = 5_000
"""More than one transaction holds, its refusals included."""
FIRST_ATTEMPT = 1


class _Answer(msgspec.Struct):
    """What is needed of a decision or a refusal. Of a duplicate `received_at` is that of the first one; a
    refusal has none.
    """

    merchant_account: str
    payment_id: str
    attempt: int | None = None
    phase: str | None = None
    received_at: int = 0
    duplicate: bool = False


class _Asked(NamedTuple):
    account: str
    payment: str
    attempt: int
    phase: str


_decode = msgspec.json.Decoder(_Answer).decode


def answered_places(bootstrap: str, engine: str, inputs: Iterable[str]) -> dict[str, int]:
    """By topic of `inputs` that holds payments, the offset behind the last one that was answered."""
    newest = backwards(bootstrap, Topics(engine)["decisions"], ANSWERS_LOOKED_AT)
    answers = [answer for _, answer in readable(newest, _decode)]
    received = max((answer.received_at for answer in answers), default=0)
    if not received:
        return {}
    decided = {_asked(answer) for answer in answers if answer.received_at == received}
    others = {_asked(answer) for answer in answers if answer.duplicate or not answer.received_at}
    held = [topic for topic in inputs if "payment" in carried_types(topic)]
    found = {topic: _behind(bootstrap, topic, received, decided, others) for topic in held}
    return {topic: place for topic, place in found.items() if place is not None}


def _behind(
    bootstrap: str, topic: str, received: int, decided: set[_Asked], others: set[_Asked]
) -> int | None:
    """Behind the last payment of a topic that was answered, looked for from the millisecond on in which the
    newest decision's payment was appended; refusals and duplicates, `others`, may follow it.
    """
    place = start = offset_at(bootstrap, topic, received)
    if start is None:
        return None
    for record in records(bootstrap, topic, start):
        name = payment_name(record.value() or b"")
        is_later = record.timestamp()[1] > received
        if name is not None and _asked(name) in (others if is_later else decided | others):
            place = record.offset() + 1
        elif is_later:
            break
    return place


def _asked(named: _Answer | PaymentName) -> _Asked:
    return _Asked(
        named.merchant_account,
        named.payment_id,
        named.attempt or FIRST_ATTEMPT,
        str(named.phase or Phase.PRE_AUTH),
    )
