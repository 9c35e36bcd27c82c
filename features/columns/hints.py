"""What a payment's authentication says, as numbers: what the attributes about it are.

Payments share few different hints, so the numbers of each are worked out once; at most `REMEMBERED_MAX` are
remembered, then all are worked out again. NaN is unknown: without authentication, or for other values.
"""

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any, Final

import numpy as np

from models.arrays import Floats
from models.messages import Authentication

REMEMBERED_MAX: Final = 1 << 14

THREE_DS: Final[Mapping[Any, float]] = {code: float(number) for number, code in enumerate("YAICUNR")}
"""EMV 3-D Secure transStatus, from proven to refused."""
PROVEN: Final[Mapping[Any, float]] = {**dict.fromkeys("YAI", 1.0), **dict.fromkeys("CUNR", 0.0)}
CVV: Final[Mapping[Any, float]] = {"M": 1.0, "Y": 1.0, "N": 0.0}
AVS: Final[Mapping[Any, float]] = {
    **dict.fromkeys("YXDFM", 1.0),
    **dict.fromkeys("ABPTWZ", 0.5),
    "N": 0.0,
}
"""Address check, by the card schemes' codes: all of it, street or postal code alone, nothing. Codes that say
"not checked" are unknown.
"""
ECI: Final[Mapping[Any, float]] = {text: float(int(text)) for n in range(10) for text in (f"{n}", f"{n:02}")}
FLAG: Final[Mapping[Any, float]] = {False: 0.0, True: 1.0, None: nan}

THREE_DS_CODE, IS_AUTHENTICATED, ECI_CODE, SHIFT, EXEMPTION, CVV_MATCHES, AVS_MATCH, INITIATED = range(8)
"""Columns of `hint_numbers`."""
_NOTHING: Final = (nan,) * 8


class _Numbers(dict[Authentication | None, tuple[float, ...]]):
    """Numbers of each hint."""

    def __missing__(self, hint: Authentication | None) -> tuple[float, ...]:
        if len(self) >= REMEMBERED_MAX:
            self.clear()
        numbers = self[hint] = _NOTHING if hint is None else _numbers(hint)
        return numbers


def _numbers(hint: Authentication) -> tuple[float, ...]:
    return (
        THREE_DS.get(hint.three_ds_result, nan),
        PROVEN.get(hint.three_ds_result, nan),
        ECI.get(hint.eci, nan),
        FLAG.get(hint.liability_shift, nan),
        float(hint.sca_exemption is not None),
        CVV.get(hint.cvv_result, nan),
        AVS.get(hint.avs_result, nan),
        FLAG.get(hint.merchant_initiated, nan),
    )


_known = _Numbers()


def hint_numbers(hints: Sequence[Authentication | None]) -> Floats:
    """Numbers of n payments' hints, shape (n, 8)."""
    return np.array([_known[hint] for hint in hints], np.float64).reshape(-1, 8)
