"""The public names: under which heading each is described, and where it is defined.

A name may be spelled otherwise than where it is defined: `load_map` says here what `load` says in its room.
Adding one takes a line here, one in the `TYPE_CHECKING` block and one in `__all__` of `tollgate/__init__.py`;
a test holds that the three agree.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Place(NamedTuple):
    """Where a public name is defined."""

    module: str
    attribute: str
    """Its name in the module; "" stands for the module itself."""
    purpose: str = ""
    """What it is for, where its definition has no docstring of its own."""


class Section(NamedTuple):
    """Names that belong together."""

    title: str
    introduction: str
    names: Mapping[str, Place]


SECTIONS: Final = (
    Section(
        "Messages",
        "What is on the topics, as structs. Times are UTC epoch milliseconds, amounts are minor units.",
        {
            "Payment": Place("models.messages", "Payment"),
            "Outcome": Place("models.messages", "Outcome"),
            "Label": Place("models.messages", "Label"),
            "LabelValue": Place("models.messages", "LabelValue"),
            "Dispute": Place("models.messages", "Dispute"),
            "Decision": Place("models.messages", "Decision"),
            "Verdict": Place("models.messages", "Verdict"),
            "encode": Place("models.messages", "encode", "The JSON bytes of any message."),
            "decode_input": Place(
                "models.messages",
                "decode_input",
                "The message in the JSON bytes of an input.",
            ),
        },
    ),
    Section(
        "Money",
        "Currencies with their minor units, and amounts in the reference currency.",
        {
            "Currencies": Place("models.money", "Currencies"),
            "ReferenceRates": Place("models.money", "ReferenceRates"),
        },
    ),
    Section(
        "Features",
        "The catalogue, features of your own, and vectors by the kernel that the engine runs.",
        {
            "CATALOGUE": Place("features.catalogue", "CATALOGUE", "The catalogue that ships with Tollgate."),
            "Catalogue": Place("features.catalogue", "Catalogue"),
            "Entity": Place("features.catalogue", "Entity"),
            "Family": Place("features.catalogue", "Family"),
            "measures": Place("features.catalogue.measures", ""),
            "Measure": Place("features.catalogue", "Measure"),
            "Op": Place("features.catalogue", "Op"),
            "Tally": Place("features.catalogue", "Tally"),
            "Stream": Place("features.columns", "Stream"),
            "kernel": Place("models.kernels", "kernel"),
            "Ingest": Place("features.ingest", "Ingest"),
            "reference_tables": Place("streams.sources.vectors", "reference_tables"),
            "load_map": Place("streams.sources.files", "load"),
            "VectorSource": Place("streams.sources.vectors", "VectorSource"),
            "compute_vectors": Place("streams.sources.vectors", "compute"),
        },
    ),
    Section(
        "Judging",
        "Rules, the model and the policy that turns a probability into a verdict, as the engine runs them.",
        {
            "Ruleset": Place("models.rules", "Ruleset"),
            "read_ruleset": Place("models.rules", "read_ruleset"),
            "PAYMENT_COLUMNS": Place(
                "models.rules",
                "PAYMENT_COLUMNS",
                "The payment's fields that rules may name, by type.",
            ),
            "Policy": Place("models.policy", "Policy"),
            "Scorer": Place("models.scoring", "Scorer"),
            "reason_texts": Place("models.scoring", "in_words"),
            "score_histogram": Place("models.rollout", "histogram"),
            "seed_model_artefact": Place("models.seed", "seed_model_artefact"),
        },
    ),
    Section(
        "A simulated world",
        "Payments whose ids tell their truth.",
        {
            "World": Place("simulation.world", "World"),
            "truth_of": Place("simulation.world", "truth_of"),
            "write_world": Place("simulation.world", "write"),
        },
    ),
    Section(
        "Data sets",
        "Vectors with their labels as known on a day.",
        {
            "Settings": Place("streams.settings", "Settings"),
            "HistoryOrigin": Place("learning.history", "Origin"),
            "history_of": Place("learning.history", "history_of"),
            "dataset_settings": Place("learning.history", "dataset_settings"),
            "build_dataset": Place("training.dataset", "build"),
            "Dataset": Place("training.dataset", "Dataset"),
        },
    ),
    Section(
        "Training and evaluation",
        "From a data set to an artefact, its figures, and what it has to pass before it goes live.",
        {
            "TrainSettings": Place("training.fit", "TrainSettings"),
            "train": Place("training.fit", "train"),
            "BoostSettings": Place("training.fit", "BoostSettings"),
            "TrainingRows": Place("training.fit", "Rows"),
            "grow_trees": Place("training.fit", "fit"),
            "raw_scores": Place("training.fit", "raw_scores"),
            "fit_platt": Place("training.measures", "platt"),
            "artefact_document": Place("training.fit", "artefact"),
            "metrics": Place("training.measures.metrics", ""),
            "Costs": Place("training.policy_comparison", "Costs"),
            "Bounds": Place("training.gates", "Bounds"),
            "judge_challenger": Place("training.gates", "judge"),
            "Evaluation": Place("learning.evaluation", "Evaluation"),
            "WalkPlan": Place("training.fit", "Plan"),
            "evaluate": Place("learning.evaluation", "evaluate"),
        },
    ),
)

PLACES: Final[Mapping[str, Place]] = {
    name: place for section in SECTIONS for name, place in section.names.items()
}
"""Where each public name is defined."""
