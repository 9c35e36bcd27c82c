"""The engine as a function: (state, batch) -> (state, decisions, vectors, dead letters). No clock, no I/O.

Invariants
- Output and state depend only on the records applied so far, in order: never on where batches were cut, on
  the clock, on salted hashes or thread timing.
- Every record yields exactly one of: a decision, a dead letter, or (outcomes, labels, controls) a change of
  state; an outcome or label heard before changes nothing.
- Payments, outcomes and labels enter the feature state at their place in the log.
- A control cuts the batch: what lies before is judged without it, what lies behind with it. List changes do
  not cut: they say their place, and each payment sees the lists as of its own (`models.lists.memory`).
- A duplicate is answered from the record its original left, so it says the same.
"""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

import numpy as np
import xxhash

from features.columns import TOKENS
from features.ingest import intake
from features.state import FeatureState, vector_hash
from models.messages import (
    Control,
    DeadLetter,
    DeadLetterReason,
    ListChange,
    Payment,
    encode,
    kept_payload,
    kept_words,
)
from models.money import check_amount
from models.sca import AMOUNT_MAX as LOW_VALUE_MAX
from models.units import HOUR_MS
from streams.engine.admission import DUPLICATE, EVENT, NEW, Admission, Admitted, Heard, Remembered
from streams.engine.decision import (
    Context,
    HitSets,
    InvalidControlError,
    Judged,
    halted,
    judge,
    list_entries,
    packed,
    reference_amounts,
    unpacked,
)
from streams.engine.input import Batch, Message, Refused, read, suspects
from streams.engine.output import Said, decisions, rules_of, said
from streams.engine.result import Answer, Origin, Result, RuleRecord, VectorBlock
from streams.engine.segment import Rows, events_of, refusal, selected

CARD, CUSTOMER = TOKENS.index("card"), TOKENS.index("customer")
UNRATED = LOW_VALUE_MAX
"""An amount without a rate counts for Article 16 as the most that is of low value."""
SAID_MAX = 10_000
"""Sets of hits whose words are remembered."""


class Core:
    """All logical state of one engine, and `apply`, the only thing that changes it."""

    def __init__(
        self,
        engine: str,
        catalogue: Any,
        context: Context,
        admission: Admission | None = None,
        features: FeatureState | None = None,
        origins: Iterable[Origin] = (),
        hit_sets: HitSets | None = None,
        remembered: Remembered | None = None,
    ) -> None:
        self.engine = engine
        self.catalogue = catalogue
        self.context = context
        self.admission = admission or Admission()
        self.features = features or FeatureState.empty(catalogue)
        self.decision_hash = 0
        self.vector_chain = 0
        self.origins: list[Origin] = list(origins)
        self._feature_index = {name: at for at, name in enumerate(catalogue.names)}
        self.hit_sets = hit_sets or HitSets()
        self.remembered = remembered or Remembered()
        self._said: dict[bytes, Said] = {}
        self._rules: tuple[object, tuple[RuleRecord, ...]] = (None, ())
        self._keep_origin()

    @property
    def state_hash(self) -> str:
        """Running hash of all state changes so far; the same however batches were cut."""
        return f"{self.admission.chain:016x}{self.vector_chain:016x}"

    def logical_hash(self) -> str:
        """Hash of the whole logical state as it is now: slower, and independent of how it came about."""
        full_at = self.features.full_at
        warming_until = full_at if full_at > self.admission.engine_time else 0
        judged_by = xxhash.xxh3_64_hexdigest(encode(self.context.document()), warming_until)
        sets = self.hit_sets.logical_hash(self.admission.engine_time)
        rest = xxhash.xxh3_64_hexdigest(f"{judged_by}{sets:016x}{self.remembered.logical_hash()}")
        return f"{self.admission.logical_hash():016x}{self.features.logical_hash():016x}{rest}"

    def apply(self, batch: Batch, skip: frozenset[int] = frozenset(), answer: bool = True) -> Result:
        """Applies every record in order. `skip` are records to dead-letter unread; without `answer` no
        decision bytes are made and `decision_hash` stands still (recovery)."""
        result = Result()
        messages = self._read(batch, skip, result)
        start = 0
        for at in (i for i, message in enumerate(messages) if _cuts(message)):
            self._decide(batch, messages, range(start, at), result, answer)
            self._control(batch, at, messages[at], result)
            start = at + 1
        self._decide(batch, messages, range(start, len(messages)), result, answer)
        result.dead_letters.sort(key=lambda letter: letter[0])
        return result

    def _read(self, batch: Batch, skip: frozenset[int], result: Result) -> list[Message | None]:
        messages: list[Message | None] = []
        suspected = suspects(batch.values).tolist()
        for at, value in enumerate(batch.values):
            try:
                messages.append(read(value, suspected[at], skip=at in skip))
            except Refused as refused:
                messages.append(None)
                self._refuse(batch, at, refused.reason, refused.detail, result)
        return messages

    def _refuse(self, batch: Batch, at: int, reason: DeadLetterReason, detail: str, result: Result) -> None:
        run = batch.run_of(at)
        letter = DeadLetter(
            self.engine,
            run.topic,
            run.partition,
            batch.offsets[at],
            batch.appended[at],
            reason,
            kept_words(detail),
            *kept_payload(batch.values[at]),
        )
        result.dead_letters.append((at, letter))

    def _control(self, batch: Batch, at: int, control: Message | None, result: Result) -> None:
        assert isinstance(control, Control)
        self._expire_lists(self.admission.engine_time)
        try:
            self.context = self.context.applied(control)
        except InvalidControlError as error:
            self._refuse(batch, at, DeadLetterReason.INVALID_CONTROL, str(error), result)
            return
        self._keep_origin()

    def _change_lists(
        self, batch: Batch, messages: list[Message | None], changes: Iterable[tuple[int, int]], result: Result
    ) -> None:
        """List changes of a segment (index, engine time there), before its payments are judged."""
        for at, now in changes:
            control = messages[at]
            assert isinstance(control, Control)
            self._expire_lists(now, at)
            try:
                self.context = self.context.applied(control, at)
            except InvalidControlError as error:
                self._refuse(batch, at, DeadLetterReason.INVALID_CONTROL, str(error), result)

    def _expire_lists(self, now: int, place: int | None = None) -> None:
        """On whole engine hours, and only where a control comes: how full the lists are must not depend on
        cuts.
        """
        hour = now // HOUR_MS
        if hour > self.context.in_effect.swept_hour:
            self.context.in_effect.swept_hour = hour
            self.context.lists.expire(now, place)

    def _keep_origin(self) -> None:
        context = self.context
        if self._rules[0] is not context.ruleset:
            self._rules = (context.ruleset, rules_of(context.ruleset))
        challenger = context.challenger.version if context.challenger else None
        origin = Origin(context.versions, context.missing, self._rules[1], challenger)
        if not self.origins or self.origins[-1] != origin:
            self.origins.append(origin)

    def _decide(
        self, batch: Batch, messages: list[Message | None], rows: Iterable[int], result: Result, answer: bool
    ) -> None:
        """One segment: payments, outcomes, labels and list changes between two controls that cut."""
        changes = [at for at in rows if type(messages[at]) is Control]
        taken = self._acceptable(batch, messages, rows, result)
        at = [index for index, _ in taken]
        before = self.admission.engine_time
        self.hit_sets.forget(before)
        if not taken:
            self._change_lists(batch, messages, ((change, before) for change in changes), result)
            self.context.lists.settle()
            return
        told = [message for _, message in taken]
        is_payment = np.array([type(message) is Payment for message in told], np.bool_)
        payments = told if is_payment.all() else [m for m in told if type(m) is Payment]
        admitted = self.admission.admit(
            events_of(told, payments, is_payment, [batch.appended[i] for i in at])
        )
        self._change_lists(batch, messages, _timed(changes, at, before, admitted.times), result)
        self._take_in(told, at, admitted, result)
        self.context.lists.settle()
        if len(payments) < len(told):
            at = [i for i, yes in zip(at, is_payment, strict=True) if yes]
            admitted = selected(admitted, is_payment)
        self._answer(batch, at, payments, admitted, result, answer)

    def _acceptable(
        self, batch: Batch, messages: list[Message | None], rows: Iterable[int], result: Result
    ) -> list[tuple[int, Any]]:
        """The segment's messages whose amount is one that can be decided."""
        waives, currencies = self.context.waives, self.context.currencies
        taken = []
        for at in rows:
            message = messages[at]
            if message is None or type(message) is Control:
                continue
            waived = type(message) is not Payment or waives(message.currency)
            problem = check_amount(message.amount, message.currency, waived, currencies)  # type: ignore[union-attr]
            if problem is None:
                taken.append((at, message))
            else:
                self._refuse(batch, at, *problem, result)
        return taken

    def _take_in(self, messages: list[Any], at: list[int], admitted: Admitted, result: Result) -> None:
        """New payments, outcomes and labels into the feature state, in log order; new payments are judged."""
        counts = (admitted.status == NEW) | (admitted.status == EVENT)
        if not counts.any():
            return
        places = np.array(at, np.int64)[counts]
        if not counts.all():
            messages = [message for message, yes in zip(messages, counts.tolist(), strict=True) if yes]
            admitted = selected(admitted, counts)
        new = admitted.status == NEW
        amounts, unrated = reference_amounts(self.context.tables.get("fx"), messages, admitted.times)
        events, attributes = intake(
            messages, admitted.times, amounts, admitted.first | ~new, self.context.tables,
            self.catalogue.attributes,
        )  # fmt: skip
        matrix = np.empty((len(attributes), len(self.catalogue.names)))
        matrix[:, : attributes.shape[1]] = attributes
        cards, customers = events.tokens[CARD], events.tokens[CUSTOMER]
        counted = np.where(unrated, UNRATED, amounts)
        counters, forced = self.remembered.hear(
            Heard(messages, new, admitted.first, admitted.times, counted, cards, unrated),
            lambda name: matrix[:, self._feature_index[name]],
        )
        self.features.update(events, matrix)
        if new.any():
            payments = messages if new.all() else [m for m in messages if type(m) is Payment]
            fresh = selected(admitted, new)
            rows = Rows(
                payments=payments,
                times=fresh.times,
                amounts=amounts[new],
                unrated=unrated[new],
                matrix=matrix,
                warming=fresh.times < self.features.full_at,
                places=places[new],
                keys=self.admission.ring["key_high"][self.admission.at(fresh.records)],
                cards=cards[new],
                customers=customers[new],
                counters=counters,
                forced=forced,
            )
            self._judge(rows, fresh, result)

    def _judge(self, rows: Rows, fresh: Admitted, result: Result) -> None:
        """Model, rules and verdict of the new payments, into their records."""
        self.vector_chain = vector_hash(self.vector_chain, rows.matrix)
        judged = judge(self.context, self._feature_index, rows, self.remembered.budget)
        self._record(fresh, judged)
        result.new += len(rows.payments)
        result.degraded |= int(np.bitwise_or.reduce(judged.said["degraded"]))
        sequences = fresh.records + 1
        if self.context.ruleset is not None and judged.rules is not None:
            result.effects += list_entries(
                self.engine, self.context.ruleset, rows.payments, sequences, rows.times, judged.rules.hits
            )
        self._watch(judged, result)
        received = self.admission.ring["received_at"][self.admission.at(fresh.records)].tolist()
        result.vectors.append(VectorBlock(rows.payments, sequences, received, rows.times, rows.matrix))

    def _watch(self, judged: Judged, result: Result) -> None:
        """Measures a challenger; one that leaves its bounds is withdrawn where the control is read back."""
        trial = self.context.in_effect.trial
        if trial and judged.scored is not None:
            halt = self.remembered.trial_watch.see(trial, judged.scored)
            if halt is not None:
                result.effects.append(halted(self.engine, trial, halt))

    def _record(self, fresh: Admitted, judged: Judged) -> None:
        """Keeps what the new decisions say, for their answers and for duplicates of them."""
        at = self.admission.at(fresh.records)
        for name, column in judged.said.items():
            self.admission.ring[name][at] = column
        self.admission.tried.keep(at, len(self.admission.ring), judged.tried)
        sets = packed(len(self.origins) - 1, len(at), judged.rules)
        self.admission.ring["hit_set"][at] = self.hit_sets.intern(sets, fresh.times)

    def _answer(
        self,
        batch: Batch,
        at: list[int],
        payments: list[Payment],
        admitted: Admitted,
        result: Result,
        answer: bool,
    ) -> None:
        """Decisions and refusals of a segment, in log order."""
        answered = (admitted.status == NEW) | (admitted.status == DUPLICATE)
        if not answered.all():
            for row in np.flatnonzero(~answered).tolist():
                reason, detail = refusal(payments[row], int(admitted.status[row]))
                self._refuse(batch, at[row], reason, detail, result)
            at = [i for i, yes in zip(at, answered, strict=True) if yes]
            payments = [p for p, yes in zip(payments, answered, strict=True) if yes]
            admitted = selected(admitted, answered)
        duplicate = (admitted.status == DUPLICATE).tolist()
        result.duplicates += sum(duplicate)
        if answer:
            self._encode(at, payments, admitted, duplicate, result)

    def _encode(
        self,
        at: list[int],
        payments: list[Payment],
        admitted: Admitted,
        duplicate: list[bool],
        result: Result,
    ) -> None:
        places = self.admission.at(admitted.records)
        kept, tried = self.admission.ring[places], self.admission.tried.of(places)
        chain, words = self.decision_hash, self._words(kept)
        decided = decisions(self.engine, payments, admitted.records, duplicate, kept, words, tried)
        for i, decision in zip(at, decided, strict=True):
            body = encode(decision)
            chain = xxhash.xxh3_64_intdigest(body, chain)
            result.answers.append(Answer(i, decision.payment_id, body))
        self.decision_hash = chain

    def _words(self, kept: np.ndarray) -> list[Said]:
        """The words of the records' sets of hits."""
        names = self.hit_sets.named(kept["hit_set"], kept["engine_time"])
        known = {name: self._said_of(self.hit_sets.of(name)) for name in dict.fromkeys(names)}
        return [known[name] for name in names]

    def _said_of(self, key: bytes) -> Said:
        """The words of one set; remembered, and forgotten all at once when too many."""
        words = self._said.get(key)
        if words is None:
            if len(self._said) > SAID_MAX:
                self._said.clear()
            hit_set = unpacked(key)
            words = self._said[key] = said(hit_set, self.origins[hit_set.origin])
        return words


def _cuts(message: Message | None) -> bool:
    """Whether what is behind this message must be judged apart from what is before it."""
    return type(message) is Control and type(message.change) is not ListChange


def _timed(changes: list[int], at: list[int], before: int, times: np.ndarray) -> Iterable[tuple[int, int]]:
    """Each change with the engine time of its place: that of the last event ahead of it (`times` of the
    events `at`; `before` ahead of them all).
    """
    for change in changes:
        ahead = bisect_left(at, change)
        yield change, int(times[ahead - 1]) if ahead else before
