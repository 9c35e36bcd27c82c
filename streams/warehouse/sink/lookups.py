"""What rows say of other rows, looked up in the tables of this engine before a range is inserted.

Invariant: the answer depends only on what lay on the log before the message. A decision is taken into account
if Kafka took it no later than the message; labels, outcomes and disputes if they lie before it on its topic.
So a repeated or rebuilt range gets the same answers, whatever has been sunk since.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from models.labels import strength
from models.messages import AnalystVerdict, Decision, Dispute, Label, Outcome, Phase
from streams.warehouse.schema import sql
from streams.warehouse.sink.log_range import LogRange
from streams.warehouse.tables import (
    NO_DECISION,
    NO_PAYMENT,
    DecidedFacts,
    DecisionFacts,
    DisputeFacts,
    LabelFacts,
    OutcomeFacts,
    PaymentTokens,
    Row,
    deciding_rule,
)

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

IDS_BYTES_MAX: Final = 120_000
"""Of the ids in one query: they are one field of its address, where the client speaks HTTP, and a server
takes fields of 128 KiB (`http_max_field_value_size`)."""
CHARACTER_BYTES_MAX: Final = 12
"""Of one character in an address: four bytes of UTF-8, or an escaped backslash, at three each."""
CHALLENGE: Final = "challenge"

Key = tuple[str, str, int]
"""Merchant account, payment id, attempt."""


class RowLookups:
    """Completes the rows of one engine from its tables."""

    def __init__(self, client: "Client", engine: str) -> None:
        self._client = client
        self._engine = engine

    def completed(self, log_range: LogRange, rows: Sequence[Row]) -> list[Row]:
        """The rows of a range with their facts, in their order."""
        facts: dict[int, Any] = {}
        for kind, look in self._by_type():
            places = [place for place, row in enumerate(rows) if type(row.content) is kind]
            if places:
                own = [rows[place] for place in places]
                facts |= zip(places, look(log_range, own), strict=True)
        return [row._replace(facts=facts.get(place, row.facts)) for place, row in enumerate(rows)]

    def _by_type(self) -> tuple[tuple[type, Callable[[LogRange, Sequence[Row]], Sequence[Any]]], ...]:
        return (
            (Decision, self._decided),
            (Outcome, self._outcomes),
            (Label, self._labels),
            (Dispute, self._disputes),
            (AnalystVerdict, lambda _, rows: self._decisions(rows)),
        )

    def _decided(self, log_range: LogRange, rows: Sequence[Row]) -> list[DecidedFacts]:
        """The payment of each decision, and what it replaces: only a later phase replaces anything."""
        payments = self._payments(rows)
        later = [row for row in rows if not row.content.duplicate and row.content.phase != Phase.PRE_AUTH]
        if not later:
            return [DecidedFacts(payment) for payment in payments]
        standing: dict[Key, DecisionFacts] = {}
        for account, payment_id, attempt, *columns, offset in self._of_payments(
            "decisions_of_payments", later
        ):
            if offset < log_range.start:
                standing[account, payment_id, attempt] = _decision_facts(columns[1:], False)
        facts = []
        for row, payment in zip(rows, payments, strict=True):
            decision, key = row.content, _key(row.content)
            is_first = decision.duplicate or decision.phase == Phase.PRE_AUTH
            replaced = NO_DECISION if is_first else standing.get(key, NO_DECISION)
            facts.append(DecidedFacts(payment, replaced))
            if not decision.duplicate:
                standing[key] = _own_facts(decision)
        return facts

    def _payments(self, rows: Sequence[Row]) -> list[PaymentTokens]:
        """The payment of each decision: of equal ones the first. A repeated answer has none."""
        new = [row.content for row in rows if not row.content.duplicate]
        if not new:
            return [NO_PAYMENT] * len(rows)
        received = [decision.received_at for decision in new]
        known: dict[tuple[Any, ...], PaymentTokens] = {}
        for account, payment_id, attempt, phase, received_at, *texts in self._query(
            "payments_received_between", first=min(received), last=max(received)
        ):
            place = (account, payment_id, attempt, phase, received_at)
            known.setdefault(place, PaymentTokens(True, *texts))
        return [
            NO_PAYMENT if d.duplicate else known.get((*_key(d), d.phase.value, d.received_at), NO_PAYMENT)
            for d in (row.content for row in rows)
        ]

    def _decisions(self, rows: Sequence[Row], times: Sequence[int] | None = None) -> list[DecisionFacts]:
        """The last decision on each row's attempt that Kafka took no later than the row, or than its time
        (ms).
        """
        made: dict[Key, list[tuple[int, DecisionFacts]]] = defaultdict(list)
        for account, payment_id, attempt, decided_at, *rest, _ in self._of_payments(
            "decisions_of_payments", rows
        ):
            earlier = made[account, payment_id, attempt]
            was_challenged = rest[1] == CHALLENGE or any(facts.was_challenged for _, facts in earlier)
            earlier.append((decided_at, _decision_facts(rest, was_challenged)))
        until = [row.appended_at for row in rows] if times is None else times
        return [
            _last_before(made.get(_key(row.content), ()), time_ms)
            for row, time_ms in zip(rows, until, strict=True)
        ]

    def _outcomes(self, log_range: LogRange, rows: Sequence[Row]) -> list[OutcomeFacts]:
        seen: set[tuple[Any, ...]] = set()
        kinds: set[tuple[Any, ...]] = set()
        for account, payment_id, attempt, kind, time_ms in self._before("outcomes_before", log_range, rows):
            seen.add((account, payment_id, attempt, kind, time_ms))
            kinds.add((account, payment_id, attempt, kind))
        facts = []
        for row, decision in zip(rows, self._decisions(rows), strict=True):
            kind = (*_key(row.content), row.content.kind.value)
            event = (*kind, row.content.at)
            facts.append(OutcomeFacts(decision, event in seen, kind not in kinds))
            seen.add(event)
            kinds.add(kind)
        return facts

    def _labels(self, log_range: LogRange, rows: Sequence[Row]) -> list[LabelFacts]:
        """What stands before and after each label, by the rule of `models.labels.standing`, and the decision
        that stood when the first label came: every label moves its payment within the same cells.
        """
        standing: dict[Key, tuple[tuple[int, int], str]] = {}
        first: dict[Key, int] = {}
        for account, payment_id, attempt, label, rank, known_at, appended_at in self._before(
            "labels_before", log_range, rows
        ):
            first.setdefault((account, payment_id, attempt), appended_at)
            _stand(standing, (account, payment_id, attempt), (rank, known_at), label)
        since = [first.setdefault(_key(row.content), row.appended_at) for row in rows]
        facts = []
        for row, decision in zip(rows, self._decisions(rows, since), strict=True):
            label, key = row.content, _key(row.content)
            before = standing.get(key, (None, ""))[1]
            _stand(standing, key, (strength(label.source, label.final), label.known_at), label.label.value)
            facts.append(LabelFacts(decision, before, standing[key][1]))
        return facts

    def _disputes(self, log_range: LogRange, rows: Sequence[Row]) -> list[DisputeFacts]:
        seen = set(self._before("disputes_before", log_range, rows))
        facts = []
        for row, decision in zip(rows, self._decisions(rows), strict=True):
            stage = (*_key(row.content), row.content.dispute_id, row.content.stage.value)
            facts.append(DisputeFacts(decision, stage in seen))
            seen.add(stage)
        return facts

    def _before(self, query: str, log_range: LogRange, rows: Sequence[Row]) -> Iterator[tuple[Any, ...]]:
        """What was sunk of these payments before the range."""
        place = {
            "topic": log_range.partition.role,
            "partition": log_range.partition.number,
            "start": log_range.start,
        }
        return self._of_payments(query, rows, **place)

    def _of_payments(self, query: str, rows: Sequence[Row], **parameters: Any) -> Iterator[tuple[Any, ...]]:
        for ids in _portions(sorted({row.content.payment_id for row in rows})):
            yield from self._query(query, ids=ids, **parameters)

    def _query(self, name: str, **parameters: Any) -> Sequence[tuple[Any, ...]]:
        asked = {"engine": self._engine, **parameters}
        rows: Sequence[tuple[Any, ...]] = self._client.query(sql(name), parameters=asked).result_rows
        return rows


def _portions(ids: Sequence[str]) -> Iterator[list[str]]:
    """The ids in as many lists as keep each short enough.

    >>> [len(portion) for portion in _portions([60_000 * "a", 5_000 * "\u20ac", "c", 2_000 * "d"])]
    [1, 3]
    """
    portion: list[str] = []
    size = 0
    for name in ids:
        needed = _bytes_in_address(name)
        if portion and size + needed > IDS_BYTES_MAX:
            yield portion
            portion, size = [], 0
        portion.append(name)
        size += needed
    if portion:
        yield portion


def _bytes_in_address(name: str) -> int:
    """At most, with its quotes and comma."""
    plain = len(_NOT_PLAIN.sub("", name))
    return plain + CHARACTER_BYTES_MAX * (len(name) - plain) + 9


_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9_.-]")


def _key(content: Any) -> Key:
    return content.merchant_account, content.payment_id, content.attempt


def _decision_facts(columns: Sequence[Any], was_challenged: bool) -> DecisionFacts:
    *columns, shadow_hits = columns
    known = dict(zip(DecisionFacts._fields[1:], columns, strict=False))
    lists = {"hits": tuple(known["hits"]), "shadow_hits": tuple(shadow_hits)}
    return DecisionFacts(True, **known | lists, was_challenged=was_challenged)


def _own_facts(d: Decision) -> DecisionFacts:
    return DecisionFacts(
        True, d.engine_time, d.verdict.value, d.decided_by, deciding_rule(d), d.hits, d.versions.model or "",
        d.versions.ruleset or "", d.amount, d.currency, d.reference_amount,
    )  # fmt: skip


def _last_before(made: Sequence[tuple[int, DecisionFacts]], time_ms: int) -> DecisionFacts:
    for decided_at, facts in reversed(made):
        if decided_at <= time_ms:
            return facts
    return NO_DECISION


def _stand(
    standing: dict[Key, tuple[tuple[int, int], str]], key: Key, rank: tuple[int, int], label: str
) -> None:
    """The strongest stands, of equally strong ones the one known last, of those the last one."""
    if key not in standing or rank >= standing[key][0]:
        standing[key] = rank, label
