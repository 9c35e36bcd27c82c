"""`tollgate acls`: the least rights on Kafka that each role needs, shown, compared or applied."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from streams.option_types import ENGINE

if TYPE_CHECKING:
    from streams.access import AclComparison, Grant


@click.command("acls")
@ENGINE
@click.option("--role", "roles", multiple=True, help="Only this role; may be repeated.")
@click.option(
    "--principal", "principals", multiple=True, metavar="ROLE=PRINCIPAL",
    help="Who plays a role, e.g. engine=User:CN=fraud-engine.  [default: User:ENGINE-ROLE]",
)  # fmt: skip
@click.option("--with-local", is_flag=True, help="With the roles that only the local platform has.")
@click.option("--json", "as_json", is_flag=True, help="Print them as one JSON array.")
@click.option("--lines", is_flag=True, help="Print them as commands of kafka-acls.sh.")
@click.option(
    "--check", is_flag=True, help="Compare them with the cluster's; exit code 1 where any is missing."
)
@click.option(
    "--apply", "is_applied", is_flag=True, help="Add what the cluster lacks; nothing is taken away."
)
@click.option(
    "--users", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="With --apply: also make the SCRAM users of the files that `tollgate credentials` made.",
)  # fmt: skip
def command(
    *, engine: str, roles: tuple[str, ...], principals: tuple[str, ...], with_local: bool, as_json: bool,
    lines: bool, check: bool, is_applied: bool, users: Path | None,
) -> None:  # fmt: skip
    """Show the rights that each role of an engine needs on Kafka: topics, groups, transactional ids.

    --check and --apply ask the cluster, by a principal that may change access control lists. See
    docs/security.md.
    """
    import json
    import sys
    from dataclasses import asdict

    from streams.access import apply, compare, kafka_acls_lines
    from streams.settings import Settings

    wanted = _grants(engine, roles, principals, with_local)
    if as_json:
        click.echo(json.dumps([asdict(grant) for grant in wanted]))
    elif lines:
        for line in kafka_acls_lines(wanted, Settings().own_kafka or "BROKER:9093"):
            click.echo(line)
    elif is_applied:
        bootstrap = Settings().kafka("superuser")
        if users is not None:
            _make_users(bootstrap, users)
        _show(apply(bootstrap, wanted), "added")
    elif check:
        found = compare(Settings().kafka("superuser"), wanted)
        _show(found, "missing")
        if found.missing:
            sys.exit(1)
    else:
        click.echo(_table(wanted))


def _grants(engine: str, names: Sequence[str], principals: Sequence[str], with_local: bool) -> "list[Grant]":
    from streams.access import ROLES, grants, role_named
    from streams.errors import Misconfigured

    owners = dict(part.partition("=")[::2] for part in principals)
    for name, owner in owners.items():
        role_named(name)
        if ":" not in owner:
            raise Misconfigured(f"--principal {name}={owner}: a principal has a type, e.g. User:fraud-engine")
    chosen = [role_named(name) for name in names] or [
        role for role in ROLES if with_local or not role.only_local
    ]
    return [grant for role in chosen for grant in grants(role, engine, owners.get(role.name, ""))]


def _make_users(bootstrap: str, folder: Path) -> None:
    from streams.access import set_passwords
    from streams.connection import read_properties

    files = [read_properties(path) for path in sorted(folder.glob("*.properties"))]
    users = {one["sasl.username"]: one["sasl.password"] for one in files if "sasl.username" in one}
    set_passwords(bootstrap, users)
    click.echo(f"{len(users)} users have the passwords of {folder}")


def _show(comparison: "AclComparison", word: str) -> None:
    for grant in comparison.missing:
        click.echo(f"{word}: {grant.principal}: {grant.operation} on {grant.resource} {grant.name}")
    for right in comparison.surplus:
        click.echo(f"beyond the matrix: {right}")
    click.echo(f"{len(comparison.missing)} rights {word}, {len(comparison.surplus)} beyond the matrix")


def _table(wanted: "Sequence[Grant]") -> str:
    from itertools import groupby

    lines = []
    for owner, of_owner in groupby(wanted, lambda grant: grant.principal):
        lines.append(owner)
        for (resource, name, is_prefix), group in groupby(
            of_owner, lambda grant: (grant.resource, grant.name, grant.is_prefix)
        ):
            operations = ", ".join(grant.operation for grant in group)
            lines.append(f"  {resource:<18}{name + ('*' if is_prefix else ''):<34}{operations}")
    return "\n".join(lines)
