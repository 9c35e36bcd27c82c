"""What two people must sign, by the settings that the keys on the log carry."""

from typing import Any

from models.lists import purpose_of
from models.messages import (
    ChallengerChange,
    Change,
    ListChange,
    ModelChange,
    PolicyChange,
    PromoteChange,
    RulesetChange,
    SecondSignature,
)
from models.units import HOUR_MS


def signatures_needed(change: Change, appended_at: int, settings: SecondSignature) -> int:
    """How many keys with the role must sign; `appended_at` (ms) is when it came onto the log.

    >>> entry = ListChange("trusted_customers", "c1")
    >>> signatures_needed(entry, 0, SecondSignature()), signatures_needed(entry, 0, SecondSignature(
    ...     allow_entry_hours=24))
    (1, 2)
    """
    match change:
        case RulesetChange(ruleset=ruleset):
            second = (settings.allow_rules and _allows(ruleset)) or _puts_for_long(ruleset, settings)
        case PolicyChange():
            second = settings.policies
        case ModelChange() | PromoteChange():
            second = settings.models
        case ChallengerChange(sha256=sha256, share=share):
            second = settings.models and sha256 is not None and share > 0
        case ListChange():
            second = settings.allow_entry_hours is not None and _allows_for(change, appended_at) > (
                settings.allow_entry_hours * HOUR_MS
            )
        case _:
            second = False
    return 2 if second else 1


def _allows(document: Any) -> bool:
    """Whether a rule anywhere in this document allows: also where the document is not a valid one."""
    if isinstance(document, dict):
        return document.get("action") == "allow" or any(map(_allows, document.values()))
    return isinstance(document, list) and any(map(_allows, document))


def _puts_for_long(document: Any, settings: SecondSignature) -> bool:
    """Whether a rule anywhere in this document puts allow entries for longer than one key may sign."""
    if settings.allow_entry_hours is None:
        return False
    if isinstance(document, dict):
        put = document.get("put_on_list")
        if isinstance(put, dict) and purpose_of(str(put.get("list"))) == "allow":
            hours = put.get("hours")
            if not isinstance(hours, int | float) or hours > settings.allow_entry_hours:
                return True
        return any(_puts_for_long(part, settings) for part in document.values())
    return isinstance(document, list) and any(_puts_for_long(part, settings) for part in document)


def _allows_for(entry: ListChange, appended_at: int) -> float:
    """For how long (ms) an entry allows; an entry of an allow list is one by its purpose or its name."""
    if not entry.present or "allow" not in (entry.purpose, purpose_of(entry.list)):
        return 0
    return float("inf") if entry.expires_at is None else entry.expires_at - appended_at
