"""First controls of a new engine: seed tables, lists, policy, ruleset and model go live before its first
payment.

Invariant: all of them or none, in one transaction, behind the artefacts they name, and only onto an empty
`controls` topic; so it may be repeated.
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
from models.trust import root_fingerprint
from streams.control_plane.artefacts import ArtefactStore
from streams.control_plane.log_trust import LogTrust
from streams.control_plane.publishing import publish_with_artefacts
from streams.engine.recovery import last_entry
from streams.kafka import Topics, end_offsets, ensure_topics
from streams.keys import Keyring, first_keys

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


def publish_seed(
    bootstrap: str,
    home: Path,
    engine: str,
    waive_amounts: bool = False,
    keyring: Keyring | None = None,
) -> int:
    """Makes the topics and publishes the seed unless controls are there already; returns how many were
    published. With a `keyring` the first keys come before it, and it is signed; an engine that began without
    gets its first keys now.
    """
    ensure_topics(bootstrap, engine)
    topic = Topics(engine)["controls"]
    is_empty = end_offsets(bootstrap, [topic])[topic] == 0
    store = ArtefactStore(home / "artefacts")
    changes = seed_changes(store) if is_empty else []
    if is_empty and waive_amounts:
        changes.append(AmountWaiver())
    if keyring is not None and _has_no_keys(bootstrap, engine, keyring):
        changes = [first_keys(keyring), *changes]
    if changes:
        publish_with_artefacts(bootstrap, engine, changes, store, AUTHOR, "first start", keyring)
    return len(changes)


def _has_no_keys(bootstrap: str, engine: str, keyring: Keyring) -> bool:
    """Whether an engine that this host can root trusts no keys yet. The controls are read only where the
    journal does not say that it does.
    """
    entry = last_entry(bootstrap, engine)
    if entry is not None and entry.trust and entry.trust.version:
        return False
    state = LogTrust(bootstrap, engine, keyring.root).at_end()
    return state.keys is None and state.root == root_fingerprint(keyring.root) and keyring.is_complete
