"""What the options of `tollgate features` take."""

from pathlib import Path
from typing import Any

import click


class Delay(click.ParamType):
    """A number and a unit."""

    name = "delay"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from streams.sources.files import delay_ms

        if isinstance(value, int):
            return value
        try:
            return delay_ms(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class NamedFile(click.ParamType):
    """`NAME=FILE`."""

    name = "name=file"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Path]:
        if isinstance(value, tuple):
            return value
        name, separator, file = value.partition("=")
        if not separator or not Path(file).is_file():
            self.fail(f"{value!r} is not NAME=FILE with a file that is there", param, ctx)
        return name, Path(file)


FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
