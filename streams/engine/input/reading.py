"""From a record's bytes to a message, or to the reason why not."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import msgspec
import numpy as np

from models.card_numbers import detection as card_numbers
from models.messages import (
    Control,
    DeadLetterReason,
    Label,
    Outcome,
    Payment,
    SignedControl,
    decode_input,
)
from models.trust import ControlEnvelope, read_envelope

InputMessage = Payment | Outcome | Label | Control | ControlEnvelope
TYPES = ("payment", "outcome", "label", "control")
CRASHED = "this record crashed the engine again and again; it was skipped"
T = TypeVar("T")


class RefusedRecord(Exception):  # noqa: N818 - the record's fault, not an error of ours
    """This record becomes a dead letter."""

    def __init__(self, reason: DeadLetterReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def suspects(values: Sequence[bytes]) -> np.ndarray:
    """Which records may hold a card number and need the exact look; never misses one."""
    ends = np.cumsum(np.fromiter(map(len, values), np.int64, len(values)))
    offsets = np.concatenate((np.zeros(1, np.int64), ends))
    suspected: np.ndarray = card_numbers.suspects(np.frombuffer(b"".join(values), np.uint8), offsets)
    return suspected


def read(value: bytes, suspect: bool, skip: str | None = None) -> InputMessage:
    """The message in `value`. Raises `RefusedRecord` with the reason code and what to change.

    `skip`: why the record is not to be applied. A signed control is read all the same, since later ones name
    it as their predecessor; but not where reading it may be what ended the process.
    """
    if skip is not None:
        return _skipped(value, skip)
    return read_as(value, _decode, TYPES, suspect)


def _skipped(value: bytes, why: str) -> ControlEnvelope:
    if why != CRASHED:
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


def read_as(value: bytes, decode: Callable[[bytes], T], types: Sequence[str], suspect: bool = True) -> T:
    """The message in `value`, of one of these `types`. Raises `RefusedRecord`."""
    if suspect and card_numbers.find(value):
        raise RefusedRecord(
            DeadLetterReason.CARD_NUMBER, "a string holds a card number; send a token instead"
        )
    try:
        return decode(value)
    except msgspec.ValidationError as error:
        raise _invalid(str(error), types) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(value, error) from None


def _invalid(text: str, types: Sequence[str]) -> RefusedRecord:
    unknown_type = re.search(r"\$\.type|required field `type`", text)
    if unknown_type:
        return RefusedRecord(
            DeadLetterReason.UNKNOWN_TYPE, f"{text}; `type` must be one of {', '.join(types)}"
        )
    return RefusedRecord(DeadLetterReason.INVALID_FIELD, text)


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
