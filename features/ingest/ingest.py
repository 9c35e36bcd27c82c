"""Messages of a log to feature vectors: reference amounts, columns and attributes, features, in this order.

The engine, feature histories, the seed model and the notebooks all go through `Ingest.run`, so a payment has
the same vector live and offline. Which messages are new, and at which engine time, is the caller's to say.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from features.catalogue import Catalogue, attributes
from features.columns import Events
from features.ingest.amounts import ReferenceAmounts, reference_amounts
from features.ingest.intake import intake
from features.state import FeatureState
from models.arrays import Bools, Floats, Int64s
from models.messages import Label, Outcome, Payment
from models.reference import bins, ip_countries


class IngestResult(NamedTuple):
    """What `Ingest.run` makes of n messages with p payments among them."""

    events: Events
    """The messages as rows of the feature kernel, shape (n,)."""
    amounts: ReferenceAmounts
    """The messages' amounts, shape (n,)."""
    vectors: Floats
    """The payments' vectors before they entered the windows, in log order, shape (p, features)."""


class Ingest:
    """Takes messages in log order into the feature state and gives the payments' vectors."""

    def __init__(self, catalogue: Catalogue, state: FeatureState | None = None) -> None:
        self.catalogue = catalogue
        self.state = state if state is not None else FeatureState.empty(catalogue)

    def run(
        self,
        messages: Sequence[Payment | Outcome | Label],
        times: Int64s,
        adds: Bools,
        tables: Mapping[str, Any],
    ) -> IngestResult:
        """The vectors of the payments among `messages`.

        `times`: engine times, ms, never decreasing. `adds`: False for payments that read the windows without
        entering them, such as an attempt's later phases. `tables`: reference tables by name; what a missing
        one would say is unknown.
        """
        amounts = reference_amounts(tables.get("fx"), messages, times)
        events, facts = intake(messages, times, amounts, adds, tables, self.catalogue.attributes)
        vectors = np.empty((len(facts), len(self.catalogue.names)))
        vectors[:, : facts.shape[1]] = facts
        self.state.update(events, vectors)
        return IngestResult(events, amounts, vectors)


def warm() -> None:
    """Compiles the kernels of the intake, or loads them from the cache, before the first payment."""
    for module in (ip_countries, bins, attributes):
        module.warm()
