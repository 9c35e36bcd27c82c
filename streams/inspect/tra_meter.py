"""The fraud rate of card payments that an engine has seen, by quarter, beside the band in force.

Read from the engine's newest snapshot of this host: it stands where that was taken, not at the log's end.
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
    """One quarter: EUR cents; basis points of value; thresholds in EUR, 0 none; the bands by entity."""

    quarter: str
    value: int
    fraud: int
    basis_points: float | None
    threshold_eur: int
    bands_eur: dict[str, int]


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
        in_force = {entity: of[name] for entity, of in bands.items() if name in of}
        points = None if rate is None else rate / 100
        found.append(Quarter(name, value, fraud, points, meter.threshold_eur(number), in_force))
    return found
