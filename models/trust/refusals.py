"""Why a control is not authorised: stable codes, and the same in words."""

from enum import StrEnum


class TrustRefusal(StrEnum):
    """The first words of the dead letter's `detail`."""

    UNSIGNED = "unsigned"
    NO_ROOT = "no_root"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    WRONG_ROLE = "wrong_role"
    WRONG_INSTALLATION = "wrong_installation"
    WRONG_KIND = "wrong_kind"
    WRONG_PREDECESSOR = "wrong_predecessor"
    EXPIRED = "expired"
    TOO_FEW_SIGNATURES = "too_few_signatures"
    WRONG_ROOT = "wrong_root"
    WRONG_VERSION = "wrong_version"
    INVALID_KEYS = "invalid_keys"
    UNKNOWN_EFFECT = "unknown_effect"


class UnauthorisedControlError(ValueError):
    """A control that may not act; it is refused, and what was in effect stays."""

    def __init__(self, refusal: TrustRefusal, words: str) -> None:
        """`words` says what was expected and what to do."""
        super().__init__(f"{refusal}: {words}")
        self.refusal = refusal
