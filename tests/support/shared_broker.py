"""One broker for all processes of a run of tests.

Invariant: at most one process starts it, the first that asks; it lives until the run ends, whichever process
ends first (see `leftovers`).

Most of its work are fetches that find nothing, 200 a second for each open consumer. It lives long enough for
Java's better compiler to pay, unlike a broker of a single test (`QUICK`), and one thread of a kind serves two
processes with half the work of two and four: 0.10 s of processor time a second for four idle consumers, 0.21
with QUICK and our usual threads.
"""

from storage import ProcessLock
from streams.platform.broker.local_kafka import LocalKafka
from tests.support.leftovers import run_folder

ONE_THREAD_OF_A_KIND = {"num.network.threads": "1", "num.io.threads": "1"}
_STARTED: list[LocalKafka] = []
"""Kept: a process that is forgotten while it runs is a warning."""


def shared_broker() -> str:
    """The bootstrap address of the run's broker, which answers."""
    home = run_folder() / "kafka"
    broker = LocalKafka(home, overrides=ONE_THREAD_OF_A_KIND)
    with ProcessLock(home / "lock", wait=True):
        if broker.process is None:
            broker.start()
            _STARTED.append(broker)
    return broker.bootstrap
