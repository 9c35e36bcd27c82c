import numpy as np
import pytest

from features.catalogue import CATALOGUE
from models.money.exchange_rates import ReferenceRates
from models.reference.ip_countries import IpCountries
from models.rules.payment_columns import PAYMENT_COLUMNS
from models.rules.ruleset import Ruleset
from models.scoring.model import Scorer
from models.seed import seed_lists, seed_model_artefact, seed_ruleset, seed_tables


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer.load(seed_model_artefact(), CATALOGUE.names)


def test_the_seed_model_fits_the_catalogue_and_its_kernel(scorer: Scorer) -> None:
    assert scorer.catalogue_hash == CATALOGUE.schema_hash
    assert scorer.kind == "leaf-masks"
    assert 20 < len(scorer.features) <= 48


def test_the_seed_model_gives_probabilities(scorer: Scorer) -> None:
    micro = scorer.probabilities(np.zeros((3, len(CATALOGUE.names))))
    assert micro.dtype == np.int64
    assert ((micro >= 0) & (micro <= 1_000_000)).all()


def test_the_seed_ruleset_compiles_against_the_catalogue() -> None:
    schema = {**PAYMENT_COLUMNS, **dict.fromkeys(CATALOGUE.names, "number")}
    compiled = Ruleset.from_dict(seed_ruleset()).compile(schema)
    assert len(compiled.rule_ids) == 5
    assert compiled.lists_used == set(seed_lists())


def test_the_seed_tables_can_be_read() -> None:
    tables = seed_tables()
    assert ReferenceRates.from_bytes(tables["fx"]).convert(100, "EUR", 0) == 100
    assert IpCountries.from_bytes(tables["ip_countries"]).countries(["8.8.8.8"]) == ["US"]
