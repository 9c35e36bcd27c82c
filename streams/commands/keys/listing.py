"""`tollgate keys list`: the keys that an engine trusts, and the controls that it refused."""

import click

from streams.option_types import ENGINE

REFUSED_SHOWN = 20


@click.command("list")
@ENGINE
@click.option("--refused", is_flag=True, help="Show the controls that were refused as well.")
def keys_list(engine: str, refused: bool) -> None:
    """Show the keys that an engine trusts at its log's end, and what two people must sign."""
    from models.trust import key_id
    from streams.control_plane import LogTrust
    from streams.keys import keyring_of
    from streams.settings import Settings
    from streams.text_table import text_table

    settings = Settings()
    keyring = keyring_of(settings)
    trust = LogTrust(settings.kafka(), engine, keyring.root if keyring else None)
    refusals = [entry for entry in trust.read() if entry.refusal is not None]
    keys = trust.state.keys
    if keys is None:
        click.echo(f"{engine} trusts no keys: its controls are not signed")
        return
    click.echo(f"keys of {engine}, version {keys.version}; a change takes {keys.root.threshold} root keys")
    rows = [("holder", "id", "roles")]
    rows += [(each.name, key_id(each.key), "root") for each in keys.root.keys]
    rows += [(each.name, key_id(each.key), ", ".join(each.roles)) for each in keys.keys]
    click.echo(text_table(rows))
    click.echo(f"two people sign: {_second(keys.second_signature)}")
    click.echo(f"controls refused: {len(refusals)}")
    for entry in refusals[-REFUSED_SHOWN:] if refused else []:
        click.echo(f"  offset {entry.offset}: {entry.control.id}: {entry.refusal}")


def _second(second: object) -> str:
    from models.messages import SecondSignature

    assert isinstance(second, SecondSignature)
    hours = second.allow_entry_hours
    named = {
        "rulesets that allow": second.allow_rules,
        "models that decide": second.models,
        "policies": second.policies,
        f"allow entries of more than {hours} h": hours is not None,
    }
    return ", ".join(name for name, applies in named.items() if applies) or "nothing"
