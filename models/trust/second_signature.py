"""What two people must sign, by the settings that the keys on the log carry."""

from collections.abc import Iterator
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
            second = _needs_second(ruleset, settings)
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


def _needs_second(ruleset: Any, settings: SecondSignature) -> bool:
    """Whether a rule anywhere in this document, valid or not, allows, or puts allow entries for longer than
    one key may sign.
    """
    hours = settings.allow_entry_hours
    return any(
        (settings.allow_rules and part.get("action") == "allow")
        or (hours is not None and _puts_for_long(part.get("put_on_list"), hours))
        for part in _objects(ruleset)
    )


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    """Every object in a document."""
    if isinstance(document, dict):
        yield document
        document = list(document.values())
    if isinstance(document, list):
        for part in document:
            yield from _objects(part)


def _puts_for_long(put: Any, most: int) -> bool:
    """Whether a rule's `put_on_list` makes allow entries for more than this many hours, or for good."""
    if not isinstance(put, dict) or purpose_of(str(put.get("list"))) != "allow":
        return False
    hours = put.get("hours")
    return not isinstance(hours, int | float) or hours > most


def _allows_for(entry: ListChange, appended_at: int) -> float:
    """For how long (ms) an entry allows; an entry of an allow list is one by its purpose or its name. Taking
    a block off allows nothing: rules and model judge what was blocked.
    """
    if not entry.present or "allow" not in (entry.purpose, purpose_of(entry.list)):
        return 0
    return float("inf") if entry.expires_at is None else entry.expires_at - appended_at
