"""Lets engines die of one payment, life after life: `engine_nursery.py BOOTSTRAP ENGINE HOME POISON`.

Warms up once and forks for each life, so that a death costs little. The one change to the engine is that
judging the payment whose id is POISON kills the process, as a fault in compiled code would. Prints the
number of deaths when a life got to the end of its inputs.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from streams.engine import core
from streams.engine.recovery.warm import warm
from streams.engine.result import BatchResult
from streams.engine.segment import LogSegment, NewPayments
from tests.crash.scene import Scene, drain

LIVES_MAX = 20


def main(bootstrap: str, engine: str, home: str, poison: str) -> None:
    """Forks lives until one ends by itself."""
    warm()
    core.Core._decide = _deadly(core.Core._decide, poison)  # type: ignore[method-assign]
    for deaths in range(LIVES_MAX):
        child = os.fork()
        if child == 0:
            _live(Scene(bootstrap, engine, Path(home)))
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            print(deaths)
            sys.exit(os.waitstatus_to_exitcode(status))
    sys.exit(f"still dying after {LIVES_MAX} lives")


def _deadly(decide: Any, poison: str) -> Any:
    def dying(self: core.Core, segment: LogSegment, new: NewPayments, result: BatchResult) -> None:
        if any(payment.payment_id == poison for payment in new.payments):
            os.kill(os.getpid(), signal.SIGKILL)
        decide(self, segment, new, result)

    return dying


def _live(scene: Scene) -> None:
    try:
        engine = scene.started()
        drain(engine)
        engine.close()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
