"""Compiles, or loads from the cache, every kernel before the first payment waits for it."""

from features import intake, state
from features.catalogue import CATALOGUE
from models import calibration, card_numbers, sca_low_value, sca_soft_declines, seed
from models.trees import Scorer
from streams.engine import admission


def warm() -> None:
    """Seconds on a fresh cache, well under one afterwards. The trees' kernel is warm once a model is loaded:
    it is checked against LightGBM then."""
    for module in (admission, intake, state, card_numbers, calibration, sca_low_value, sca_soft_declines):
        module.warm()


def compile_all() -> None:
    """As `warm`, and the trees' kernel too: half a minute of compiling on a fresh machine, once."""
    warm()
    Scorer.load(seed.seed_model_artefact(), CATALOGUE.names)
