"""Compiles, or loads from the cache, every kernel before the first payment waits for it."""

from features.catalogue import CATALOGUE
from features.ingest import warm as warm_ingest
from features.state import state
from models import seed
from models.card_numbers import detection as card_numbers
from models.json_keys import repetition as json_keys
from models.policy import policy
from models.rules import program as rules
from models.sca import assessment as sca_assessment
from models.sca import low_value_counters as sca_low_value
from models.sca import soft_declines as sca_soft_declines
from models.scoring import Scorer, calibration
from streams.engine.admission import admission
from streams.engine.decision import hit_sets


def warm() -> None:
    """Seconds on a fresh cache, well under one afterwards.

    The trees' kernel is warm once a model is loaded: it is checked against LightGBM then.
    """
    warm_ingest()
    for module in (
        admission, state, card_numbers, json_keys, calibration, sca_low_value, sca_soft_declines, rules,
        sca_assessment, policy, hit_sets,
    ):  # fmt: skip
        module.warm()


def compile_all() -> None:
    """As `warm`, and the trees' kernel too: half a minute of compiling on a fresh machine, once."""
    warm()
    Scorer.load(seed.seed_model_artefact(), CATALOGUE.names)
