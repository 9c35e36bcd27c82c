"""`tollgate rules explain`: how a ruleset judges one payment, rule by rule."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from streams.option_types import ENGINE

if TYPE_CHECKING:
    from models.rules import RulesetExplanation
    from streams.inspect import PaymentCase

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("explain")
@click.argument("file", type=FILE, required=False)
@click.option("--payment", help="The payment as JSON, or @FILE.")
@click.option("--payment-id", help="A payment that was decided; its vector is read from the log.")
@ENGINE
@click.option(
    "--within", type=click.IntRange(1), default=1_000_000, show_default=True,
    help="Number of newest decisions to search for --payment-id.",
)  # fmt: skip
@click.option("--all", "show_all", is_flag=True, help="Rules that did not hit, too.")
def command(
    file: Path | None, payment: str | None, payment_id: str | None, engine: str, within: int, show_all: bool
) -> None:
    """Which rules of FILE (default: of the live ruleset) hit a payment, at which level, and what was missing.

    A payment written by hand has no features and no probability: rules that need them see them as missing.
    Lists and tables are those of the engine: as they stood when the payment was decided, or as they are now.
    """
    from models.rules import Ruleset, explain
    from streams.control_plane import in_use
    from streams.engine.decision import rule_schema
    from streams.inspect import context_at, find_payment, parse_payment, rule_rows, with_usable_vector
    from streams.settings import Settings

    if (payment is None) == (payment_id is None):
        raise click.UsageError("give --payment or --payment-id")
    settings = Settings()
    catalogue = in_use(settings)
    document = _document(settings, engine, file)
    if payment_id is not None:
        case = with_usable_vector(find_payment(settings.kafka(), engine, payment_id, within), catalogue)
    else:
        case = parse_payment(_text(payment or ""))
    arrived = case.decision.received_at if case.decision is not None else None
    context = context_at(settings, engine, catalogue, arrived)
    compiled = Ruleset.from_dict(document).compile(rule_schema(catalogue))
    click.echo(shown(explain(compiled, rule_rows(context, case), 0), case, show_all))


def shown(explanation: "RulesetExplanation", case: "PaymentCase", show_all: bool) -> str:
    """An explanation for people to read."""
    decides = explanation.deciding
    action = f"{explanation.action} by {decides.id} ({decides.level})" if decides else "no action"
    lines = [f"payment {case.payment.payment_id}: score {explanation.score}, {action}"]
    if case.vector is None:
        lines.append("features are unknown and count as missing")
    quiet = 0
    for rule in explanation.rules:
        if rule.outcome in ("hit", "shadow hit", "error") or show_all:
            values = ", ".join(f"{name} = {_value(value)}" for name, value in rule.values.items())
            lines += [f"  {rule.id} ({rule.level}): {rule.outcome}, {rule.does}", f"      {rule.when}"]
            lines += [f"      {values}"] if values else []
        else:
            quiet += 1
            missing = [name for name, value in rule.values.items() if value is None]
            if missing:
                lines.append(f"  {rule.id} ({rule.level}): {rule.outcome}; missing: {', '.join(missing)}")
    return "\n".join([*lines, f"{quiet} rules did not hit" if not show_all else ""]).rstrip()


def _value(value: object) -> str:
    return "missing" if value is None else repr(value)


def _text(payment: str) -> str:
    from streams.errors import Misconfigured

    if not payment.startswith("@"):
        return payment
    try:
        return Path(payment[1:]).read_text(encoding="utf-8")
    except OSError as error:
        raise Misconfigured(f"{payment[1:]} cannot be read: {error.strerror}") from error


def _document(settings: object, engine: str, file: Path | None) -> dict[str, object]:
    from streams.control_plane import checked_ruleset, history, in_use, named
    from streams.settings import Settings

    assert isinstance(settings, Settings)
    if file is not None:
        return checked_ruleset(settings, file).document
    return named(history(settings.kafka(), engine, in_use(settings)), "live").document
