"""Models that must not go live: one that learned from shuffled labels, and a file that is broken."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa

from learning.errors import translated_errors
from learning.promotion import Promotion, promote, registry_of
from learning.story.stage import Stage
from models.messages import ModelChange
from streams.control_plane import ArtefactStore, publish_with_artefacts
from streams.keys import keyring_of
from training.dataset import Dataset
from training.fit import BoostSettings, TrainSettings, train

AUTHOR: Final = "tollgate learn"
SHUFFLED: Final = ("label", "weight", "known_at", "source")
FEW: Final = BoostSettings(trees=30)
CUT: Final = 500
"""Bytes that the broken file lacks at its end."""


@dataclass(frozen=True)
class ShuffledLabels(Dataset):
    """The same payments, each with the label of another: there is nothing to learn from them."""

    @cached_property
    def facts(self) -> pa.Table:
        """Labels change places among the labelled; seeded."""
        found = Dataset.load(self.folder).facts
        labelled = np.flatnonzero(found["label"].to_numpy() >= 0)
        order = np.arange(found.num_rows)
        order[labelled] = np.random.default_rng(1).permutation(labelled)
        for name in SHUFFLED:
            found = found.set_column(found.schema.get_field_index(name), name, found[name].take(order))
        return found


def worse(stage: Stage, dataset: Dataset) -> Promotion:
    """Offers a model trained on shuffled labels: a valid artefact that knows nothing."""
    trained = train(
        ShuffledLabels(dataset.folder, dataset.manifest), TrainSettings(boost=FEW, references=False)
    )
    return _offered(stage, trained.artefact, dataset, "a model that learned from shuffled labels")


def broken(stage: Stage, dataset: Dataset, artefact: bytes) -> Promotion:
    """Offers a file that was cut short."""
    return _offered(stage, artefact[:-CUT], dataset, "a file that was cut short")


def broken_on_the_log(stage: Stage, artefact: bytes) -> None:
    """Publishes a cut file past all checks: the engine must refuse it."""
    store = ArtefactStore(stage.settings.home / "artefacts")
    change: list[Any] = [ModelChange(store.stage(artefact[: -2 * CUT]))]
    keyring, why = keyring_of(stage.settings), "a broken file, past all checks"
    publish_with_artefacts(stage.bootstrap, stage.engine, change, store, AUTHOR, why, keyring)


def _offered(stage: Stage, artefact: bytes, dataset: Dataset, what: str) -> Promotion:
    with translated_errors():
        registry = registry_of(stage.settings, stage.engine)
        version = registry.register(artefact, dataset.manifest.sha256, {})
    return promote(stage.settings, stage.engine, version, dataset, (AUTHOR, what))
