"""Types of command-line options that click does not have."""

import math

import click


class FiniteRange(click.FloatRange):
    """A number within bounds. `nan` is within none of them, though it compares as if it were."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number
