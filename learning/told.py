"""Errors of training as the command line shows them: one clear message, no traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

from streams.errors import Misconfigured, Outage
from training.errors import ClusterUnreachable, RegistryUnreachable, TrainingError


@contextmanager
def told() -> Iterator[None]:
    """Raises `Misconfigured` where training says that something has to be changed, `Outage` where MLflow or a
    cluster does not answer.
    """
    try:
        yield
    except (ClusterUnreachable, RegistryUnreachable) as error:
        raise Outage(str(error)) from error
    except TrainingError as error:
        raise Misconfigured(str(error)) from error
