"""Changes of rules, policy, models, lists and tables: checked, published, read back, and their history.

Invariants
- Only what the engine will take is published: every change is applied here first.
- What is in effect is read from the log each time, never kept here.
- What is published together is one transaction.

Imports `models`, `features`, `streams.kafka`, `streams.keys`, `streams.model_probe` and, of the engine, its
rooms `decision`, `input` and `recovery`.
"""

from streams.control_plane import artefacts, controls, model_changes
from streams.control_plane.artefacts import ArtefactStore, LoggedArtefacts, artefacts_of
from streams.control_plane.catalogue import catalogue_with_metadata, in_use
from streams.control_plane.completion import completed
from streams.control_plane.controls import LoggedControl, logged, publish, publish_once, signer
from streams.control_plane.documents import read_document
from streams.control_plane.key_changes import (
    KeyEdit,
    change_keys,
    in_force_keys,
    publish_signed,
    roles_of,
    with_keys,
    with_root,
    with_second_signature,
    without_key,
)
from streams.control_plane.list_log import changes, entries
from streams.control_plane.log_trust import ControlRecord, LogTrust
from streams.control_plane.model_changes import in_force, offer_challenger, rollback, withdraw_challenger
from streams.control_plane.pass_over import order_pass_over
from streams.control_plane.publishing import (
    check,
    check_and_publish,
    checked_ruleset,
    publish_ruleset,
    publish_with_artefacts,
    ruleset_cost,
)
from streams.control_plane.ruleset_history import Publication, earlier, history, live, named
from streams.control_plane.seed import AUTHOR, publish_seed, seed_changes
from streams.control_plane.signing import ControlSigner, SignatureMissing, with_signature

__all__ = [
    "AUTHOR",
    "ArtefactStore",
    "ControlRecord",
    "ControlSigner",
    "KeyEdit",
    "LogTrust",
    "LoggedArtefacts",
    "LoggedControl",
    "Publication",
    "SignatureMissing",
    "artefacts",
    "artefacts_of",
    "catalogue_with_metadata",
    "change_keys",
    "changes",
    "check",
    "check_and_publish",
    "checked_ruleset",
    "completed",
    "controls",
    "earlier",
    "entries",
    "history",
    "in_force",
    "in_force_keys",
    "in_use",
    "live",
    "logged",
    "model_changes",
    "named",
    "offer_challenger",
    "order_pass_over",
    "publish",
    "publish_once",
    "publish_ruleset",
    "publish_seed",
    "publish_signed",
    "publish_with_artefacts",
    "read_document",
    "roles_of",
    "rollback",
    "ruleset_cost",
    "seed_changes",
    "signer",
    "with_keys",
    "with_root",
    "with_second_signature",
    "with_signature",
    "withdraw_challenger",
    "without_key",
]
