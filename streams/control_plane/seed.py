"""First controls of a new engine: seed tables, lists, policy, ruleset and model go live before its first
payment.

Invariant: all of them or none, in one transaction, and only onto an empty `controls` topic; so it may be
repeated.
"""

from pathlib import Path

from models import seed
from models.messages import (
    AmountWaiver,
    Change,
    ListChange,
    ModelChange,
    PolicyChange,
    RulesetChange,
    TableChange,
)
from streams.control_plane.artefacts import ArtefactStore
from streams.control_plane.controls import publish
from streams.kafka import Topics, end_offsets, ensure_topics

AUTHOR = "tollgate seed"


def seed_changes(store: ArtefactStore) -> list[Change]:
    """The seed, its artefacts staged. The model comes last: what it is judged with is there by then."""
    tables: list[Change] = [
        TableChange(name, store.stage(content)) for name, content in seed.seed_tables().items()
    ]
    entries: list[Change] = [
        ListChange(name, value) for name, values in seed.seed_lists().items() for value in values
    ]
    judges: list[Change] = [PolicyChange(seed.seed_policy()), RulesetChange(seed.seed_ruleset())]
    return [*tables, *entries, *judges, ModelChange(store.stage(seed.seed_model_artefact()))]


def publish_seed(bootstrap: str, home: Path, engine: str, waive_amounts: bool = False) -> int:
    """Makes the topics and publishes the seed unless controls are there already; returns how many were
    published.
    """
    ensure_topics(bootstrap, engine)
    topic = Topics(engine)["controls"]
    if end_offsets(bootstrap, [topic])[topic] > 0:
        return 0
    changes = seed_changes(ArtefactStore(home / "artefacts"))
    if waive_amounts:
        changes.append(AmountWaiver())
    publish(bootstrap, engine, changes, AUTHOR, "first start")
    return len(changes)
