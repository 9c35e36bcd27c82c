"""The order of signed controls: each names the statement that it follows, its predecessor, in its chain.

A control that replaces what was in effect (rules, policy, models, tables, keys ...) follows the one before of
its kind, whoever signed that: an old one, a repeated one and one that was held back no longer fit. Entries of
lists and reports of the review queue add to one another and come from several writers at once; each key has
a chain of its own for these.
"""

from collections.abc import Mapping
from typing import Final

from models.messages import (
    AmountWaiver,
    ChallengerChange,
    ChallengerHalt,
    Change,
    ListChange,
    ModelChange,
    PolicyChange,
    PromoteChange,
    ReviewLoad,
    Role,
    RulesetChange,
    TableChange,
    TraBand,
)

ROLES: Final[Mapping[type, Role]] = {
    RulesetChange: Role.RULES,
    ListChange: Role.LISTS,
    ModelChange: Role.MODELS,
    ChallengerChange: Role.MODELS,
    PromoteChange: Role.MODELS,
    PolicyChange: Role.POLICY,
    TableChange: Role.TABLES,
    TraBand: Role.TRA,
    AmountWaiver: Role.OPERATIONS,
    ReviewLoad: Role.OPERATIONS,
    ChallengerHalt: Role.ENGINE,
}
"""The role that signs a change; changes of keys are signed by root keys."""
EFFECT_KINDS: Final = (ListChange, ChallengerHalt)
"""What the engine itself writes."""
PER_KEY: Final = (ListChange, ReviewLoad)


def kind_of(change: Change) -> str:
    """The kind of a change, as on the wire.

    >>> kind_of(ListChange("blocked_bins", "411111"))
    'list'
    """
    return str(type(change).__struct_config__.tag)


def role_of(change: Change) -> Role | None:
    """The role that signs it; None: the root keys do.

    A kind that nobody has given a role yet belongs to operations.
    """
    return None if kind_of(change) == "trust" else ROLES.get(type(change), Role.OPERATIONS)


def chain_of(change: Change, author: str) -> str:
    """The name of the chain that a change by this key (id) continues.

    >>> chain_of(PolicyChange({}), "ana"), chain_of(ListChange("blocked_bins", "411111"), "ana")
    ('policy', 'list by ana')
    """
    role = role_of(change)
    if isinstance(change, PER_KEY):
        return f"{kind_of(change)} by {author}"
    return "models" if role is Role.MODELS else kind_of(change)
