"""What our long-running processes share: a stop flag set by SIGTERM or Ctrl-C, and plain log lines."""

import logging
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType


def configure_logging() -> None:
    """One line an event on standard error, times in UTC."""
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S",
    )


def stop_flag() -> Callable[[], bool]:
    """Whether the process is to stop. Installs the signal handlers."""
    received: list[int] = []

    def handle(number: int, _: FrameType | None) -> None:
        received.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)
    return lambda: bool(received)
