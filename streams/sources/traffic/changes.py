"""A ruleset, policy and model for a replay to try instead of the seed's, checked before anything is
published.
"""

from pathlib import Path

from models.messages import Change, ModelChange, PolicyChange, RulesetChange
from streams.control_plane import ArtefactStore, check, checked_ruleset, read_document
from streams.settings import Settings


def changes_to_try(
    settings: Settings, ruleset: Path | None, policy: Path | None, model: Path | None
) -> tuple[Change, ...]:
    """The changes that put these files into effect. Raises `Misconfigured` where one is refused."""
    changes: list[Change] = []
    if policy is not None:
        changes.append(PolicyChange(read_document(policy)))
    if ruleset is not None:
        changes.append(RulesetChange(checked_ruleset(settings, ruleset).document))
    if model is not None:
        changes.append(ModelChange(ArtefactStore(settings.home / "artefacts").stage(model.read_bytes())))
    for change in changes:
        check(settings, change)
    return tuple(changes)
