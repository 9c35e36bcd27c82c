"""The public names: under which heading each is described, and where it is defined.

A name may be spelled otherwise than where it is defined: `load_map` says here what `load` says in its room.
Adding one takes a line here, one in the `TYPE_CHECKING` block and one in `__all__` of `tollgate/__init__.py`;
a test holds that the three agree.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class NameOrigin(NamedTuple):
    """Where a public name is defined."""

    module: str
    attribute: str
    """Its name in the module; "" stands for the module itself."""
    purpose: str = ""
    """What it is for, where its definition has no docstring of its own."""


class NameSection(NamedTuple):
    """Names that belong together."""

    title: str
    introduction: str
    names: Mapping[str, NameOrigin]


SECTIONS: Final = (
    NameSection(
        "Messages",
        "What is on the topics, as structs. Times are UTC epoch milliseconds, amounts are minor units.",
        {
            "Payment": NameOrigin("models.messages", "Payment"),
            "Outcome": NameOrigin("models.messages", "Outcome"),
            "Label": NameOrigin("models.messages", "Label"),
            "LabelValue": NameOrigin("models.messages", "LabelValue"),
            "Dispute": NameOrigin("models.messages", "Dispute"),
            "Decision": NameOrigin("models.messages", "Decision"),
            "Refusal": NameOrigin("models.messages", "Refusal"),
            "Verdict": NameOrigin("models.messages", "Verdict"),
            "encode": NameOrigin("models.messages", "encode", "The JSON bytes of any message."),
            "decode_input": NameOrigin(
                "models.messages",
                "decode_input",
                "The message in the JSON bytes of an input.",
            ),
            "decode_answer": NameOrigin(
                "models.messages",
                "decode_answer",
                "The decision or refusal in the JSON bytes of an answer.",
            ),
        },
    ),
    NameSection(
        "Money",
        "Currencies with their minor units, and amounts in the reference currency.",
        {
            "Currencies": NameOrigin("models.money", "Currencies"),
            "ReferenceRates": NameOrigin("models.money", "ReferenceRates"),
        },
    ),
    NameSection(
        "Features",
        "The catalogue, features of your own, and vectors by the kernel that the engine runs.",
        {
            "CATALOGUE": NameOrigin(
                "features.catalogue", "CATALOGUE", "The catalogue that ships with Tollgate."
            ),
            "Catalogue": NameOrigin("features.catalogue", "Catalogue"),
            "Entity": NameOrigin("features.catalogue", "Entity"),
            "Family": NameOrigin("features.catalogue", "Family"),
            "measures": NameOrigin("features.catalogue.measures", ""),
            "Measure": NameOrigin("features.catalogue", "Measure"),
            "Op": NameOrigin("features.catalogue", "Op"),
            "Tally": NameOrigin("features.catalogue", "Tally"),
            "Stream": NameOrigin("features.columns", "Stream"),
            "kernel": NameOrigin("models.kernels", "kernel"),
            "Ingest": NameOrigin("features.ingest", "Ingest"),
            "reference_tables": NameOrigin("streams.sources.vectors", "reference_tables"),
            "load_map": NameOrigin("streams.sources.files", "load"),
            "VectorSource": NameOrigin("streams.sources.vectors", "VectorSource"),
            "compute_vectors": NameOrigin("streams.sources.vectors", "compute"),
        },
    ),
    NameSection(
        "Judging",
        "Rules, the model and the policy that turns a probability into a verdict, as the engine runs them.",
        {
            "Ruleset": NameOrigin("models.rules", "Ruleset"),
            "read_ruleset": NameOrigin("models.rules", "read_ruleset"),
            "PAYMENT_COLUMNS": NameOrigin(
                "models.rules",
                "PAYMENT_COLUMNS",
                "The payment's fields that rules may name, by type.",
            ),
            "Policy": NameOrigin("models.policy", "Policy"),
            "Scorer": NameOrigin("models.scoring", "Scorer"),
            "reason_texts": NameOrigin("models.scoring", "in_words"),
            "score_histogram": NameOrigin("models.rollout", "histogram"),
            "seed_model_artefact": NameOrigin("models.seed", "seed_model_artefact"),
        },
    ),
    NameSection(
        "A simulated world",
        "Payments whose ids tell their truth.",
        {
            "World": NameOrigin("simulation.world", "World"),
            "truth_of": NameOrigin("simulation.world", "truth_of"),
            "TrafficParameters": NameOrigin("simulation.traffic", "TrafficParameters"),
            "SimulatedPayments": NameOrigin("simulation.traffic", "SimulatedPayments"),
            "Traffic": NameOrigin("simulation.traffic", "Traffic"),
            "delivery_of": NameOrigin("simulation.traffic", "delivery_of"),
            "write_world": NameOrigin("streams.sources.traffic", "write_world"),
        },
    ),
    NameSection(
        "Data sets",
        "Vectors with their labels as known on a day.",
        {
            "Settings": NameOrigin("streams.settings", "Settings"),
            "HistoryOrigin": NameOrigin("learning.history", "HistoryOrigin"),
            "history_of": NameOrigin("learning.history", "history_of"),
            "dataset_settings": NameOrigin("learning.history", "dataset_settings"),
            "build_dataset": NameOrigin("training.dataset", "build_dataset"),
            "Dataset": NameOrigin("training.dataset", "Dataset"),
        },
    ),
    NameSection(
        "Training and evaluation",
        "From a data set to an artefact, its figures, and what it has to pass before it goes live.",
        {
            "TrainSettings": NameOrigin("training.fit", "TrainSettings"),
            "train": NameOrigin("training.fit", "train"),
            "BoostSettings": NameOrigin("training.fit", "BoostSettings"),
            "TrainingRows": NameOrigin("training.fit", "TrainingRows"),
            "grow_trees": NameOrigin("training.fit", "grow_trees"),
            "raw_scores": NameOrigin("training.fit", "raw_scores"),
            "fit_platt": NameOrigin("training.measures", "fit_platt"),
            "artefact_document": NameOrigin("training.fit", "artefact_document"),
            "metrics": NameOrigin("training.measures.metrics", ""),
            "Costs": NameOrigin("training.policy_comparison", "Costs"),
            "GateBounds": NameOrigin("training.gates", "GateBounds"),
            "judge_challenger": NameOrigin("training.gates", "judge_challenger"),
            "EvaluationRequest": NameOrigin("learning.evaluation", "EvaluationRequest"),
            "WalkPlan": NameOrigin("training.fit", "WalkPlan"),
            "evaluate": NameOrigin("learning.evaluation", "evaluate"),
        },
    ),
)

ORIGINS: Final[Mapping[str, NameOrigin]] = {
    name: place for section in SECTIONS for name, place in section.names.items()
}
"""Where each public name is defined."""
