"""What a data set is to be: which payments, as known on which day, and what counts as a label."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from training.dataset.history import NEVER

Share = Annotated[float, Meta(gt=0, le=1)]
SILENCE_CAPTURED: Final = "captured"


class DatasetSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """All times are UTC epoch ms, `end` is exclusive.

    `silence`: which payments become negatives because no complaint came: `captured` (and neither voided nor
    refunded), `passed` (let through by us, for histories without outcomes; those that an outcome stopped or
    refunded still do not), or `never` (only stated labels count). `friendly`: what friendly fraud counts as.

    `negatives`: share of payments before `whole_from` that stay, all frauds apart; drawn by a keyed hash of
    the payment. Later ones stay whole: it is for calibrating and measuring.

    `holdout_weight_max`: payments approved by the random draw weigh one over their propensity, at most this.
    """

    as_of: int
    start: int = 0
    end: int = NEVER
    silence: Literal["captured", "passed", "never"] = "captured"
    friendly: Literal["excluded", "legitimate", "fraud"] = "excluded"
    negatives: Share = 1.0
    whole_from: int = 0
    salt: str = ""
    holdout_weight_max: Annotated[float, Meta(ge=1)] = 20.0
