"""Models for trials (the seed's with another calibration, one that scores nothing, a broken file), and
payments to try them on.
"""

from typing import Any

import msgspec

from models.messages.control import ChallengerChange, TrialBounds
from models.messages.payment import Customer, Method, MethodKind
from models.seed import seed_model_artefact
from streams.control_plane.artefacts import ArtefactStore
from tests.engine.engine_log import NOW, record
from tests.engine.judges import control

UNWATCHED = TrialBounds(psi_max=None, verdict_gap_max=None, errors_max=None)
TREE = (
    "num_leaves=1\nnum_cat=0\nsplit_feature=\nsplit_gain=\nthreshold=\ndecision_type=\nleft_child=\n"
    "right_child=\nleaf_value=1.5e308\nleaf_weight=\nleaf_count=\ninternal_value=\ninternal_weight=\n"
    "internal_count=\nis_linear=0\nshrinkage=1\n\n\n"
)
CARDS = 60


def calibrated(a: float = 1.0, b: float = 0.0) -> bytes:
    """The seed model with its log-odds stretched and shifted."""
    document = msgspec.json.decode(seed_model_artefact())
    document["calibration"]["a"] *= a
    document["calibration"]["b"] += b
    return msgspec.json.encode(document)


def without_probability() -> bytes:
    """A model that loads, and whose every probability is unknown: 0 times an infinite score."""
    document = msgspec.json.decode(seed_model_artefact())
    head, _, tail = document["booster"].partition("\nTree=0\n")
    sizes = " ".join(str(len(f"Tree={at}\n{TREE}")) for at in (0, 1))
    lines = [f"tree_sizes={sizes}" if line.startswith("tree_sizes=") else line for line in head.split("\n")]
    end = tail[tail.index("end of trees") :]
    document["booster"] = "\n".join([*lines, f"Tree=0\n{TREE}Tree=1\n{TREE}{end}"])
    document["calibration"]["a"] = 0.0
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
SILENT = without_probability()
BROKEN = calibrated().replace(b"num_leaves=", b"num_leaves=9")


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
