"""Which features the models use: one Feast service each."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from features.catalogue import Catalogue
from models.seed import seed_model_artefact
from streams.errors import Misconfigured

SEED = "seed"


def model_features(catalogue: Catalogue, own: Iterable[tuple[str, Path]]) -> dict[str, list[str]]:
    """Features by model: the seed's where the catalogue has them, and those of the artefacts given."""
    seed = _features(SEED, seed_model_artefact())
    known = set(catalogue.names)
    models = {SEED: seed} if known.issuperset(seed) else {}
    return models | {name: _features(name, path.read_bytes()) for name, path in own}


class _Artefact(msgspec.Struct):
    """The part of a model artefact that is read here."""

    features: list[str]


def _features(name: str, artefact: bytes) -> list[str]:
    try:
        return msgspec.json.decode(artefact, type=_Artefact).features
    except msgspec.MsgspecError as error:
        raise Misconfigured(f"the model {name} is no model artefact: {error}") from error
