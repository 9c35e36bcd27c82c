"""A control as it is signed, and the envelope that carries it with its signatures.

The envelope is the record's value, so that the journal's checksum covers it. What is signed is the exact text
of `signed`, which is read as a `ControlStatement`: nothing has to be written again to be checked.
"""

from typing import Annotated

from msgspec import Meta, Raw, Struct

from models.messages.control import Control, Sha256
from models.messages.payment import Identifier, Millis

SIGNATURES_MAX = 16
KeyId = Annotated[str, Meta(pattern="^[a-z2-7]{24}$", description="of a public key, see models.trust.keys")]


class ControlStatement(Struct, frozen=True, tag="control_statement", tag_field="type"):
    """A control with where, in which order and until when it may act."""

    installation: Identifier
    """The installation it is for."""
    engine: Identifier
    """The engine it is for."""
    kind: Identifier
    """The kind of its change."""
    author: Annotated[str, Meta(pattern="^([a-z2-7]{24}|engine)$")]
    """Id of the key that signs first; `engine` where the engine itself is the author."""
    previous: Sha256 | None
    """SHA-256 of the statement that it follows (`models.trust.chains`); null: it is the first."""
    expires_at: Millis | None
    """When it must be on the log; null for what the engine itself writes."""
    control: Control
    """The control."""


class KeySignature(Struct, frozen=True):
    """One signature."""

    key: KeyId
    """Id of the key."""
    signature: Annotated[
        str,
        Meta(
            pattern="^[A-Za-z0-9_-]{85}[AQgw]$",
            max_length=86,
            description="Ed25519 signature (RFC 8032), base64url without spare bits",
        ),
    ]
    """Over the exact text of `signed`, see models.trust.signatures."""


class SignedControl(Struct, frozen=True, tag="signed_control", tag_field="type"):
    """A control with its signatures."""

    signed: Raw
    """The signed text, a `control_statement`."""
    signatures: Annotated[tuple[KeySignature, ...], Meta(min_length=1, max_length=SIGNATURES_MAX)]
    """By the author and, where it matters, by a second person."""
