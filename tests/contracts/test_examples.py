"""Every example is a contract test: it decodes, holds against its schema and is encoded unchanged."""

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from models.messages.codec import decode_input, encode
from models.messages.dead_letter import DeadLetterReason
from models.messages.payment import Payment
from models.money import currencies as money
from streams.contracts.schemas import INPUT_KINDS, MESSAGES, schema
from streams.engine.input.reading import RefusedRecord, read_redacted

EXAMPLES = Path(__file__).parents[2] / "examples"
VALID = sorted(path for kind in MESSAGES for path in (EXAMPLES / kind).glob("*.json"))
INVALID = sorted((EXAMPLES / "invalid").glob("*/*.json"))
STATEFUL = {
    DeadLetterReason.CONFLICT,
    DeadLetterReason.STALE,
    DeadLetterReason.INVALID_CONTROL,
    DeadLetterReason.UNAUTHORISED,
    DeadLetterReason.ENGINE_ERROR,
    DeadLetterReason.WRONG_TOPIC,
    DeadLetterReason.ARTEFACT_MISSING,
    DeadLetterReason.INVALID_ARTEFACT,
    DeadLetterReason.UNREADABLE,
    DeadLetterReason.GIVEN_UP,
}
"""Reasons that a message alone does not show."""


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def _decode(path: Path) -> msgspec.Struct:
    return msgspec.json.decode(path.read_bytes(), type=MESSAGES[path.parent.name])


@pytest.mark.parametrize("kind", MESSAGES)
def test_every_kind_has_examples_with_unknown_fields_or_nulls(kind: str) -> None:
    assert len(list((EXAMPLES / kind).glob("*.json"))) >= 4


@pytest.mark.parametrize("path", VALID, ids=_name)
def test_example_holds_against_its_schema(path: Path) -> None:
    jsonschema.Draft202012Validator(schema(path.parent.name)).validate(json.loads(path.read_bytes()))


@pytest.mark.parametrize("path", VALID, ids=_name)
def test_example_keeps_every_known_field_through_decoding_and_encoding(path: Path) -> None:
    once = encode(_decode(path))
    assert encode(msgspec.json.decode(once, type=MESSAGES[path.parent.name])) == once
    jsonschema.Draft202012Validator(schema(path.parent.name)).validate(json.loads(once))
    _assert_kept(json.loads(path.read_bytes()), json.loads(once))


def _assert_kept(given: dict[str, object], encoded: dict[str, object]) -> None:
    for name, value in given.items():
        if name in encoded and isinstance(value, dict):
            _assert_kept(value, encoded[name])  # type: ignore[arg-type]
        elif name in encoded:
            assert encoded[name] == value, name


@pytest.mark.parametrize("path", [p for p in VALID if p.parent.name in INPUT_KINDS], ids=_name)
def test_input_example_is_told_apart_by_its_type_field(path: Path) -> None:
    assert decode_input(path.read_bytes()) == _decode(path)


@pytest.mark.parametrize("path", [p for p in VALID if p.parent.name == "payment"], ids=_name)
def test_payment_example_has_an_accepted_amount(path: Path) -> None:
    payment = _decode(path)
    assert isinstance(payment, Payment)
    assert money.check_amount(payment.amount, payment.currency) is None


def _refusal(value: bytes) -> DeadLetterReason | None:
    try:
        message, _ = read_redacted(value)
    except RefusedRecord as refused:
        return refused.reason
    refusal = money.check_amount(message.amount, message.currency) if isinstance(message, Payment) else None
    return refusal[0] if refusal else None


@pytest.mark.parametrize("path", INVALID, ids=_name)
def test_invalid_example_is_refused_for_the_reason_its_folder_names(path: Path) -> None:
    assert _refusal(path.read_bytes()) == DeadLetterReason(path.parent.name)


@pytest.mark.parametrize("path", [p for p in INVALID if p.parent.name == "invalid_field"], ids=_name)
def test_invalid_field_is_refused_by_the_schemas_too(path: Path) -> None:
    document = json.loads(path.read_bytes())
    assert not any(jsonschema.Draft202012Validator(schema(kind)).is_valid(document) for kind in INPUT_KINDS)


@pytest.mark.parametrize("path", [p for p in VALID if p.parent.name in INPUT_KINDS], ids=_name)
def test_valid_example_is_not_refused(path: Path) -> None:
    assert _refusal(path.read_bytes()) is None


def test_every_reason_that_one_message_can_show_has_an_example() -> None:
    assert {DeadLetterReason(path.parent.name) for path in INVALID} == set(DeadLetterReason) - STATEFUL
