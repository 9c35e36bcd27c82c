"""Transaction risk analysis: the band that a legal entity may use in a quarter.

Delegated Regulation (EU) 2018/389, Article 18: a remote card payment may go without strong customer
authentication up to the exemption threshold value that the entity's fraud rate allows
(`models.sca.tra_meter`). Article 20: who exceeds the rate for two quarters running must stop.

Invariants
- The band of a payment is that of the last `TraBand` control before it on the log for its entity and the
  calendar quarter (UTC) it falls in; without one it is 0. The meter never sets a band: the engine sees its
  own payments only, and labels that have not matured.
- At most `ENTITIES_MAX` entities, of each the newest `QUARTERS_KEPT` quarters.

Who may set a band: where controls are signed, a key with the role `tra` signs its control, and the engine
checks that (`models.trust`). Where they are not, as on logs of earlier versions, a band carries an
HMAC-SHA256 over entity, quarter and band, checked where it is published only: judging needs no secret key.
"""

import hmac
from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.messages import TraBand

ENTITIES_MAX: Final = 1_024
QUARTERS_KEPT: Final = 8

Bands = Mapping[str, Mapping[str, int]]
"""Entity -> quarter ("2026-Q4") -> threshold in EUR."""


class BadSignature(ValueError):  # noqa: N818 - the term of cryptography
    """The band was not signed with this key, or was changed since."""


def sign(entity: str, quarter: str, band_eur: int, key: bytes) -> str:
    """The signature of a band, 64 hex digits. Raises `ValueError` for a key under 16 bytes."""
    if len(key) < 16:
        raise ValueError("the key of the TRA bands needs at least 16 bytes")
    signed = msgspec.json.encode(["tollgate tra band 1", entity, quarter, band_eur])
    return hmac.new(key, signed, "sha256").hexdigest()


def verify(band: TraBand, key: bytes) -> None:
    """Raises `BadSignature` unless exactly this band was signed with `key`."""
    signature = band.signature or ""
    if not hmac.compare_digest(sign(band.entity, band.quarter, band.band_eur, key), signature):
        raise BadSignature(
            f"the band of {band.entity!r} for {band.quarter} is not signed with the key of the TRA bands"
        )


def quarters(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Calendar quarters (UTC) since 1970-Q1 of times in epoch milliseconds, shape (n,).

    >>> quarters(np.array([0, 7_775_999_999, 7_776_000_000])).tolist()
    [0, 0, 1]
    """
    months = times.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)
    return months // 3


def quarter_name(quarter: int) -> str:
    """The name of a quarter since 1970-Q1.

    >>> quarter_name(0), quarter_name(227)
    ('1970-Q1', '2026-Q4')
    """
    return f"{1970 + quarter // 4}-Q{quarter % 4 + 1}"


def with_band(bands: Bands, change: TraBand) -> dict[str, dict[str, int]]:
    """The bands after this control. Raises `ValueError` where there are too many entities."""
    if change.entity not in bands and len(bands) >= ENTITIES_MAX:
        raise ValueError(f"{ENTITIES_MAX} legal entities are the most that can have a TRA band")
    own = {**bands.get(change.entity, {}), change.quarter: int(change.band_eur)}
    kept = dict(sorted(own.items())[-QUARTERS_KEPT:])
    return {**{entity: dict(of) for entity, of in bands.items()}, change.entity: kept}


def bands_at(bands: Bands, entity: str | None, times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Threshold in EUR for payments of `entity` at these times; 0 where none was set."""
    own = bands.get(entity) if entity is not None else None
    if not own or not len(times):
        return np.zeros(len(times), np.int64)
    numbers = quarters(times)
    first = int(numbers.min())
    by_quarter = [own.get(quarter_name(q), 0) for q in range(first, int(numbers.max()) + 1)]
    return np.array(by_quarter, np.int64)[numbers - first]
