"""Whoever waits for a decision gets one answer: a decision, or a refusal that says what to mend."""

from collections.abc import Callable

import msgspec
import pytest

from models.card_numbers import detection as card_numbers
from models.messages.codec import decode_answer, encode
from models.messages.control import Control, ListChange
from models.messages.dead_letter import DeadLetterReason
from models.messages.decision import Decision
from models.messages.journal import EngineProtocol
from models.messages.payment import Payment, Phase
from models.messages.refusal import ADVICE, Refusal
from streams.engine.core import Core
from streams.engine.input.batch import InputBatch
from streams.engine.input.naming import payment_name
from streams.engine.input.reading import CRASHED, read_batch
from streams.engine.output.refusals import advice_on
from streams.engine.result import BatchResult
from tests.engine.engine_log import DAY, NOW, batch_of, label, outcome, payment, raw, record
from tests.engine.test_core import letters

MakeCore = Callable[[], Core]
CARD_NUMBER = "4111 1111 1111 1111"
CONTROL = encode(Control("c1", NOW, "mallory", ListChange("blocked_bins", "520000", False)))


def batch_on(topic: str, *records: bytes, first: int = 0) -> InputBatch:
    """Records of one topic of the engine `test`."""
    return batch_of(list(records), first, topic=f"test.{topic}")


def answers(result: BatchResult) -> list[Decision | Refusal]:
    return [decode_answer(answer.body) for answer in result.in_log_order]


def refused(core: Core, value: bytes, topic: str = "payments") -> Refusal:
    """The one answer to a record, whose dead letter says the same."""
    result = core.apply(batch_on(topic, value))
    (refusal,), (letter,) = answers(result), letters(result)
    assert isinstance(refusal, Refusal)
    assert (letter.reason, letter.detail) == (refusal.reason, refusal.detail)
    assert (letter.merchant_account, letter.payment_id) == (refusal.merchant_account, refusal.payment_id)
    assert letter.answered is True
    return refusal


def test_a_card_number_in_free_text_is_masked_and_the_payment_decided(make_core: MakeCore) -> None:
    value = raw(
        "p1",
        description=f"card {CARD_NUMBER}",
        metadata={"note": CARD_NUMBER, "n": "ok"},
        lines=[{"x": CARD_NUMBER}],
    )
    result = make_core().apply(batch_on("payments", value))
    (decision,) = answers(result)
    assert isinstance(decision, Decision)
    assert set(decision.redacted) == {"description", "metadata.note", "lines.x"}
    assert not letters(result)
    assert not card_numbers.find(result.answers[0].body)


def test_fifty_one_metadata_keys_are_refused_with_what_to_mend(make_core: MakeCore) -> None:
    core = make_core()
    refusal = refused(core, raw("p1", metadata={f"k{n}": n for n in range(51)}))
    assert (refusal.merchant_account, refusal.payment_id) == ("acme", "p1")
    assert (refusal.attempt, refusal.phase) == (1, Phase.PRE_AUTH)
    assert (refusal.reason, refusal.field) == (DeadLetterReason.INVALID_FIELD, "metadata")
    assert refusal.advice == ADVICE[DeadLetterReason.INVALID_FIELD]


def test_a_control_on_the_payments_topic_changes_nothing(make_core: MakeCore) -> None:
    core = make_core()
    before = core.logical_hash()
    result = core.apply(batch_on("payments", CONTROL))
    (letter,) = letters(result)
    assert letter.reason is DeadLetterReason.WRONG_TOPIC
    assert "test.payments carries payments only" in letter.detail
    assert "test.controls" in letter.detail
    assert core.logical_hash() == before
    assert not answers(result)


@pytest.mark.parametrize("topic", ["controls", "labels", "outcomes"])
def test_a_payment_on_another_topic_is_answered(make_core: MakeCore, topic: str) -> None:
    refusal = refused(make_core(), record("p1"), topic)
    assert refusal.reason is DeadLetterReason.WRONG_TOPIC
    assert refusal.advice == "Send payments to the topic test.payments."


@pytest.mark.parametrize(
    ("topic", "value"),
    [
        ("payments", encode(outcome("p1"))),
        ("outcomes", encode(label("p1"))),
        ("labels", encode(outcome("p1"))),
    ],
)
def test_a_report_on_another_topic_is_named_and_not_answered(
    make_core: MakeCore, topic: str, value: bytes
) -> None:
    result = make_core().apply(batch_on(topic, value))
    (letter,) = letters(result)
    assert letter.reason is DeadLetterReason.WRONG_TOPIC
    assert (letter.merchant_account, letter.payment_id) == ("acme", "p1")
    assert letter.answered is msgspec.UNSET
    assert not answers(result)


def test_a_history_may_mix_types(make_core: MakeCore) -> None:
    result = make_core().apply(batch_on("history", record("p1"), encode(outcome("p1")), CONTROL))
    assert not letters(result)
    assert len(answers(result)) == 1


@pytest.mark.parametrize(
    ("value", "reason", "field"),
    [
        (raw("p1", amount="12"), DeadLetterReason.INVALID_FIELD, "amount"),
        (raw("p1", amount=0), DeadLetterReason.AMOUNT_NOT_POSITIVE, "amount"),
        (raw("p1", currency="XXQ"), DeadLetterReason.UNKNOWN_CURRENCY, "currency"),
        (raw("p1", method={"kind": "card"}), DeadLetterReason.INVALID_FIELD, "method.token"),
        (
            raw("p1", method={"kind": "card", "token": CARD_NUMBER}),
            DeadLetterReason.CARD_NUMBER,
            "method.token",
        ),
        (raw("p1", metadata={CARD_NUMBER: 1}), DeadLetterReason.CARD_NUMBER, "metadata"),
        (raw("p1", type="shipment"), DeadLetterReason.UNKNOWN_TYPE, "type"),
        (raw("p1", type=None), DeadLetterReason.UNKNOWN_TYPE, "type"),
        (raw("p1", attempt=0), DeadLetterReason.INVALID_FIELD, "attempt"),
        (record("p1")[:-20], DeadLetterReason.INVALID_JSON, None),
        (record("p1").replace(b"EUR", b"E\xffR"), DeadLetterReason.INVALID_UTF8, None),
        (record("p1", occurred_at=NOW - 9 * DAY), DeadLetterReason.STALE, None),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)
def test_every_way_to_be_refused_is_answered(
    make_core: MakeCore, value: bytes, reason: DeadLetterReason, field: str | None
) -> None:
    core = make_core()
    core.apply(batch_on("payments", record("before")))
    refusal = refused(core, value)
    assert (refusal.payment_id, refusal.reason, refusal.field) == ("p1", reason, field)
    assert refusal.advice
    assert not card_numbers.find(encode(refusal))


def test_the_same_message_refused_again_is_answered_with_the_same_bytes(make_core: MakeCore) -> None:
    core, value = make_core(), raw("p1", metadata={f"k{n}": n for n in range(51)})
    first, again = (core.apply(batch_on("payments", value, first=at)) for at in (0, 1))
    assert [each.body for each in first.refusals] == [each.body for each in again.refusals]


def test_a_corrected_payment_of_the_same_id_is_decided(make_core: MakeCore) -> None:
    core = make_core()
    refused(core, raw("p1", amount=0))
    (decision,) = answers(core.apply(batch_on("payments", record("p1"), first=1)))
    assert isinstance(decision, Decision)
    assert not decision.duplicate


def test_a_conflict_names_the_decision_that_stands(make_core: MakeCore) -> None:
    core = make_core()
    core.apply(batch_on("payments", record("other"), record("p1")))
    assert refused(core, record("p1", amount=999)).decision == 2


def test_a_card_number_as_id_is_answered_under_its_masked_form(make_core: MakeCore) -> None:
    result = make_core().apply(batch_on("payments", raw("4111111111111111")))
    (answer,) = result.refusals
    refusal = decode_answer(answer.body)
    assert isinstance(refusal, Refusal)
    assert (refusal.payment_id, refusal.masked, answer.key) == ("************1111", True, "************1111")
    assert (refusal.reason, refusal.field) == (DeadLetterReason.CARD_NUMBER, "payment_id")


def test_a_record_that_is_skipped_is_answered(make_core: MakeCore) -> None:
    result = make_core().apply(batch_on("payments", record("p1")), {0: CRASHED})
    (refusal,) = answers(result)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is DeadLetterReason.ENGINE_ERROR


def test_answers_are_in_log_order_and_their_hash_does_not_depend_on_cuts(make_core: MakeCore) -> None:
    log = [record("p1"), raw("p2", amount="x"), record("p3"), raw("p4", amount=0), record("p1", amount=9)]
    whole, cut = make_core(), make_core()
    result = whole.apply(batch_on("payments", *log))
    assert [answer.payment_id for answer in answers(result)] == ["p1", "p2", "p3", "p4", "p1"]
    for at, value in enumerate(log):
        cut.apply(batch_on("payments", value, first=at))
    assert cut.decision_hash == whole.decision_hash
    assert cut.logical_hash() == whole.logical_hash()


def test_the_first_protocol_reads_and_answers_as_it_did(make_core: MakeCore) -> None:
    core = make_core()
    core.protocol = EngineProtocol.ANY_TYPE
    result = core.apply(batch_on("payments", CONTROL, raw("p1", note=CARD_NUMBER), raw("p2", amount=0)))
    assert not answers(result)
    assert [letter.reason for letter in letters(result)] == ["card_number", "amount_not_positive"]
    assert all(letter.payment_id is msgspec.UNSET for letter in letters(result))


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"[]",
        b'{"payment_id": "p1"}',
        b'{"merchant_account": "a", "payment_id": "p1", "payment_id": "p2"}',
        b'{"merchant_account": "a", "payment_id": ""}',
        b'{"merchant_account": "a", "payment_id": {"id": 1}}',
        b'{"merchant_account": "a", "payment_id": "\\ud800"}',
        b'{"x": {"merchant_account": "a", "payment_id": "p1"}}',
        b'{"x": "\\"merchant_account\\": \\"a\\", \\"payment_id\\": \\"p1\\""}',
        b'{"a":' * 5_000,
    ],
)
def test_a_payment_is_never_guessed(value: bytes) -> None:
    assert payment_name(value) is None


def test_a_number_longer_than_python_reads_hides_no_id() -> None:
    name = payment_name(b'{"x": ' + b"9" * 5_000 + b', "merchant_account": "a", "payment_id": "p1"}')
    assert name is not None
    assert name.payment_id == "p1"


def _deeper(frames: int, call: Callable[[], object]) -> object:
    return call() if frames == 0 else _deeper(frames - 1, call)


@pytest.mark.parametrize("levels", [100, 128, 129, 600, 900, 950, 990, 5_000])
def test_how_deep_a_message_may_be_nested_does_not_depend_on_the_caller(levels: int) -> None:
    nested = encode(payment("deep"))[:-1] + b',"x":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"
    seen = {
        str(_deeper(frames, lambda: [read_batch(batch_on("payments", nested), {}), payment_name(nested)]))
        for frames in (0, 20, 100, 300)
    }
    assert len(seen) == 1
    assert ("nested deeper than 128 levels" in seen.pop()) == (levels > 128)


def test_a_number_as_id_is_read_as_its_digits() -> None:
    name = payment_name(b'{"merchant_account": "a", "payment_id": 17, "amount"')
    assert name is not None
    assert name.payment_id == "17"


def test_every_reason_that_answers_a_payment_has_advice() -> None:
    of_controls = {"invalid_control", "unauthorised", "artefact_missing", "invalid_artefact"}
    without_bytes = {"empty", "unreadable", "given_up"}
    assert set(ADVICE) == set(DeadLetterReason) - of_controls - without_bytes
    assert all(advice_on(reason, "live") for reason in DeadLetterReason)


def test_a_payment_read_back_is_itself() -> None:
    assert isinstance(msgspec.json.decode(record("p1"), type=Payment), Payment)
