"""Rulesets as people write them: YAML read strictly with every mistake by its place, and edits that leave the
rest of a text as it was.

Invariant: what is read or written here means what its document means, no more. Imports the rest of
`models.rules`, which knows nothing of texts.
"""

from models.rules.source.edit import ruleset_text, with_rule_added, with_rule_field
from models.rules.source.yaml_source import RulesetSource, RulesetSourceError, check_ruleset, read_ruleset

__all__ = [
    "RulesetSource",
    "RulesetSourceError",
    "check_ruleset",
    "read_ruleset",
    "ruleset_text",
    "with_rule_added",
    "with_rule_field",
]
