"""Options that many commands share, and a type of option that click does not have."""

import math
from typing import Final

import click

ENGINE: Final = click.option("--engine", default="live", show_default=True, help="Name of the engine.")


class FiniteRange(click.FloatRange):
    """A number within bounds. `nan` is within none of them, though it compares as if it were."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number
