"""`tollgate promote`: a challenger goes live where every gate is passed. There is no way around the gates."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streams.commands.publish import AUTHOR, REASON, SIGN_ONLY, Micro
from streams.option_types import ENGINE

if TYPE_CHECKING:
    from learning.promotion import Promotion


@click.command("promote")
@ENGINE
@click.option("--challenger", "version", type=int, help="Version.  [default: the alias `challenger`]")
@click.option(
    "--dataset", "folder", type=click.Path(file_okay=False, path_type=Path),
    help="Folder of labelled payments, some later than what the models learned from.  "
    "[default: HOME/training/datasets/ENGINE]",
)  # fmt: skip
@click.option(
    "--canary", "share", type=Micro(True, False), help="Put it on trial for this share of cards, e.g. 5%."
)
@click.option("--json", "as_json", is_flag=True, help="Last line: all figures as one JSON object.")
@AUTHOR
@REASON
@SIGN_ONLY
def command(
    *,
    engine: str,
    version: int | None,
    folder: Path | None,
    share: int | None,
    as_json: bool,
    author: str,
    reason: str,
) -> None:
    """Hold the challenger against the model that is live, and let it go live if it passes every gate.

    \b
    tollgate promote --author you --reason "daily"
    tollgate promote --dataset DATASET --canary 5% --author you --reason "daily"

    The champion stays where a gate is not passed (exit code 1), and the table says which and why. There is
    no --force: who must, publishes a model by hand (`tollgate publish model`). `tollgate rollback` takes it
    back. Stage the artefact on every other engine host first. See docs/promotion.md.
    """
    import json

    from learning.errors import translated_errors
    from learning.promotion import challenger_of, promote, registry_of
    from streams.settings import Settings
    from training.dataset import Dataset

    settings = Settings()
    challenger = challenger_of(registry_of(settings, engine), version)
    with translated_errors():
        dataset = Dataset.load(folder or settings.home / "training" / "datasets" / engine)
    found = promote(settings, engine, challenger, dataset, (author, reason), share)
    click.echo("\n".join(closing_lines(found, engine, share)))
    if as_json:
        click.echo(json.dumps(document(found)))
    if found.logged is None:
        sys.exit(1)


def closing_lines(promotion: "Promotion", engine: str, share: int | None) -> list[str]:
    """The outcome for people."""
    from streams.text_table import text_table

    name = f"version {promotion.challenger.version} ({promotion.challenger.sha256[:16]})"
    if promotion.gates is None:
        assert promotion.logged is not None
        since = f"since offset {promotion.logged.offset}"
        return [f"{name} is champion of {engine} already, {since}: nothing was published"]
    lines = [text_table(promotion.gates.rows()), ""]
    if promotion.logged is None:
        refused = ", ".join(gate.name for gate in promotion.gates.refusals)
        lines += [f"needed by {line}" for line in promotion.gates.advice()]
        return [*lines, "", f"{name} stays out ({refused}); {promotion.gates.champion} stays champion"]
    what = "champion" if share is None else f"on trial for {share / 10_000:g} % of cards"
    return [
        *lines,
        f"{name} is {what} of {engine} from offset {promotion.logged.offset} of {engine}.controls on",
    ]


def document(promotion: "Promotion") -> dict[str, Any]:
    """The outcome for machines."""
    return {
        "promoted": promotion.logged is not None,
        "version": promotion.challenger.version,
        "sha256": promotion.challenger.sha256,
        "offset": None if promotion.logged is None else promotion.logged.offset,
        "gates": None if promotion.gates is None else promotion.gates.as_dict(),
    }
