"""How many examples a random test draws: a short form for every change, a long one for the night."""

import pytest
from _pytest.mark import ParameterSet
from hypothesis import settings

LONG_TIMES = 10


def examples(count: int) -> settings:
    """`count` examples in `make check`, ten times as many in `make check-long`."""
    return settings(max_examples=count * (LONG_TIMES if settings.get_current_profile_name() == "long" else 1))


def slow(value: object) -> ParameterSet:
    """A parameter that only `make check-long` runs."""
    return pytest.param(value, marks=pytest.mark.slow)
