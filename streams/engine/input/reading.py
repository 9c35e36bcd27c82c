"""From a record's bytes to a message, or to the reason why not."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

import msgspec
import numpy as np

from models.card_numbers import detection as card_numbers
from models.json_keys import repetition as json_keys
from models.messages import (
    PROTOCOL,
    ArtefactPart,
    Control,
    DeadLetterReason,
    EngineProtocol,
    Label,
    Outcome,
    Payment,
    SignedControl,
    decode_input,
    decode_part,
)
from models.nesting import NESTING_MAX, too_deep_at
from models.trust import ControlEnvelope, read_envelope
from streams.engine.input.batch import InputBatch
from streams.engine.input.naming import PaymentName, payment_name
from streams.engine.input.redaction import field_with_card_number, redacted, redacted_fields
from streams.kafka import CARRIES, HISTORY, carried_types

InputMessage = Payment | Outcome | Label | Control | ControlEnvelope | ArtefactPart
TYPES = ("payment", "outcome", "label", "control")
CRASHED = "this record crashed the engine again and again; it was skipped"
SIGNED = b'"signed_control"'
ALL_TYPES: Final = CARRIES[HISTORY]
CLASSES: Final = {
    "payment": Payment,
    "outcome": Outcome,
    "label": Label,
    "control": Control,
    "signed_control": ControlEnvelope,
    "artefact": ArtefactPart,
}
NAMES: Final = {kind: name for name, kind in CLASSES.items()} | {ControlEnvelope: "control"}
_is_object = re.compile(rb"[ \t\n\r]*\{").match
T = TypeVar("T")


class RefusedRecord(Exception):  # noqa: N818 - the record's fault, not an error of ours
    """This record becomes a dead letter."""

    def __init__(self, reason: DeadLetterReason, detail: str, place: str | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.place = place
        """The field at fault, where it is a single one."""


@dataclass
class Reading:
    """The records of a batch as messages."""

    messages: list[InputMessage | None] = field(default_factory=list)
    """None where one was refused."""
    refused: dict[int, RefusedRecord] = field(default_factory=dict)
    """By index of the record."""
    redacted: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Fields in which card numbers were masked, by index of the record."""


def read_batch(batch: InputBatch, skip: Mapping[int, str], protocol: EngineProtocol = PROTOCOL) -> Reading:
    """Every record as a message of a type that its topic carries, or refused.

    `skip`: records to refuse unread, and why.
    """
    reading = Reading()
    is_typed = protocol >= EngineProtocol.TYPED_TOPICS
    joined = _joined(batch.values)
    suspected = card_numbers.suspects(*joined)
    unlike = json_keys.suspects(*joined) if is_typed else np.zeros(len(batch), np.bool_)
    repeated = _repeated_keys(batch.values, unlike)
    plain = _plain_rows(suspected | unlike, skip)
    for run in batch.runs:
        if run.lost is not None:
            reading.messages.append(None)
            why = run.lost.why
            reading.refused[run.first] = RefusedRecord(DeadLetterReason(why.reason), why.detail)
            continue
        of_artefacts = carried_types(run.topic) == CARRIES["artefacts"]
        carried = carried_types(run.topic) if is_typed else ALL_TYPES
        allowed = tuple(CLASSES[name] for name in carried)
        for index in range(run.first, run.last):
            if plain[index] and not of_artefacts:
                message = _plain(batch.values[index], allowed)
                if message is not None:
                    reading.messages.append(message)
                    continue
            try:
                value, suspect = batch.values[index], bool(suspected[index])
                if is_typed and index not in skip:
                    _check_nesting(value)
                if of_artefacts:
                    message = read_part(value, skip.get(index))
                elif suspect and is_typed and index not in skip:
                    message = _read_suspect(value, index, reading)
                else:
                    message = _read(value, suspect, skip.get(index))
                if type(message) not in allowed:
                    raise _wrong_topic(message, run.topic, carried)
                if index in repeated and index not in skip:
                    raise _repeated_key()
                reading.messages.append(message)
            except RefusedRecord as refused:
                reading.messages.append(None)
                reading.refused[index] = refused
    return reading


def suspects(values: Sequence[bytes]) -> np.ndarray:
    """Which records may hold a card number and need the exact look; never misses one."""
    suspected: np.ndarray = card_numbers.suspects(*_joined(values))
    return suspected


def _plain_rows(suspected: np.ndarray, skip: Mapping[int, str]) -> list[bool]:
    """Which records no quick look held up, and nobody asked to skip."""
    is_plain = ~suspected
    if skip:
        is_plain[list(skip)] = False
    return is_plain.tolist()  # type: ignore[no-any-return]


def _plain(value: bytes, allowed: Sequence[type]) -> InputMessage | None:
    """The message in a record that no quick look held up; None where it must be read with care after all."""
    try:
        message = decode_input(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return message if type(message) in allowed else None


def _repeated_keys(values: Sequence[bytes], suspected: np.ndarray) -> frozenset[int]:
    """The records, by index, in which an object has a key twice, so that two readers may see two values.
    What is no JSON may be among them or not.
    """
    places = suspected.nonzero()[0].tolist()
    return frozenset(index for index in places if json_keys.has_repeated_key(values[index]))


def _joined(values: Sequence[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """All records back to back, and where each begins and the last one ends."""
    ends = np.fromiter(map(len, values), np.int64, len(values)).cumsum()
    return np.frombuffer(b"".join(values), np.uint8), np.concatenate((np.zeros(1, np.int64), ends))


def read(value: bytes, suspect: bool, skip: str | None = None) -> InputMessage:
    """The message in `value`, which must hold no card number. Raises `RefusedRecord` with the reason code and
    what to change.

    `skip`: why the record is not to be applied. A signed control is read all the same, since later ones name
    it as their predecessor. What ended the process was applying it: reading is what every tool does.
    """
    if skip is None:
        _check_nesting(value)
    return _read(value, suspect, skip)


def _read(value: bytes, suspect: bool, skip: str | None) -> InputMessage:
    """Like `read`, for a record whose nesting was checked, or was read before there was a bound of ours."""
    if skip is not None:
        return _skipped(value, skip)
    if suspect and card_numbers.find(value):
        raise _card_number()
    return _decoded(value, _decode, TYPES)


def _check_nesting(value: bytes) -> None:
    """Before any reader whose own bound depends on how deep the call is. What is no object is left to them:
    they refuse it at its first character.
    """
    if _is_object(value) and too_deep_at(value) is not None:
        raise RefusedRecord(DeadLetterReason.TOO_DEEP, f"nested deeper than {NESTING_MAX} levels")


def _skipped(value: bytes, why: str) -> ControlEnvelope:
    if SIGNED in value and too_deep_at(value) is None:
        try:
            message = _decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            message = None
        if isinstance(message, ControlEnvelope):
            return replace(message, skipped=why)
    raise RefusedRecord(DeadLetterReason.ENGINE_ERROR, why)


def _decode(value: bytes) -> InputMessage:
    message = decode_input(value)
    return read_envelope(message) if type(message) is SignedControl else message


def read_redacted(value: bytes) -> tuple[InputMessage, tuple[str, ...]]:
    """The message in `value`, and the fields in which card numbers were masked: a payment's free text. Raises
    `RefusedRecord` where one stands anywhere else.
    """
    _check_nesting(value)
    if not card_numbers.find(value):
        message = _read(value, False, None)
        if json_keys.has_repeated_key(value):
            raise _repeated_key()
        return message, ()
    message = _decoded_despite_card_number(value)
    payment = redacted(message)
    place = field_with_card_number(payment)
    if place is not None:
        raise RefusedRecord(
            DeadLetterReason.CARD_NUMBER, f"{place} holds a card number; send a token instead", place
        )
    return payment, redacted_fields(value)


def read_part(value: bytes, skip: str | None = None) -> InputMessage:
    """The part of an artefact in `value`, from the topic of artefacts. Raises `RefusedRecord`.

    Card numbers are not looked for: among the digits of a file some pass for one, and nothing of it is
    copied to another topic.
    """
    if skip is not None:
        raise RefusedRecord(DeadLetterReason.ENGINE_ERROR, skip)
    part: InputMessage = _decoded(value, decode_part, CARRIES["artefacts"])
    if json_keys.has_repeated_key(value):
        raise _repeated_key()
    return part


def read_as(value: bytes, decode: Callable[[bytes], T], types: Sequence[str]) -> T:
    """The message in `value`, of one of these `types`, looked at exactly. Raises `RefusedRecord`."""
    _check_nesting(value)
    if card_numbers.find(value):
        raise _card_number()
    message = _decoded(value, decode, types)
    if json_keys.has_repeated_key(value):
        raise _repeated_key()
    return message


def _decoded(value: bytes, decode: Callable[[bytes], T], types: Sequence[str]) -> T:
    try:
        return decode(value)
    except msgspec.ValidationError as error:
        raise _invalid(str(error), types) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(value, error) from None


def requested_payment(value: bytes, topic: str) -> tuple[PaymentName | None, bool]:
    """The payment that a refused record is about, and whether whoever sent it waits for a decision: it says
    that it is a payment, or lies where payments do and says that it is nothing else that we know.
    """
    name = payment_name(value)
    if name is None:
        return None, False
    asked_here = "payment" in carried_types(topic) and name.type not in ALL_TYPES
    return name, name.type == "payment" or asked_here


def _read_suspect(value: bytes, index: int, reading: Reading) -> InputMessage:
    message, masked = read_redacted(value)
    if masked:
        reading.redacted[index] = masked
    return message


def _decoded_despite_card_number(value: bytes) -> Payment:
    """The payment in a message that holds a card number. Raises `RefusedRecord` where it is none."""
    try:
        message = decode_input(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise _card_number() from None
    if type(message) is not Payment:
        raise _card_number()
    return message


def _card_number() -> RefusedRecord:
    return RefusedRecord(DeadLetterReason.CARD_NUMBER, "a string holds a card number; send a token instead")


def _repeated_key() -> RefusedRecord:
    return RefusedRecord(
        DeadLetterReason.DUPLICATE_KEY, "an object has a key twice, and readers differ in which one counts"
    )


def _wrong_topic(message: InputMessage, topic: str, carried: Sequence[str]) -> RefusedRecord:
    kind, names = NAMES[type(message)], dict.fromkeys(NAMES[CLASSES[name]] for name in carried)
    return RefusedRecord(
        DeadLetterReason.WRONG_TOPIC,
        f"{topic} carries {' and '.join(f'{name}s' for name in names)} only, this is a {kind}: send it to "
        f"{topic.rpartition('.')[0]}.{kind}s",
    )


def _invalid(text: str, types: Sequence[str]) -> RefusedRecord:
    unknown_type = re.search(r"\$\.type|required field `type`", text)
    if unknown_type:
        return RefusedRecord(
            DeadLetterReason.UNKNOWN_TYPE, f"{text}; `type` must be one of {', '.join(types)}", "type"
        )
    return RefusedRecord(DeadLetterReason.INVALID_FIELD, text, _place(text))


def _place(text: str) -> str | None:
    """The field that msgspec's words speak of.

    >>> _place("Object missing required field `kind` - at `$.method`")
    'method.kind'
    """
    path = re.search(r"at `(?:key in )?\$\.?([^`]*)`", text)
    missing = re.search(r"required field `([^`]*)`", text)
    parts = [match[1] for match in (path, missing) if match is not None and match[1]]
    return ".".join(parts) or None


def _unreadable(value: bytes, error: Exception) -> RefusedRecord:
    if not value:
        return RefusedRecord(DeadLetterReason.EMPTY, "the record has no value")
    if isinstance(error, RecursionError):
        return RefusedRecord(DeadLetterReason.TOO_DEEP, "nested deeper than JSON readers allow")
    try:
        value.decode()
    except UnicodeDecodeError as not_utf8:
        return RefusedRecord(DeadLetterReason.INVALID_UTF8, f"not UTF-8 at byte {not_utf8.start}")
    return RefusedRecord(DeadLetterReason.INVALID_JSON, str(error))
