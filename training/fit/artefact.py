"""A trained model as the document that the engine stages (`models.scoring.model.ModelArtefact`).

Invariant: the same booster, calibration and words give the same bytes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from models.scoring import Calibration


def artefact_document(
    booster: str,
    names: Sequence[str],
    catalogue_hash: str,
    calibration: Calibration,
    trained: Mapping[str, Any],
) -> bytes:
    """`booster` is LightGBM's text, `names` its features in order; `trained` says on what, for people and
    gates (`to`: until when it learned, UTC ms).
    """
    document = {
        "kind": "model",
        "format": 1,
        "features": list(names),
        "catalogue_hash": catalogue_hash,
        "calibration": calibration,
        "booster": booster,
        "trained": dict(trained),
    }
    return msgspec.json.encode(document)
