"""Errors of training as the command line shows them: one clear message, no traceback."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.errors import Misconfigured, Outage
from training.errors import ClusterUnreachable, RegistryUnreachable, TrainingError


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raises `Misconfigured` where training says that something has to be changed, `Outage` where MLflow or a
    cluster does not answer.
    """
    try:
        yield
    except (ClusterUnreachable, RegistryUnreachable) as error:
        raise Outage(str(error)) from error
    except TrainingError as error:
        raise Misconfigured(str(error)) from error


def check_writable(folder: Path) -> None:
    """Raises `Misconfigured` where nothing can be written: before hours of work, not after them."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(
            f"{folder} cannot be made: {error.strerror or error}; name another place"
        ) from error
    if not os.access(folder, os.W_OK):
        raise Misconfigured(f"{folder} cannot be written to: give yourself the right, or name another place")
