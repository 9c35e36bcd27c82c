"""`tollgate publish challenger | rollback`: which models score, and on whose payments."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from models.units import MICRO
from streams.commands.publish.change import Author, say_published

if TYPE_CHECKING:
    from models.messages import TrialBounds

OFF = "off"
PSI_MAX_OF_REFERENCE = 250_000


class Micro(click.ParamType):
    """A number as micro-units; with `percent` a share, written `5%`. `off` is None where that may be."""

    def __init__(self, percent: bool, may_be_off: bool) -> None:
        self.percent, self.may_be_off = percent, may_be_off
        self.name = "share" if percent else "number"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002 - click's signature
        return ("SHARE%" if self.percent else "NUMBER") + (f"|{OFF}" if self.may_be_off else "")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str) or (self.may_be_off and value == OFF):
            return value
        try:
            number = Decimal(value.removesuffix("%"))
        except InvalidOperation:
            number = Decimal("NaN")
        scaled = number * (MICRO // 100 if self.percent else MICRO)
        if value.endswith("%") != self.percent or not scaled.is_finite() or scaled != int(scaled):
            expected = "a share such as 5% or 0.5%" if self.percent else "a number such as 0.25"
            self.fail(f"{value!r}: expected {expected}{f', or {OFF}' if self.may_be_off else ''}", param, ctx)
        return int(scaled)


def _bounds(given: dict[str, Any], reference: Path | None) -> "TrialBounds":
    """The bounds that the options give. Raises `Misconfigured` for invalid ones."""
    import msgspec

    from models.messages import TrialBounds
    from streams.errors import Misconfigured

    options = {name: None if value == OFF else value for name, value in given.items() if value is not None}
    try:
        if reference is not None:
            counts = msgspec.json.decode(reference.read_bytes())
            options = {"psi_max": PSI_MAX_OF_REFERENCE, "reference": counts} | options
        return msgspec.convert(options, TrialBounds)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Misconfigured(f"bounds: {error}; nothing was published") from error


@click.command("challenger")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--withdraw", is_flag=True, help="End the trial instead: the champion decides everything.")
@click.option(
    "--share", type=Micro(True, False), default="0%", show_default=True, help="Of cards it decides for."
)
@click.option("--by", type=click.Choice(["card", "customer"]), default="card", show_default=True)
@click.option("--salt", default="", help="A different salt draws different cards.  [default: a random one]")
@click.option(
    "--psi-max", type=Micro(False, True), help="Shift of scores.  [default: 2; 0.25 with a reference]"
)
@click.option(
    "--verdict-gap-max", type=Micro(True, True), default="5%", show_default=True,
    help="Largest difference of a verdict's share from that of the other payments.",
)  # fmt: skip
@click.option(
    "--errors-max", type=Micro(True, True), default="1%", show_default=True, help="Payments without a score."
)
@click.option("--window-payments", default=2_000, show_default=True, help="Payments of a window of scores.")
@click.option("--group-payments", default=500, show_default=True, help="Payments of the smaller group.")
@click.option(
    "--window-hours", default=24, show_default=True, help="Hours after which a tenth of a window is enough."
)
@click.option(
    "--reference", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON list of ten counts: the scores to be expected, instead of the champion's.",
)  # fmt: skip
@click.pass_obj
def challenger(
    obj: Author,
    /,
    file: Path | None,
    withdraw: bool,
    share: int,
    by: str,
    salt: str,
    reference: Path | None,
    **bounds: Any,
) -> None:
    """The model artefact in FILE is put on trial: it scores every payment alongside the champion, and decides
    those of a share of cards or customers. It is withdrawn automatically when it leaves its bounds.

    The file is staged here. Stage it on every other engine host first. See docs/canary.md.
    """
    from streams.control_plane import offer_challenger, withdraw_challenger
    from streams.settings import Settings

    engine, author, reason = obj
    if withdraw == (file is not None):
        raise click.UsageError("give either the FILE of a model, or --withdraw")
    if file is None:
        say_published(withdraw_challenger(Settings(), engine, author, reason), engine)
        return
    within = _bounds(bounds, reference)
    found = offer_challenger(Settings(), engine, file.read_bytes(), share, by, salt, within, author, reason)
    say_published(found, engine)


@click.command("rollback")
@click.pass_obj
def rollback(obj: Author) -> None:
    """The model that scored before the present one scores again; a trial is over."""
    from models.messages import ModelChange
    from streams.control_plane import rollback as roll_back
    from streams.settings import Settings

    engine, author, reason = obj
    found = roll_back(Settings(), engine, author, reason)
    assert isinstance(found.control.change, ModelChange)
    click.echo(f"model {found.control.change.sha256[:16]} scores again")
    say_published(found, engine)
