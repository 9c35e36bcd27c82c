"""A message that the engine refused, and what can be done about it."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from streams.engine.input import RefusedRecord, read
from streams.errors import TollgateError
from streams.kafka import carried_types

REPLAYED: Final[Mapping[str, str]] = {"payments": "payment", "outcomes": "outcome", "labels": "label"}
"""Topics that messages are sent to again, by role, with what they carry. Controls and artefacts are not among
them: they are signed, and published anew by those who may."""
SHOWN_BYTES: Final = 8_000
UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
"""Characters that are not seen, or turn the direction of those around them."""


class Replay(StrEnum):
    """What becomes of a refused message."""

    FIX = "fix"
    """Its text is mended by hand and sent."""
    REINSERT = "reinsert"
    """The same bytes are sent again: what was missing then is there now."""
    DROP = "drop"
    """Nothing is sent; that it was looked at is kept."""


class DeadLetterRefused(TollgateError):  # noqa: N818 - named by what happened
    """This cannot be done with this message. The message says why, and what can be."""


@dataclass(frozen=True)
class RefusedMessage:
    """One dead letter."""

    topic: str
    """Full name, such as `live.payments`."""
    partition: int
    offset: int
    reason: str
    payload_sha256: str
    payload: bytes | None
    """None: too large to be kept."""
    masked: bool
    payment_id: str = ""

    @property
    def role(self) -> str:
        """`payments` of `live.payments`."""
        return self.topic.rpartition(".")[2]

    @property
    def place(self) -> str:
        """Names it, and what is sent for it."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def obstacle(self) -> str:
        """Why its bytes cannot be sent again as they are; empty where they can."""
        if self.role not in REPLAYED:
            return f"messages of {self.role} are published anew by those who may, not sent again: drop it"
        if self.payload is None:
            return "its bytes were too many to be kept: ask its sender to send it again, and drop it here"
        if hashlib.sha256(self.payload).hexdigest() != self.payload_sha256:
            return "the bytes kept are not those that were refused: drop it, and ask its sender"
        if self.masked:
            return "it held a card number, whose digits are masked here: fix or drop it"
        return still_refused(self.topic, self.payload)


def still_refused(topic: str, value: bytes) -> str:
    """Why the engine would refuse these bytes on this topic again; empty where it can read them. What depends
    on its state, such as a payment decided before, shows only there.
    """
    try:
        message = read(value, suspect=True)
    except RefusedRecord as refused:
        return f"the engine would refuse it again ({refused.reason}: {refused})"
    kind = type(message).__name__.lower()
    if kind not in carried_types(topic):
        return f"the engine would refuse it again: {topic} carries {', '.join(carried_types(topic))}"
    return ""


def shown_bytes(value: bytes) -> str:
    """Bytes as text that shows what is there: what is not UTF-8, not seen or turns the direction of writing
    as its code; at most the first 8,000 bytes.

    >>> shown_bytes(b'{"a": "\\xff\\x00"}'), shown_bytes("a\u202eb".encode())
    ('{"a": "\\\\xff\\\\x00"}', 'a\\\\u202eb')
    """
    text = value[:SHOWN_BYTES].decode("utf-8", "backslashreplace")
    return UNSEEN.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
