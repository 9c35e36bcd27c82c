"""Children hear the signals that end them, however their parent was started.

A signal that a process ignores is ignored by its children too, through `exec`: `nohup`, `trap ''` and shells
without job control leave us and them deaf to Ctrl-C. A signal that a process handles is not: the child begins
with the default (signal(7)).
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

ENDING: Final = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


@contextmanager
def heard_by_children() -> Iterator[None]:
    """Who is started meanwhile has the default for each signal of `ENDING`; this process goes on ignoring
    what it ignored. Python lets the main thread alone change this: elsewhere children inherit as before.
    """
    ignored = [number for number in ENDING if signal.getsignal(number) is signal.SIG_IGN]
    if threading.current_thread() is not threading.main_thread():
        ignored = []
    for number in ignored:
        signal.signal(number, _nothing)
    try:
        yield
    finally:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)


def _nothing(number: int, frame: FrameType | None) -> None:
    """As if ignored, though by a handler."""
