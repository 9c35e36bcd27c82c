"""Strong customer authentication of recorded payments: who bears the loss, and what would be challenged.

By `models.sca.assessment`, from the logged features. Vectors do not hold the counters of Article 16, so every
small payment counts as within them, nor the bands of Article 18, so no payment is exempt by risk analysis.
Both matter only to policies that enforce authentication.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.money import AMOUNT_MAX
from models.policy import Policy, UtilityDocument
from models.sca import CardCounters, ScaResult, ScaRows, ScaSettings, assess
from streams.backtest.cases import CaseBlock
from streams.engine.decision import authentication_columns

COLUMNS = ("issuer_country", "merchant_country", "bin", "sca_exemption", "soft_declined")


def matters(policy: Policy) -> bool:
    """Whether verdicts depend on it: costs do on who bears them, enforcement on what is outstanding."""
    return policy.sca.enforce or isinstance(policy.document, UtilityDocument)


def features(policy: Policy) -> frozenset[str]:
    """The features that a policy's verdicts need of it."""
    return _features(matters(policy))


@lru_cache(maxsize=2)
def _features(with_law: bool) -> frozenset[str]:
    """Recorded while an assessment of no payments reads its columns."""
    names: set[str] = set()

    def column(name: str) -> NDArray[np.float64]:
        names.add(name)
        return np.zeros(0)

    nothing, texts = np.zeros(0, np.int64), np.zeros(0, object)
    rows = ScaRows(
        column, nothing, nothing, nothing.astype(np.uint8), texts, texts, texts, texts,
        CardCounters(nothing, nothing), nothing, nothing.astype(np.bool_),
    )  # fmt: skip
    sca = assess(rows, ScaSettings()) if with_law else None
    authentication_columns(column, sca)
    return frozenset(names)


def assessed(
    block: CaseBlock, probability: NDArray[np.int64], phase: NDArray[np.uint8], settings: ScaSettings
) -> ScaResult:
    """What the law requires of each payment of a block."""
    none = np.zeros(block.n, np.int64)
    rows = ScaRows(
        column=block.column,
        amount=np.where(block.integers("unrated"), AMOUNT_MAX, block.integers("reference_amount")),
        probability_micro=probability,
        phase=phase,
        issuer_countries=block.column("issuer_country"),
        merchant_countries=block.column("merchant_country"),
        bins=block.column("bin"),
        exemptions=block.column("sca_exemption"),
        counters=CardCounters(none, none),
        band_eur=none,
        soft_declined=block.is_true("soft_declined"),
    )
    return assess(rows, settings)
