"""Tollgate for notebooks, scripts and other teams: the names that are promised to stay.

    from tollgate import CATALOGUE, Scorer, World

Every name is imported when it is first used, so `import tollgate` is quick and needs no extras; a name of
training needs the extra `training`. What each is for: `docs/api.md`, written by `make pages`; what is
promised: `docs/compatibility.md`.

Invariants
- Nothing of ours imports this package.
- Names are added in a minor version, and go or change their meaning in a major one.

May import every other package, by its rooms' doors.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tollgate.surface import ORIGINS

if TYPE_CHECKING:
    from features.catalogue import CATALOGUE as CATALOGUE
    from features.catalogue import Catalogue as Catalogue
    from features.catalogue import Entity as Entity
    from features.catalogue import Family as Family
    from features.catalogue import Measure as Measure
    from features.catalogue import Op as Op
    from features.catalogue import Tally as Tally
    from features.catalogue import measures as measures
    from features.columns import Stream as Stream
    from features.ingest import Ingest as Ingest
    from learning.evaluation import EvaluationRequest as EvaluationRequest
    from learning.evaluation import evaluate as evaluate
    from learning.history import HistoryOrigin as HistoryOrigin
    from learning.history import dataset_settings as dataset_settings
    from learning.history import history_of as history_of
    from models.kernels import kernel as kernel
    from models.messages import Decision as Decision
    from models.messages import Dispute as Dispute
    from models.messages import Label as Label
    from models.messages import LabelValue as LabelValue
    from models.messages import Outcome as Outcome
    from models.messages import Payment as Payment
    from models.messages import Refusal as Refusal
    from models.messages import Verdict as Verdict
    from models.messages import decode_answer as decode_answer
    from models.messages import decode_input as decode_input
    from models.messages import encode as encode
    from models.money import Currencies as Currencies
    from models.money import ReferenceRates as ReferenceRates
    from models.policy import Policy as Policy
    from models.rollout import histogram as score_histogram
    from models.rules import PAYMENT_COLUMNS as PAYMENT_COLUMNS
    from models.rules import Ruleset as Ruleset
    from models.rules import read_ruleset as read_ruleset
    from models.scoring import Scorer as Scorer
    from models.scoring import in_words as reason_texts
    from models.seed import seed_model_artefact as seed_model_artefact
    from simulation.traffic import SimulatedPayments as SimulatedPayments
    from simulation.traffic import Traffic as Traffic
    from simulation.traffic import TrafficParameters as TrafficParameters
    from simulation.traffic import delivery_of as delivery_of
    from simulation.world import World as World
    from simulation.world import truth_of as truth_of
    from streams.settings import Settings as Settings
    from streams.sources.files import load as load_map
    from streams.sources.traffic import write_world as write_world
    from streams.sources.vectors import VectorSource as VectorSource
    from streams.sources.vectors import compute as compute_vectors
    from streams.sources.vectors import reference_tables as reference_tables
    from training.dataset import Dataset as Dataset
    from training.dataset import build_dataset as build_dataset
    from training.fit import BoostSettings as BoostSettings
    from training.fit import TrainingRows as TrainingRows
    from training.fit import TrainSettings as TrainSettings
    from training.fit import WalkPlan as WalkPlan
    from training.fit import artefact_document as artefact_document
    from training.fit import grow_trees as grow_trees
    from training.fit import raw_scores as raw_scores
    from training.fit import train as train
    from training.gates import GateBounds as GateBounds
    from training.gates import judge_challenger as judge_challenger
    from training.measures import fit_platt as fit_platt
    from training.measures import metrics as metrics
    from training.policy_comparison import Costs as Costs

__all__ = [
    "CATALOGUE",
    "PAYMENT_COLUMNS",
    "BoostSettings",
    "Catalogue",
    "Costs",
    "Currencies",
    "Dataset",
    "Decision",
    "Dispute",
    "Entity",
    "EvaluationRequest",
    "Family",
    "GateBounds",
    "HistoryOrigin",
    "Ingest",
    "Label",
    "LabelValue",
    "Measure",
    "Op",
    "Outcome",
    "Payment",
    "Policy",
    "ReferenceRates",
    "Refusal",
    "Ruleset",
    "Scorer",
    "Settings",
    "SimulatedPayments",
    "Stream",
    "Tally",
    "Traffic",
    "TrafficParameters",
    "TrainSettings",
    "TrainingRows",
    "VectorSource",
    "Verdict",
    "WalkPlan",
    "World",
    "artefact_document",
    "build_dataset",
    "compute_vectors",
    "dataset_settings",
    "decode_answer",
    "decode_input",
    "delivery_of",
    "encode",
    "evaluate",
    "fit_platt",
    "grow_trees",
    "history_of",
    "judge_challenger",
    "kernel",
    "load_map",
    "measures",
    "metrics",
    "raw_scores",
    "read_ruleset",
    "reason_texts",
    "reference_tables",
    "score_histogram",
    "seed_model_artefact",
    "train",
    "truth_of",
    "write_world",
]


def __getattr__(name: str) -> Any:
    origin = ORIGINS.get(name)
    if origin is None:
        raise AttributeError(f"tollgate has no {name!r}; docs/api.md lists what there is")
    try:
        module = import_module(origin.module)
    except ModuleNotFoundError as failure:
        raise ImportError(_extra_wanted(name, failure), name=failure.name) from failure
    value = getattr(module, origin.attribute) if origin.attribute else module
    globals()[name] = value
    return value


def _extra_wanted(name: str, failure: ModuleNotFoundError) -> str:
    return (
        f"tollgate.{name} needs the Python package {failure.name}, which is not installed here: install "
        "Tollgate with its extra, e.g. `pip install 'tollgate[training]'`"
    )


def __dir__() -> list[str]:
    return sorted(__all__)
