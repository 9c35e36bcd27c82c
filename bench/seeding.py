"""Makes an engine's topics and publishes what it judges by: the seed's tables, lists and policy, 50 rules
(the seed's five first), and a model of 300 full trees of 63 leaves that uses every feature
(`training.seed_model.baseline`).
"""

from pathlib import Path
from typing import Any

import click
import lightgbm
import msgspec
import numpy as np
from confluent_kafka.admin import NewTopic

from bench.place import announce
from features.catalogue import CATALOGUE
from models.messages.control import Change, ModelChange, RulesetChange
from models.scoring.model import ModelArtefact
from models.seed import seed_ruleset
from streams.control_plane import ArtefactStore, publish_seed, publish_with_artefacts
from streams.kafka.client import admin_client
from streams.kafka.topics import topic_config
from training.seed_model import baseline

BESIDE = ("ceiling", "floor", "by-card", "by-card-out")
TRAINED_ON = 15_000
RULES = 50


def ruleset() -> dict[str, Any]:
    """The seed's rules, and more of the kind people write: two features and a field."""
    seeded = seed_ruleset()
    names, missing = CATALOGUE.names, RULES - len(seeded["rules"])
    more = [
        {
            "id": f"bench_{number}",
            "description": "as heavy as a rule usually is",
            "owner": "bench",
            "when": f'{one} > 900 and ({other} > 40 or method == "card")',
            "score": 1,
        }
        for number, one, other in zip(range(missing), names[::7], names[3::7], strict=False)
    ]
    return seeded | {"name": "bench", "rules": seeded["rules"] + more}


def size(artefact: bytes) -> dict[str, Any]:
    """Trees, leaves and features used of a model."""
    booster = lightgbm.Booster(model_str=msgspec.json.decode(artefact, type=ModelArtefact).booster)
    trees = booster.dump_model()["tree_info"]
    return {
        "trees": len(trees),
        "leaves": float(np.mean([tree["num_leaves"] for tree in trees])),
        "features_used": int(np.count_nonzero(booster.feature_importance())),
        "features": len(CATALOGUE.names),
        "rules": len(ruleset()["rules"]),
    }


def make_topics(bootstrap: str, names: list[str]) -> None:
    """Topics of the bench that no engine has, with the settings of an input."""
    client = admin_client(bootstrap)
    wanted = [NewTopic(name, 1, -1, config=topic_config("payments")) for name in names]
    for future in client.create_topics(wanted, operation_timeout=30.0).values():
        future.result(30.0)


@click.command()
@click.option("--bootstrap", required=True)
@click.option("--home", type=click.Path(path_type=Path), required=True)
@click.option("--engine", "engines", multiple=True, required=True)
def main(bootstrap: str, home: Path, engines: tuple[str, ...]) -> None:
    """Prepare engines."""
    artefact = baseline.bench(payments=TRAINED_ON)
    store = ArtefactStore(home / "artefacts")
    sha256 = store.stage(artefact)
    for engine in engines:
        publish_seed(bootstrap, home, engine)
        changes: list[Change] = [ModelChange(sha256), RulesetChange(ruleset())]
        who = ("bench", "a model and rules of the size that is asked for")
        publish_with_artefacts(bootstrap, engine, changes, store, *who)
        make_topics(bootstrap, [f"{engine}.{role}" for role in BESIDE])
    announce({**size(artefact), "sha256": sha256})


if __name__ == "__main__":
    main()
