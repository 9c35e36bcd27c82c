"""Roles, what can be done, and the one table of which role may do what."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class PersonRole(StrEnum):
    """What a person is for; one may have several. Not the role of a key (`models.messages.Role`)."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    REVIEWER = "reviewer"
    RULE_AUTHOR = "rule_author"
    APPROVER = "approver"
    ADMIN = "admin"


Role = PersonRole
"""Within the desk and the console no other role is spoken of."""


class Action(StrEnum):
    """What a page or a button does."""

    SEE_LIVE = "see_live"
    SEE_PAYMENTS = "see_payments"
    SEE_TOKENS = "see_tokens"
    EXPLORE = "explore"
    SAVE_QUERY = "save_query"
    SHARE_VIEW = "share_view"
    REVIEW = "review"
    ESCALATE = "escalate"
    REVIEW_LARGE = "review_large"
    CHANGE_RULES = "change_rules"
    APPROVE_RULES = "approve_rules"
    CHANGE_LISTS = "change_lists"
    CHANGE_MODELS = "change_models"
    SEE_PIPELINE = "see_pipeline"
    REPLAY_DEAD_LETTERS = "replay_dead_letters"
    MANAGE_USERS = "manage_users"
    SEE_AUDIT = "see_audit"
    EXPORT = "export"


_EVERYBODY: Final = frozenset(Role)
_FRAUD_TEAM: Final = frozenset((Role.ANALYST, Role.REVIEWER, Role.RULE_AUTHOR, Role.APPROVER))
_WHO_WORK_ON_FIGURES: Final = frozenset((Role.ANALYST, Role.RULE_AUTHOR, Role.APPROVER))

MAY: Final[Mapping[Action, frozenset[Role]]] = MappingProxyType(
    {
        Action.SEE_LIVE: _EVERYBODY,
        Action.SEE_PAYMENTS: _EVERYBODY,
        Action.SEE_TOKENS: _FRAUD_TEAM,
        Action.EXPLORE: _WHO_WORK_ON_FIGURES,
        Action.SAVE_QUERY: _FRAUD_TEAM,
        Action.SHARE_VIEW: _FRAUD_TEAM,
        Action.REVIEW: frozenset((Role.REVIEWER, Role.APPROVER)),
        Action.ESCALATE: frozenset((Role.REVIEWER, Role.APPROVER)),
        Action.REVIEW_LARGE: frozenset((Role.APPROVER,)),
        Action.CHANGE_RULES: frozenset((Role.RULE_AUTHOR,)),
        Action.APPROVE_RULES: frozenset((Role.APPROVER,)),
        Action.CHANGE_LISTS: frozenset((Role.ANALYST, Role.RULE_AUTHOR)),
        Action.CHANGE_MODELS: frozenset((Role.APPROVER,)),
        Action.SEE_PIPELINE: _WHO_WORK_ON_FIGURES | {Role.ADMIN},
        Action.REPLAY_DEAD_LETTERS: frozenset((Role.ADMIN,)),
        Action.MANAGE_USERS: frozenset((Role.ADMIN,)),
        Action.SEE_AUDIT: frozenset((Role.APPROVER, Role.ADMIN)),
        Action.EXPORT: _WHO_WORK_ON_FIGURES,
    }
)
"""An admin manages people and the pipeline, and neither judges payments nor writes rules by that alone."""
