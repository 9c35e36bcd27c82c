"""What a verdict is put down to: the rules that decided, the policy, the law, the draw.

| decided by | cause |
|---|---|
| block, allow, review rule, challenge rule, legal block | the rules that hit and ask for just that |
| score | the rules that hit and add to the score, or set it |
| policy | the policy |
| fallback, soft decline, holdout, sca | each by its name |

Where a rule decided and it is not known which (its ruleset is not at hand), the cause is `rule not known`.
"""

from collections.abc import Mapping, Sequence, Set
from typing import Final

from models.policy import DecidedBy
from models.rules import Rule

RULE_NOT_KNOWN: Final = "rule not known"
ACTIONS: Final = {
    DecidedBy.LEGAL_BLOCK: "legal_block",
    DecidedBy.ALLOW: "allow",
    DecidedBy.BLOCK: "block",
    DecidedBy.REVIEW_RULE: "review",
    DecidedBy.CHALLENGE_RULE: "challenge",
    DecidedBy.SCORE: "score",
}
"""What a rule must ask for to have decided."""


def rule_actions(rules: Sequence[Rule]) -> dict[str, frozenset[str]]:
    """What each rule asks for, at all of its levels; `score` for one that raises the score."""
    actions: dict[str, set[str]] = {}
    for rule in rules:
        if rule.action is not None:
            actions.setdefault(rule.id, set()).add(rule.action)
        if (rule.score or 0) > 0 or rule.set_score:
            actions.setdefault(rule.id, set()).add("score")
    return {name: frozenset(asked) for name, asked in actions.items()}


def deciding_rules(
    decided_by: DecidedBy, hits: Sequence[str], actions: Mapping[str, Set[str]]
) -> tuple[str, ...]:
    """The rules among the hits that a verdict rests on; none where no rule decided, or none is known.

    >>> asked = {"a": {"block"}, "b": {"score"}, "c": {"block", "score"}}
    >>> deciding_rules(DecidedBy.BLOCK, ["c", "b", "a"], asked)
    ('a', 'c')
    >>> deciding_rules(DecidedBy.POLICY, ["a"], asked)
    ()
    """
    action = ACTIONS.get(decided_by)
    return tuple(sorted(name for name in hits if action in actions.get(name, ()))) if action else ()
