"""`tollgate rules why`: the smallest change of inputs that would have changed a verdict."""

from pathlib import Path
from typing import Any

import click

from streams.option_types import ENGINE

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("why")
@click.argument("payment", type=FILE, required=False)
@click.option("--payment-id", help="A payment that was decided; its vector is read from the log.")
@ENGINE
@click.option(
    "--within", type=click.IntRange(1), default=1_000_000, show_default=True,
    help="Number of newest decisions to search for --payment-id.",
)  # fmt: skip
@click.option("--ruleset", type=FILE, help="Another ruleset.  [default: what was live]")
@click.option("--policy", type=FILE, help="Another policy.  [default: what was live]")
@click.option(
    "--wanted", type=click.Choice(["approve", "challenge", "review", "decline"]),
    help="The verdict to reach.  [default: a milder one; of an approval, any other]",
)  # fmt: skip
def command(
    payment: Path | None, payment_id: str | None, engine: str, within: int, ruleset: Path | None,
    policy: Path | None, wanted: str | None,
) -> None:  # fmt: skip
    """Why not? The smallest change of one input of the rules (or of two) that changes a verdict.

    PAYMENT is a file with a payment as JSON, or with an object of `payment`, `features`, `probability` and
    `lists`. With --ruleset it is judged without any engine: by that ruleset, --policy (or the seed's) and the
    seed's tables. Every answer shown has been checked against rules and policy.
    """
    from models.messages import Verdict
    from streams.control_plane import in_use
    from streams.inspect import (
        SuppliedInputs,
        counterfactual,
        find_payment,
        in_effect_at,
        parse_case,
        with_usable_vector,
    )
    from streams.settings import Settings

    if (payment is None) == (payment_id is None):
        raise click.UsageError("give the file of a payment, or --payment-id")
    settings = Settings()
    catalogue = in_use(settings)
    inputs = SuppliedInputs()
    if payment is not None:
        case, inputs = parse_case(payment.read_text(encoding="utf-8"), frozenset(catalogue.names))
    else:
        case = with_usable_vector(find_payment(settings.kafka(), engine, payment_id or "", within), catalogue)
    arrived = case.decision.received_at if case.decision is not None else None
    offline = payment is not None and ruleset is not None
    context = _seed(catalogue) if offline else in_effect_at(settings, engine, catalogue, arrived)
    context = _replaced(context, settings, ruleset, policy)
    answer = counterfactual(context, case, inputs, Verdict(wanted) if wanted else None)
    if case.decision is not None and case.decision.verdict != answer.before:
        by = case.decision.decided_by
        click.echo(f"the decision was {case.decision.verdict} (by {by}); judged again here: {answer.before}")
    click.echo(answer.words())


def _seed(catalogue: Any) -> Any:
    """The seed's policy and tables, without a ruleset."""
    from models.policy import Policy
    from models.seed import seed_policy
    from streams.engine.decision import Context
    from streams.sources.vectors import reference_tables

    def nothing(sha256: str) -> bytes:
        raise KeyError(sha256)

    policy = Policy.from_dict(seed_policy())
    return Context(catalogue, nothing, policy=policy, tables=reference_tables())


def _replaced(context: Any, settings: Any, ruleset: Path | None, policy: Path | None) -> Any:
    """The context with the ruleset and policy given. Raises `Misconfigured`."""
    from models.messages import Change, Control, PolicyChange, RulesetChange
    from streams.control_plane import checked_ruleset, read_document
    from streams.engine.decision import InvalidControlError
    from streams.errors import Misconfigured

    changes: list[Change] = []
    if ruleset is not None:
        changes.append(RulesetChange(checked_ruleset(settings, ruleset).document))
    if policy is not None:
        changes.append(PolicyChange(read_document(policy)))
    for change in changes:
        try:
            context = context.applied(Control("why", 0, "why", change))
        except InvalidControlError as error:
            raise Misconfigured(str(error)) from error
    return context
