"""How strong a label's evidence is: a later label replaces an earlier one that is not stronger.

The label that stands of several is therefore the strongest, and of equally strong ones the one known last
(then the one that comes last on the log).

Sources, weakest first: `silence` (no evidence came), `unspecified` and `simulator` (labels sent
without stating what they rest on), `dispute` (a dispute that never claimed fraud), `inquiry` (a bank asks),
`refund` (the merchant paid back and called it fraud), `review` (an analyst, before any dispute),
`fraud_notice` (TC40, Fraud and Loss Database), `prevented` (paid back on an alert, in place of a chargeback),
`chargeback`, `pre_arbitration`, `analyst` (an analyst who knew of the dispute), `arbitration`.
"""

from collections.abc import Mapping
from typing import Final

STRENGTH: Final[Mapping[str, int]] = {
    "silence": 0,
    "unspecified": 10,
    "simulator": 10,
    "dispute": 20,
    "inquiry": 30,
    "refund": 40,
    "review": 50,
    "fraud_notice": 60,
    "prevented": 70,
    "chargeback": 80,
    "pre_arbitration": 90,
    "analyst": 100,
    "arbitration": 110,
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
