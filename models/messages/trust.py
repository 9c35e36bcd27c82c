"""Who may change how payments are judged: the root of trust, the keys and what each is for.

Public keys only. They are a control too (`TrustChange`), so that they take effect at their place in the log;
`models.trust` holds the rules by which one follows another.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from models.messages.payment import Identifier

PublicKey = Annotated[
    str,
    Meta(
        pattern="^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$",
        max_length=43,
        description="Ed25519 public key (RFC 8032), base64url without spare bits",
    ),
]
"""One spelling for each key: what is listed once is there once."""
Count = Annotated[int, Meta(ge=1, le=16)]


class Role(StrEnum):
    """What a key may sign."""

    RULES = "rules"
    LISTS = "lists"
    MODELS = "models"
    POLICY = "policy"
    TABLES = "tables"
    TRA = "tra"
    OPERATIONS = "operations"
    ENGINE = "engine"


class RootKey(Struct, frozen=True):
    """One of the keys that change the root of trust and the other keys, and nothing else."""

    name: Identifier
    """Who holds it."""
    key: PublicKey
    """The public key."""


class RootOfTrust(Struct, frozen=True):
    """What an installation trusts first: its fingerprint is a setting, and the journal states it."""

    installation: Identifier
    """Name of the installation, unlike any other: what is signed for it is refused elsewhere."""
    keys: Annotated[tuple[RootKey, ...], Meta(min_length=1, max_length=16)]
    """The root keys."""
    threshold: Count
    """How many of them must sign a change."""


class TrustedKey(Struct, frozen=True):
    """A key and what it may sign."""

    name: Identifier
    """Who holds it: the author of what it signs."""
    key: PublicKey
    """The public key."""
    roles: Annotated[tuple[Role, ...], Meta(min_length=1, max_length=len(Role))]
    """What it may sign."""


class SecondSignature(Struct, frozen=True):
    """What two people must sign."""

    allow_rules: bool = False
    """Rulesets in which a rule allows."""
    models: bool = False
    """Models that decide: a champion, a promotion, a challenger with a share."""
    policies: bool = False
    """Policies."""
    allow_entry_hours: Annotated[int, Meta(ge=0, le=24 * 3650)] | None = None
    """Entries of allow lists that count for longer than this; null: none."""


class TrustChange(Struct, frozen=True, tag="trust", tag_field="kind"):
    """These keys are trusted from here on. Signed by the threshold of the root before it and of its own."""

    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    """Counts from 1, without gaps."""
    root: RootOfTrust
    """The root keys from here on."""
    keys: Annotated[tuple[TrustedKey, ...], Meta(max_length=256)] = ()
    """All other keys from here on."""
    second_signature: SecondSignature = SecondSignature()
    """What needs two signatures from here on."""
