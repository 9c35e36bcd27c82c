"""The fraud rate of card payments that an engine has seen, by quarter, with the band in force.

Read from the engine's newest snapshot of this host: the figures are as of that snapshot, not of the log's
end.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.sca import TraMeter, quarter_name
from streams.engine.recovery import snapshot
from streams.errors import Damaged, Misconfigured

ONLY_A_METER: Final = (
    "This is only a meter and never sets the band: the engine sees its own payments only, and labels that "
    "have not matured. `tollgate publish tra-band` sets the band, once a quarter, signed."
)
PREFIX: Final = "remembered/tra_meter_"


@dataclass(frozen=True)
class Quarter:
    """Fraud rate of one quarter."""

    quarter: str
    """Such as 2026-Q4."""
    value: int
    """EUR cents."""
    fraud: int
    """EUR cents."""
    basis_points: float | None
    """Fraud by value; None without any payment."""
    threshold_eur: int
    """Highest amount that the rate would allow; 0 for none."""
    bands_eur: dict[str, int]
    """Bands in force, by entity."""


def quarters_seen(snapshots: Path) -> list[Quarter]:
    """Oldest first. Raises `Misconfigured` where no snapshot can be read."""
    for path in snapshot.newest_first(snapshots):
        try:
            header, arrays = snapshot.read(path)
            kept = {k.removeprefix(PREFIX): a for k, a in arrays.items() if k.startswith(PREFIX)}
            return _quarters(TraMeter.from_arrays(kept), header.in_effect.tra_bands)
        except (Damaged, OSError):
            continue
    raise Misconfigured(
        f"{snapshots} has no snapshot that can be read: start the engine or its follower on this host first"
    )


def _quarters(meter: TraMeter, bands: dict[str, dict[str, int]]) -> list[Quarter]:
    found = []
    for number, value, fraud in meter.quarters():
        rate, name = meter.rate_micro(number), quarter_name(number)
        in_force = {entity: quarters[name] for entity, quarters in bands.items() if name in quarters}
        points = None if rate is None else rate / 100
        found.append(Quarter(name, value, fraud, points, meter.threshold_eur(number), in_force))
    return found
