"""The text that is signed, and the envelope around it.

Invariant: the text that was signed is the text that is read. It is cut out of the record as it is, never
written again; a text in which a field occurs twice is refused, since two readers could take different ones.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from models.json_keys import repetition as json_keys
from models.messages import Control, ControlStatement, KeySignature, SignedControl
from models.nesting import NESTING_MAX, too_deep_at
from models.trust.chains import kind_of
from models.trust.keys import key_id
from models.trust.signatures import SigningKey, sign

ENGINE_AUTHOR: Final = "engine"
"""Author of what the engine itself writes: any of its keys may sign that."""

statement_text = msgspec.json.Encoder(order="sorted").encode
"""The canonical text of a `ControlStatement`: fields in alphabetical order, no spaces."""

_encode = msgspec.json.Encoder().encode
_read_statement = msgspec.json.Decoder(ControlStatement).decode


@dataclass(frozen=True)
class ControlEnvelope:
    """A signed control as it was read."""

    text: bytes
    """What was signed."""
    statement: ControlStatement
    """The same, read."""
    signatures: tuple[KeySignature, ...]
    skipped: str | None = None
    """Why it must not act, though it has its place in the chain: a model that was refused, an order."""


def read_envelope(message: SignedControl) -> ControlEnvelope:
    """Raises `msgspec.ValidationError` for what is not a statement, or has a field twice."""
    text = bytes(message.signed)
    if too_deep_at(text) is not None:
        raise msgspec.ValidationError(f"the signed text: nested deeper than {NESTING_MAX} levels")
    if json_keys.has_repeated_key(text):
        raise msgspec.ValidationError("the signed text: a field occurs twice")
    try:
        text.decode()  # msgspec passes over what is not UTF-8 in fields that it does not know
        statement = _read_statement(text)
    except (ValueError, RecursionError) as error:
        raise msgspec.ValidationError(f"the signed text: {error}") from error
    return ControlEnvelope(text, statement, message.signatures)


def statement_hash(text: bytes) -> str:
    """What the next statement of the chain names as its predecessor."""
    return hashlib.sha256(text).hexdigest()


def sealed(text: bytes, signatures: Sequence[KeySignature]) -> bytes:
    """The record's value for a text and its signatures."""
    return _encode(SignedControl(msgspec.Raw(text), tuple(signatures)))


def signature_by(key: SigningKey, text: bytes) -> KeySignature:
    """This key's signature of a text."""
    return KeySignature(key_id(key.public), sign(key, text))


def effect_statement(installation: str, engine: str, control: Control) -> bytes:
    """The text of a control that the engine itself writes: no predecessor and no expiry, since the engine
    knows by its hash what it wrote.
    """
    return statement_text(
        ControlStatement(installation, engine, kind_of(control.change), ENGINE_AUTHOR, None, None, control)
    )
