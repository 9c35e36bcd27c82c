"""One broker for all processes of a run of tests.

Invariant: at most one process starts it, the first that asks; it lives until the run ends, whichever process
ends first (see `leftovers`).
"""

from storage import ProcessLock
from streams.platform.broker.local_kafka import QUICK, LocalKafka
from tests.support.leftovers import run_folder

_STARTED: list[LocalKafka] = []
"""Kept: a process that is forgotten while it runs is a warning."""


def shared_broker() -> str:
    """The bootstrap address of the run's broker, which answers."""
    home = run_folder() / "kafka"
    broker = LocalKafka(home, java_options=QUICK)
    with ProcessLock(home / "lock", wait=True):
        if broker.process is None:
            broker.start()
            _STARTED.append(broker)
    return broker.bootstrap
