"""The short form of `tests/checks/feature_parity.py`: real payments, labels that come when they come."""

import numpy as np
import pytest

from features.catalogue import CATALOGUE
from features.catalogue.measures import EVENTS_MAX
from features.columns.events import TOKENS, Events, Stream
from features.state.state import FeatureState
from tests.checks import feature_parity
from tests.support import payment_sets
from tests.support.parity import kernel_vectors

NAMES = [feature.name for feature in CATALOGUE.features]


@pytest.mark.parametrize("name", payment_sets.SETS)
def test_kernel_and_oracle_agree_on_payments_with_variable_delays_of_labels(name: str) -> None:
    payment_sets.needs(name)
    made = payment_sets.load(name, 2_500)
    last = int(made.at[-1] - made.at[0])
    delays = np.random.default_rng(8).integers(0, last, len(made.at))
    report = feature_parity.compare(CATALOGUE, payment_sets.with_labels(made, delays))
    assert report["rows"] == 2_500
    assert report["labels"] > 800
    assert report["values_known"] > 250_000
    assert report["values_that_differ"] == 0, report["differing"]


def test_labels_not_yet_released_do_not_show_even_when_the_same_batch_holds_them() -> None:
    """Labels after the cut are permuted, removed, or all frauds: vectors up to it stay, later ones move."""
    payment_sets.needs("ucsd_fico")
    made = payment_sets.load("ucsd_fico", 40_000)
    delays = np.random.default_rng(3).integers(0, 14 * payment_sets.DAY, len(made.at))
    released = payment_sets.labels(made, delays)
    cut = int(np.quantile(made.at, 0.6))
    later = released.at > cut
    expected = kernel_vectors(FeatureState.empty(CATALOGUE), payment_sets.merged(made.payments, released))
    for changed in (_permuted(released, later), _removed(released, later), _all_frauds(released, later)):
        log = payment_sets.merged(made.payments, changed)
        found = kernel_vectors(FeatureState.empty(CATALOGUE), log)
        assert np.array_equal(log.at[log.stream == Stream.ATTEMPT], made.at)
        before, after = made.at <= cut, made.at > cut
        assert found[before].tobytes() == expected[before].tobytes()
        assert found[after].tobytes() != expected[after].tobytes()


def _permuted(labels: Events, rows: np.ndarray) -> Events:
    code = labels.code.copy()
    code[rows] = np.random.default_rng(4).permutation(code[rows])
    return labels._replace(code=code)


def _removed(labels: Events, rows: np.ndarray) -> Events:
    return Events._make(np.ascontiguousarray(column[..., ~rows]) for column in labels)


def _all_frauds(labels: Events, rows: np.ndarray) -> Events:
    frauds = payment_sets.labels(payment_sets.PaymentSet(labels, np.ones(len(labels.at), np.bool_)), 0)
    return labels._replace(code=np.where(rows, frauds.code, labels.code))


@pytest.mark.parametrize("entity", ["card", "email", "device", "merchant"])
def test_learned_frauds_are_those_that_a_table_of_release_dates_tells(entity: str) -> None:
    """No log here: for a payment, the table is asked for the entity's labels known by then."""
    payment_sets.needs("ucsd_fico")
    made = payment_sets.load("ucsd_fico", 12_000)
    delays = np.random.default_rng(5).integers(0, 9 * payment_sets.DAY, len(made.at))
    found = kernel_vectors(FeatureState.empty(CATALOGUE), payment_sets.with_labels(made, delays))
    keys = made.payments.tokens[TOKENS.index(entity)]
    known_at = made.at + delays
    ever, share = (
        found[:, NAMES.index(f"{entity}_{name}")]
        for name in ("frauds_learned_lifetime", "frauds_over_labels_30d")
    )
    for row in range(4_000, 12_000, 37):
        known = (keys == keys[row]) & (known_at <= made.at[row])
        frauds, labels = int((known & made.fraud).sum()), int(known.sum())
        assert ever[row] == frauds
        if labels <= EVENTS_MAX:
            assert (frauds / labels == share[row]) if labels else np.isnan(share[row])
