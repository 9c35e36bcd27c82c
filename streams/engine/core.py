"""The engine as a function: (state, batch) -> (state, decisions, vectors, dead letters). No clock, no I/O.

    decode -> admit -> ingest -> decide -> answer

Invariants
- Output and state depend only on the records applied so far, in order: never on where batches were cut, on
  the clock, on salted hashes or thread timing.
- Every record yields exactly one of: a decision, a dead letter, or (outcomes, labels, controls) a change of
  state; an outcome or label that was reported before changes nothing.
- Every payment whose account and id can be read yields exactly one answer: a decision, or a refusal with its
  dead letter. A refusal leaves no trace in the state: a corrected payment of the same id is decided.
- Payments, outcomes and labels enter the feature state at their place in the log.
- A control cuts the batch into segments: records before it are judged without it, records after it with it.
  List changes do not cut: they carry their place, and each payment sees the lists as of its own
  (`models.lists.memory`). An entry that the engine itself asked for cuts where its decision is in the same
  segment: it must have been made before the entry is known to be one.
- A control acts only where `streams.engine.authority` accepts it; otherwise what was in effect stays.
- A duplicate is answered from the record its original left, so both say the same.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from types import MappingProxyType
from typing import Any

import numpy as np
import xxhash
from msgspec.structs import replace

from features.columns import TOKENS
from features.ingest import Ingest
from features.state import FeatureState, vector_hash
from models.messages import (
    PROTOCOL,
    ArtefactPart,
    Control,
    DeadLetterReason,
    JudgePart,
    ListChange,
    Payment,
    encode,
)
from models.money import check_amount
from models.trust import ControlEnvelope, TrustRecord, UnauthorisedControlError
from streams.engine.admission import Admission, LogCounters, LogSlice, admission_rows
from streams.engine.authority import ControlAuthority
from streams.engine.decision import (
    LATE,
    Context,
    HitSets,
    InvalidControlError,
    InvalidPartError,
    Judgement,
    PutGate,
    halted,
    judge,
    list_entries,
    pack_hit_sets,
)
from streams.engine.input import InputBatch, InputMessage, Reading, RefusedRecord, read_batch
from streams.engine.output import DecisionWriter, RefusalWriter, rule_texts
from streams.engine.result import BatchResult, DecisionOrigin, EncodedAnswer, RuleText, VectorBlock
from streams.engine.segment import LogSegment, NewPayments, refused_payment

CONTROLS = frozenset((Control, ControlEnvelope))
MAY_CUT = CONTROLS | {ArtefactPart}
CARD, CUSTOMER = TOKENS.index("card"), TOKENS.index("customer")

Messages = list[InputMessage | None]
"""The decoded records of a batch; None where one was refused."""


class Core:
    """All logical state of one engine, and `apply`, the only thing that changes it."""

    def __init__(
        self,
        engine: str,
        catalogue: Any,
        context: Context,
        admission: Admission | None = None,
        features: FeatureState | None = None,
        origins: Iterable[DecisionOrigin] = (),
        hit_sets: HitSets | None = None,
        counters: LogCounters | None = None,
        trust: TrustRecord | None = None,
    ) -> None:
        self.engine = engine
        self.authority = ControlAuthority(engine, trust)
        self.catalogue = catalogue
        self.context = context
        self.admission = admission or Admission()
        self.ingest = Ingest(catalogue, features)
        self.counters = counters or LogCounters()
        self.hit_sets = hit_sets or HitSets()
        self.origins: list[DecisionOrigin] = list(origins)
        self.protocol = PROTOCOL
        """By which rules batches are read and answered; whoever re-applies sets the journal's."""
        self.decision_hash = 0
        self.vector_chain = 0
        self._writer = DecisionWriter(engine, self.hit_sets, self.origins)
        self._refusals = RefusalWriter(engine)
        self._feature_index = {name: column for column, name in enumerate(catalogue.names)}
        self._rules: tuple[object, tuple[RuleText, ...]] = (None, ())
        self._keep_origin()

    @property
    def features(self) -> FeatureState:
        return self.ingest.state

    @property
    def state_hash(self) -> str:
        """Running hash of all state changes so far; the same however batches were cut."""
        return f"{self.admission.chain:016x}{self.vector_chain:016x}"

    def logical_hash(self) -> str:
        """Hash of the whole logical state as it is now: slower, and independent of how it came about."""
        full_at = self.features.full_at
        warming_until = full_at if full_at > self.admission.engine_time else 0
        context = xxhash.xxh3_64_hexdigest(encode(self.context.document()), warming_until)
        sets = self.hit_sets.logical_hash(self.admission.engine_time)
        trust = self.authority.state.record()
        rest = xxhash.xxh3_64_hexdigest(
            f"{context}{sets:016x}{self.counters.logical_hash()}".encode() + (encode(trust) if trust else b"")
        )
        return f"{self.admission.logical_hash():016x}{self.features.logical_hash():016x}{rest}"

    def apply(
        self, batch: InputBatch, skip: Mapping[int, str] = MappingProxyType({}), answer: bool = True
    ) -> BatchResult:
        """Applies every record in order.

        `skip`: records to dead-letter unread, and why. Without `answer` (recovery) no decision bytes are made
        and `decision_hash` stays as it is.
        """
        result = BatchResult()
        reading = read_batch(batch, skip, self.protocol)
        for index, refused in reading.refused.items():
            self._refuse(batch, index, refused, result)
        start = 0
        may_cut = [index for index, message in enumerate(reading.messages) if type(message) in MAY_CUT]
        for index in (place for place in may_cut if self._cuts(reading.messages[place])):
            self._apply_segment(batch, reading, range(start, index), result, answer)
            message = reading.messages[index]
            if type(message) is ArtefactPart:
                self._add_part(batch, message, index, result)
            else:
                self._apply_control(batch, reading.messages, index, result)
            start = index + 1
        self._apply_segment(batch, reading, range(start, len(batch)), result, answer)
        result.dead_letters.sort(key=lambda letter: letter[0])
        return result

    def withdraw(self, part: JudgePart) -> None:
        """What is in effect of this part no longer is, from the next record on: by an operator's order, which
        the journal holds (`streams.engine.input.pass_over`).
        """
        self.context = self.context.without(part)
        self._keep_origin()

    def _cuts(self, message: InputMessage | None) -> bool:
        """Whether what follows this message must be judged apart from what precedes it. Asked when all before
        the segment that it ends has been applied.
        """
        if type(message) is ControlEnvelope:
            control = message.statement.control
            return type(control.change) is not ListChange or self.authority.awaits_decision(message)
        kind = type(message)
        return kind is ArtefactPart or (kind is Control and type(message.change) is not ListChange)  # type: ignore[union-attr]

    def _apply_segment(
        self, batch: InputBatch, reading: Reading, indices: range, result: BatchResult, answer: bool
    ) -> None:
        """Payments, outcomes, labels and list changes between two controls that cut."""
        messages = reading.messages
        changes = [index for index in indices if type(messages[index]) in CONTROLS]
        before = self.admission.engine_time
        self.hit_sets.forget(before)
        segment = self._admit(batch, messages, indices, result)
        self._change_lists(batch, messages, _timed(changes, segment, before), result)
        new = None if segment is None else self._ingest(segment.select(segment.enters_features))
        if new is not None:
            self._decide(*new, result)
        self.context.lists.settle()
        if segment is not None:
            self._refuse_known(batch, segment, result)
        if answer:
            self._answer(segment, reading, indices, result)

    def _admit(
        self, batch: InputBatch, messages: Messages, indices: range, result: BatchResult
    ) -> LogSegment | None:
        """The messages whose amount can be decided, and what admission says of them."""
        waives, currencies = self.context.waives, self.context.currencies
        positions: list[int] = []
        accepted: list[Any] = []
        for index in indices:
            message = messages[index]
            if message is None or type(message) in CONTROLS:
                continue
            waived = type(message) is not Payment or waives(message.currency)
            problem = check_amount(message.amount, message.currency, waived, currencies)  # type: ignore[union-attr]
            if problem is None:
                positions.append(index)
                accepted.append(message)
            else:
                self._refuse_amount(batch, index, message, problem, result)
        if not accepted:
            return None
        rows = admission_rows(accepted, [batch.appended[index] for index in positions])
        admitted = self.admission.admit(rows)
        return LogSegment(accepted, np.array(positions, np.int64), rows.is_payment, admitted)

    def _ingest(self, entering: LogSegment) -> tuple[LogSegment, NewPayments] | None:
        """What enters the feature state, in log order: the new payments with all that is known of them."""
        if not entering.messages:
            return None
        is_new, admitted = entering.is_new, entering.admitted
        ingested = self.ingest.run(
            entering.messages, admitted.times, admitted.first | ~is_new, self.context.tables
        )
        cards, vectors = ingested.events.tokens[CARD], ingested.vectors
        amounts = ingested.amounts
        counters, forced = self.counters.observe(
            LogSlice(
                entering.messages, is_new, admitted.first, admitted.times, amounts.eur_cents,
                amounts.unrated, cards,
            ),
            lambda name: vectors[:, self._feature_index[name]],
        )  # fmt: skip
        new = entering.select(is_new)
        if not new.messages:
            return None
        chosen = slice(None) if new is entering else is_new
        (keys,) = self.admission.columns(new.admitted.records, "key_high")
        return new, NewPayments(
            payments=new.payments,
            times=new.admitted.times,
            amounts=amounts.eur_cents[chosen],
            unrated=amounts.unrated[chosen],
            matrix=vectors,
            warming=new.admitted.times < self.features.full_at,
            positions=new.positions,
            keys=keys,
            cards=cards[chosen],
            customers=ingested.events.tokens[CUSTOMER][chosen],
            counters=counters,
            forced=forced,
            parties=ingested.parties,
        )

    def _decide(self, segment: LogSegment, new: NewPayments, result: BatchResult) -> None:
        """Model, rules and verdict of the new payments, into their records."""
        records = segment.admitted.records
        sequences = records + 1
        self.vector_chain = vector_hash(self.vector_chain, new.matrix)
        judgement = judge(self.context, self._feature_index, new, self.counters.budget)
        (received,) = self.admission.columns(records, "received_at")
        late = self.admission.late(new.payments, received)
        if late is not None:
            judgement.columns["degraded"] = judgement.columns["degraded"] | np.where(late, LATE, 0)
            result.late += int(late.sum())
        sets = pack_hit_sets(len(self.origins) - 1, len(records), judgement.rules)
        hit_set = self.hit_sets.intern(sets, new.times)
        self.admission.keep(records, {**judgement.columns, "hit_set": hit_set}, judgement.trial_words)
        result.new += len(new.payments)
        result.degraded |= int(np.bitwise_or.reduce(judgement.columns["degraded"]))
        self._add_effects(new, sequences, judgement, result)
        result.vectors.append(VectorBlock(new.payments, sequences, received.tolist(), new.times, new.matrix))

    def _refuse_known(self, batch: InputBatch, segment: LogSegment, result: BatchResult) -> None:
        """Conflicts with what was decided, and what is too old to say."""
        if segment.holds_new_only:
            return
        result.duplicates += int(segment.is_duplicate.sum())
        refused = segment.select(segment.is_refused)
        rows = zip(
            refused.payments,
            refused.admitted.status.tolist(),
            refused.positions.tolist(),
            refused.admitted.records.tolist(),
            strict=True,
        )
        for payment, status, index, record in rows:
            stands = record + 1 if record >= 0 else None
            self._refuse(batch, index, refused_payment(payment, status), result, payment, stands)

    def _answer(
        self, segment: LogSegment | None, reading: Reading, indices: range, result: BatchResult
    ) -> None:
        """Decisions and refusals of a segment, in log order."""
        decisions = [] if segment is None else self._decisions(segment, reading)
        refused = result.refused
        refusals = [
            EncodedAnswer(index, refused[index].payment_id, encode(refused[index]), "refusal")
            for index in (sorted(refused.keys() & indices) if refused else ())
        ]
        chain = self.decision_hash
        for answer in merge(decisions, refusals) if refusals else decisions:
            chain = xxhash.xxh3_64_intdigest(answer.body, chain)
        self.decision_hash = chain
        result.answers += decisions
        result.refusals += refusals

    def _decisions(self, segment: LogSegment, reading: Reading) -> list[EncodedAnswer]:
        answered = segment.select(segment.is_answered)
        if not answered.messages:
            return []
        sequences = answered.admitted.records
        writer, redacted = self._writer, reading.redacted
        rows = writer.rows(
            answered.payments, sequences, answered.is_duplicate.tolist(), *self.admission.kept(sequences)
        )
        encoded = []
        for index, payment, row in zip(answered.positions.tolist(), answered.payments, rows, strict=True):
            if index in redacted:
                body = encode(replace(writer.decision(row), redacted=redacted[index]))
            else:
                body = writer.body(row)
            encoded.append(EncodedAnswer(index, payment.payment_id, body))
        return encoded

    def _add_effects(
        self, new: NewPayments, sequences: np.ndarray, judgement: Judgement, result: BatchResult
    ) -> None:
        """List entries that rules ask for; a challenger that leaves its bounds is withdrawn.

        Both take effect where their control is read back.
        """
        ruleset, trial = self.context.ruleset, self.context.in_effect.trial
        effects: list[Control] = []
        if ruleset is not None and judgement.rules is not None:
            effects += list_entries(
                self.engine, ruleset, new.payments, sequences, new.times, judgement.rules.hits,
                self._put_gate(new, result),
            )  # fmt: skip
        if trial and judgement.trial_scores is not None:
            halt = self.counters.trial_watch.see(trial, judgement.trial_scores)
            if halt is not None:
                effects.append(halted(self.engine, trial, halt))
        self.authority.expect(effects, result)
        result.effects += effects

    def _put_gate(self, new: NewPayments, result: BatchResult) -> PutGate:
        """What rules may put on lists, by the policy in effect and the lists as of each payment's place."""
        policy, contains = self.context.policy, self.context.lists.contains

        def holds(name: str, value: str, row: int, time: int) -> bool:
            places = new.positions[row : row + 1]
            return bool(contains(name, [value], np.array([time]), places)[0])

        limits = None if policy is None else policy.list_puts
        return PutGate(limits, self.counters.list_puts, holds, result.puts_refused)

    def _apply_control(self, batch: InputBatch, messages: Messages, index: int, result: BatchResult) -> None:
        self.context.expire_lists(self.admission.engine_time)
        if self._applied(batch, messages, index, result):
            self._keep_origin()

    def _add_part(self, batch: InputBatch, part: ArtefactPart, index: int, result: BatchResult) -> None:
        try:
            self.context.shelf.add(part)
        except InvalidPartError as error:
            refused = RefusedRecord(DeadLetterReason.INVALID_ARTEFACT, str(error))
            self._refuse(batch, index, refused, result)

    def _change_lists(
        self, batch: InputBatch, messages: Messages, changes: Iterable[tuple[int, int]], result: BatchResult
    ) -> None:
        """List changes of a segment (index, engine time there), before its payments are judged."""
        for index, now in changes:
            self.context.expire_lists(now, index)
            self._applied(batch, messages, index, result, index)

    def _applied(
        self,
        batch: InputBatch,
        messages: Messages,
        index: int,
        result: BatchResult,
        place: int | None = None,
    ) -> bool:
        """Whether the control of this record acts; refused otherwise. `place`: of a list change."""
        message = messages[index]
        assert isinstance(message, Control | ControlEnvelope)
        try:
            control = self.authority.admit(batch, index, message, result)
            if isinstance(message, ControlEnvelope) and message.skipped is not None:
                refused = RefusedRecord(DeadLetterReason.ENGINE_ERROR, message.skipped)
                self._refuse(batch, index, refused, result)
                return False
            self.context = self.context.applied(control, place)
        except UnauthorisedControlError as error:
            self._refuse(batch, index, RefusedRecord(DeadLetterReason.UNAUTHORISED, str(error)), result)
        except InvalidControlError as error:
            self._refuse(batch, index, RefusedRecord(error.reason, str(error)), result)
        else:
            result.controls.append(index)
            return True
        return False

    def _keep_origin(self) -> None:
        context = self.context
        if self._rules[0] is not context.ruleset:
            self._rules = (context.ruleset, rule_texts(context.ruleset))
        challenger = context.challenger.version if context.challenger else None
        origin = DecisionOrigin(context.versions, context.missing, self._rules[1], challenger)
        if not self.origins or self.origins[-1] != origin:
            self.origins.append(origin)

    def _refuse_amount(
        self,
        batch: InputBatch,
        index: int,
        message: InputMessage,
        problem: tuple[DeadLetterReason, str],
        result: BatchResult,
    ) -> None:
        place = "currency" if problem[0] is DeadLetterReason.UNKNOWN_CURRENCY else "amount"
        payment = message if type(message) is Payment else None
        self._refuse(batch, index, RefusedRecord(*problem, place), result, payment)

    def _refuse(
        self,
        batch: InputBatch,
        index: int,
        refused: RefusedRecord,
        result: BatchResult,
        payment: Payment | None = None,
        stands: int | None = None,
    ) -> None:
        letter, refusal = self._refusals.written(batch, index, refused, payment, stands, self.protocol)
        result.dead_letters.append((index, letter))
        if refusal is not None:
            result.refused[index] = refusal


def _timed(changes: list[int], segment: LogSegment | None, before: int) -> Iterator[tuple[int, int]]:
    """Each list change with the engine time of its place: that of the last message ahead of it, or `before`
    where there is none.
    """
    positions = segment.positions.tolist() if changes and segment is not None else []
    for change in changes:
        ahead = bisect_left(positions, change)
        yield change, int(segment.admitted.times[ahead - 1]) if segment is not None and ahead else before
