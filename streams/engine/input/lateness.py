"""Says when a source is far behind. It only warns: each late payment is decided, and says so itself.

A bank may send what waited over a weekend, or somebody feeds history to a live engine: the first needs no
action, the second an engine of its own with `--historical`, whose times are those of the payments.
"""

import logging
import time

log = logging.getLogger(__name__)

SAID_AGAIN_S = 60.0
COUNTED_MIN = 100
"""New payments before a share of late ones means anything."""


class LatenessWatch:
    """Warns, at most once a minute, while most new payments of an engine arrive late."""

    def __init__(self, engine: str, again_s: float = SAID_AGAIN_S) -> None:
        self._engine = engine
        self._again_s = again_s
        self._new = self._late = 0
        self._quiet_until = 0.0

    def see(self, new: int, late: int, now_s: float | None = None) -> bool:
        """Counts a batch; whether it warned. `now_s`: monotonic seconds."""
        self._new += new
        self._late += late
        if self._new < COUNTED_MIN:
            return False
        counted, behind = self._new, self._late
        self._new = self._late = 0
        now_s = time.monotonic() if now_s is None else now_s
        if 2 * behind < counted or now_s < self._quiet_until:
            return False
        self._quiet_until = now_s + self._again_s
        log.warning(
            "%s.payments is far behind: %d of the last %d payments arrived more than a day after they were "
            "made. They are decided and marked late. If this is history, replay it under an engine name of "
            "its own with --historical",
            self._engine,
            behind,
            counted,
        )
        return True
