"""How strong a label's evidence is: a later label replaces an earlier one that is not stronger.

The label that stands of several is therefore the strongest, and of equally strong ones the one known last
(then the one that lies last on the log).
"""

from collections.abc import Mapping
from typing import Final

STRENGTH: Final[Mapping[str, int]] = {
    "silence": 0,
    "unspecified": 10,
    "simulator": 10,
    "refund": 20,
    "inquiry": 20,
    "fraud_notice": 30,
    "chargeback": 40,
    "analyst": 50,
    "arbitration": 60,
}
"""By `Label.source`. A source that is not listed counts as `unspecified`."""

FINAL: Final = 5
"""What being final adds: it settles a tie within a source, not between sources."""


def strength(source: str, final: bool) -> int:
    """Strength of a label of this source.

    >>> strength("chargeback", False) > strength("fraud_notice", True) > strength("silence", True)
    True
    """
    return STRENGTH.get(source, STRENGTH["unspecified"]) + (FINAL if final else 0)
