"""Makes an engine's topics and publishes what it judges by: the seed's tables, lists, policy and five
rules, and the bench's model. The model is trained once and kept in the cache.
"""

import hashlib
from pathlib import Path

import click
from confluent_kafka.admin import NewTopic

from bench import model
from bench.place import announce
from features.catalogue import CATALOGUE
from models.calibration import Platt
from models.control import ModelChange
from models.messages import encode
from models.trees import ModelArtefact
from streams import seed
from streams.artefacts import ArtefactStore
from streams.engine.admin import admin
from streams.topics import topic_config

BESIDE = ("ceiling", "floor", "by-card")


def artefact(cache: Path) -> bytes:
    """The bench's model as the engine loads it."""
    recipe = f"{CATALOGUE.schema_hash} {model.PARAMETERS} {model.ROWS} {model.TREES}"
    kept = cache / f"model-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}.txt"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        beside = kept.with_suffix(".partial")
        model.train(model.vectors(model.ROWS)).save_model(str(beside))
        beside.rename(kept)
    return encode(
        ModelArtefact(
            kind="model", format=1, features=CATALOGUE.names, catalogue_hash=CATALOGUE.schema_hash,
            calibration=Platt(1.0, 0.0), booster=kept.read_text(), trained={"on": "noise, for the bench"},
        )
    )  # fmt: skip


def make_topics(bootstrap: str, names: list[str]) -> None:
    """Topics of the bench that no engine has, with the settings of an input."""
    config = {**topic_config("payments")}
    client = admin(bootstrap)
    made = client.create_topics(
        [NewTopic(name, 1, -1, config=config) for name in names], operation_timeout=30.0
    )
    for future in made.values():
        future.result(30.0)


@click.command()
@click.option("--bootstrap", required=True)
@click.option("--home", type=click.Path(path_type=Path), required=True)
@click.option("--cache", type=click.Path(path_type=Path), required=True)
@click.option("--engine", "engines", multiple=True, required=True)
def main(bootstrap: str, home: Path, cache: Path, engines: tuple[str, ...]) -> None:
    """Prepare engines."""
    import lightgbm

    content = artefact(cache)
    sha256 = ArtefactStore(home / "artefacts").stage(content)
    for engine in engines:
        seed.publish_seed(bootstrap, home, engine)
        seed.publish(
            bootstrap, engine, [ModelChange(sha256)], "bench", "a model of the size that is asked for"
        )
        make_topics(bootstrap, [f"{engine}.{role}" for role in BESIDE])
    text = next(cache.glob("model-*.txt")).read_text()
    announce(model.size(lightgbm.Booster(model_str=text)))


if __name__ == "__main__":
    main()
