"""Errors of training as the command line shows them: one clear message, no traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

from streams.errors import Misconfigured
from training.errors import TrainingError


@contextmanager
def told() -> Iterator[None]:
    """Raises `Misconfigured` where training says that something has to be changed."""
    try:
        yield
    except TrainingError as error:
        raise Misconfigured(str(error)) from error
