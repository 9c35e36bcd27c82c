"""Models for trials (the seed's with another calibration, one that scores nothing, a broken file), and
payments to try them on.
"""

from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from models.messages.control import ChallengerChange, TrialBounds
from models.messages.payment import Customer, Method, MethodKind
from models.scoring import Scorer
from models.seed import seed_model_artefact
from models.versions import bytes_version
from streams.control_plane.artefacts import ArtefactStore
from tests.engine.engine_log import NOW, record
from tests.engine.judges import control

UNWATCHED = TrialBounds(psi_max=None, verdict_gap_max=None, errors_max=None)
CARDS = 60


def calibrated(a: float = 1.0, b: float = 0.0) -> bytes:
    """The seed model with its log-odds stretched and shifted."""
    document = msgspec.json.decode(seed_model_artefact())
    document["calibration"]["a"] *= a
    document["calibration"]["b"] += b
    return msgspec.json.encode(document)


def shortened(trees: int) -> bytes:
    """The seed model's first trees: it gives other reasons as well."""
    document = msgspec.json.decode(seed_model_artefact())
    body, _, end = document["booster"].partition("\nend of trees\n")
    head, *parts = body.split("\nTree=")
    sizes = head.partition("\ntree_sizes=")[2].split()
    head = head.replace(" ".join(sizes), " ".join(sizes[:trees]))
    document["booster"] = "\nTree=".join([head, *parts[:trees]]) + f"\nend of trees\n{end}"
    return msgspec.json.encode(document)


STERNER = calibrated(b=3.0)
"""Finds every payment twenty times as likely to be fraud."""
SHORT = shortened(3)
ALIKE = calibrated(a=1.02)
SILENT = calibrated(a=1.03)
"""Has no probability for any payment where `silenced` is in force: no file that is let through is so."""
BROKEN = calibrated().replace(b"num_leaves=", b"num_leaves=9")


def silenced(monkeypatch: pytest.MonkeyPatch) -> None:
    """`SILENT` scores nothing, as a model would that our checks did not foresee."""
    real, version = Scorer.probabilities, bytes_version(SILENT)

    def probabilities(
        scorer: Scorer, matrix: NDArray[np.float64], leaves: NDArray[np.uint16] | None = None
    ) -> NDArray[np.int64]:
        return np.full(len(matrix), -1) if scorer.version == version else real(scorer, matrix, leaves)

    monkeypatch.setattr(Scorer, "probabilities", probabilities)


def offered(store: ArtefactStore, model: bytes, share: int = 0, **more: Any) -> bytes:
    """The record that puts a model on trial; not watched unless bounds are given."""
    return control(ChallengerChange(store.stage(model), share, **{"bounds": UNWATCHED} | more))


def traffic(count: int, first: int = 0, **changes: Any) -> list[bytes]:
    """Payments of many cards and customers, small and large, all of them told apart by their number."""
    return [_payment(number, **changes) for number in range(first, first + count)]


def _payment(number: int, **changes: Any) -> bytes:
    card = number * 7 % CARDS
    age = NOW - (number * 31 % 40) * 3_600_000
    said = {
        "amount": 100 + number * number * 7919 % 900_000,
        "method": Method(MethodKind.CARD, f"tok_{card}", "520000", ("DE", "FR", "BR")[number % 3]),
        "customer": Customer(f"c{card % 40}", age),
        "device_id": f"d{number % 50}",
        "ip": f"10.{number % 7}.0.{number % 200}",
    }
    return record(f"t{number}", **said | changes)
