"""First controls of a new engine: seed tables, lists, policy, ruleset and model go live before its first
payment.

Invariant: all of them or none, in one transaction, and only onto an empty `controls` topic; so it may be
repeated.
"""

import time
from pathlib import Path

from confluent_kafka import Producer

from models import seed
from models.control import (
    AmountWaiver,
    Change,
    Control,
    ListChange,
    ModelChange,
    PolicyChange,
    RulesetChange,
    TableChange,
)
from models.messages import encode
from streams import cloudevents
from streams.artefacts import ArtefactStore
from streams.engine.admin import end_offsets, ensure_topics
from streams.topics import Topics

TIMEOUT_S = 30.0
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


def publish(bootstrap: str, engine: str, changes: list[Change], author: str, reason: str) -> None:
    """Publishes controls, all in one transaction."""
    now = int(time.time() * 1000)
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": f"{engine}-controls"})
    producer.init_transactions(TIMEOUT_S)
    producer.begin_transaction()
    for number, change in enumerate(changes):
        id = f"{now}-{number}"
        control = Control(id=id, issued_at=now, author=author, change=change, reason=reason)
        headers = cloudevents.headers(engine, "control", id)
        producer.produce(Topics(engine)["controls"], encode(control), id, headers=headers)
    producer.commit_transaction(TIMEOUT_S)
