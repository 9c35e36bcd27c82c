"""`tollgate settings`: every setting and its value."""

import click


@click.command("settings")
@click.option("--markdown", is_flag=True, help="Print the page docs/settings.md instead.")
def command(markdown: bool) -> None:
    """Show every setting: environment variable, value, default, meaning. Passwords are masked."""
    from streams.settings import Settings, table, variable_of, without_password

    if markdown:
        click.echo(table(), nl=False)
        return
    settings = Settings()
    for name, field in Settings.model_fields.items():
        value = without_password(str(getattr(settings, name))) or "(empty)"
        click.echo(
            f"{variable_of(name)}={value}\n    {field.description} Default: {field.default or '(empty)'}"
        )
