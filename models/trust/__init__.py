"""Which control may act: signatures, keys and their roles, and the order in which signed controls follow.

Invariants
- A root of trust is replaced only by a control that the threshold of the old root and of the new one signed.
- A control acts only if a trusted key with its role signed exactly this text, for this installation and
  engine, after the statement that it names as its predecessor, before it expired.
- What is refused changes nothing but the count of refusals.
- All of it is a function of the controls and their append times: no clock, no disk, no settings.

Everybody who has to agree uses this room: engine, follower, verification, and the tools that publish. Imports
`models.messages`, `models.lists` and `models.json_keys`; signatures are Ed25519 of `cryptography`, behind
`models.trust.signatures`.
"""

from models.trust.chains import EFFECT_KINDS, chain_of, kind_of, role_of
from models.trust.checks import LIFETIME_MAX_MS, Signers, Verification
from models.trust.keys import key_id, root_fingerprint
from models.trust.refusals import TrustRefusal, UnauthorisedControlError
from models.trust.second_signature import signatures_needed
from models.trust.signatures import SigningKey, sign, verify
from models.trust.state import TrustRecord, TrustState
from models.trust.statements import (
    ENGINE_AUTHOR,
    ControlEnvelope,
    effect_statement,
    read_envelope,
    sealed,
    signature_by,
    statement_hash,
    statement_text,
)

__all__ = [
    "EFFECT_KINDS",
    "ENGINE_AUTHOR",
    "LIFETIME_MAX_MS",
    "ControlEnvelope",
    "Signers",
    "SigningKey",
    "TrustRecord",
    "TrustRefusal",
    "TrustState",
    "UnauthorisedControlError",
    "Verification",
    "chain_of",
    "effect_statement",
    "key_id",
    "kind_of",
    "read_envelope",
    "role_of",
    "root_fingerprint",
    "sealed",
    "sign",
    "signature_by",
    "signatures_needed",
    "statement_hash",
    "statement_text",
    "verify",
]
