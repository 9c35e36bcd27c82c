"""`tollgate settings`: every setting and its value."""

import click


@click.command("settings")
@click.option("--markdown", is_flag=True, help="Print the page docs/settings.md instead.")
def command(markdown: bool) -> None:
    """Show every setting: environment variable, value, default, meaning. Secrets are masked."""
    from streams.masking import shown
    from streams.settings import Settings, table, variable_of

    if markdown:
        click.echo(table(), nl=False)
        return
    settings = Settings()
    for name, field in Settings.model_fields.items():
        variable = variable_of(name)
        value = shown(variable, _plain(getattr(settings, name))) or "(empty)"
        click.echo(
            f"{variable}={value}\n    {field.description} Default: {_plain(field.default) or '(empty)'}"
        )


def _plain(value: object) -> object:
    """The value itself where it hides in a type of pydantic's: whether it is empty must be seen."""
    reveal = getattr(value, "get_secret_value", None)
    return value if reveal is None else reveal()
