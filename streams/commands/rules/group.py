"""`tollgate rules`: working with rulesets. Each change is a control on the log."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streams.commands.publish.author import AUTHOR, REASON, SIGN_ONLY
from streams.option_types import ENGINE

if TYPE_CHECKING:
    from streams.control_plane import Publication
    from streams.settings import Settings

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class RulesGroup(click.Group):
    """Heavy sub-commands live in modules of their own, imported when used."""

    ELSEWHERE = {  # noqa: RUF012 - a table, never changed
        "backtest": "streams.commands.rules.backtest",
        "explain": "streams.commands.rules.explain",
        "why": "streams.commands.rules.why",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *self.ELSEWHERE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        import importlib

        command: click.Command = importlib.import_module(self.ELSEWHERE[cmd_name]).command
        return command


@click.group("rules", cls=RulesGroup)
def command() -> None:
    """Check, compare, publish and take back rulesets.

    A ruleset goes live by a control on ENGINE.controls. It is effective from that offset: for every payment
    after it and for none before. Its version is a hash of its content.
    """


@command.command("check")
@click.argument("file", type=FILE)
def check(file: Path) -> None:
    """Compile the ruleset in FILE against the catalogue in use, and publish nothing.

    Every mistake is reported by file, line and column; exit code 1. What the rules cost is shown next to the
    budget: a ruleset above it is refused, here and by the engine.
    """
    from models.versions import content_version
    from streams.control_plane import checked_ruleset, ruleset_cost
    from streams.settings import Settings

    settings = Settings()
    document = checked_ruleset(settings, file).document
    click.echo(f"{file}: {len(document['rules'])} rules, version {content_version(document)}: can go live")
    click.echo(f"cost: {ruleset_cost(settings, document)}")


@command.command("diff")
@click.argument("old")
@click.argument("new", required=False)
@ENGINE
def diff(old: str, new: str | None, engine: str) -> None:
    """What changes from OLD to NEW, rule by rule.

    Each is a file, a version (or its first digits) or `live`. A single one is compared with the live ruleset.
    """
    from models.rules import ruleset_diff
    from streams.settings import Settings

    settings = Settings()
    names = (old, new) if new is not None else ("live", old)
    before, after = (_document(settings, engine, name) for name in names)
    lines = ruleset_diff(before, after)
    click.echo("\n".join(lines) if lines else "no difference")


@command.command("publish")
@click.argument("file", type=FILE)
@SIGN_ONLY
@ENGINE
@AUTHOR
@REASON
def publish(file: Path, engine: str, author: str, reason: str) -> None:
    """The ruleset in FILE goes live.

    It is refused before it reaches the log when it does not compile, or is live already.
    """
    from streams.control_plane import checked_ruleset
    from streams.settings import Settings

    settings = Settings()
    _go_live(settings, engine, checked_ruleset(settings, file).document, author, reason)


@command.command("rollback")
@SIGN_ONLY
@ENGINE
@AUTHOR
@REASON
@click.option("--to", help="Version, or its first digits.  [default: the one that was live before]")
def rollback(engine: str, author: str, reason: str, to: str | None) -> None:
    """A ruleset that was live before goes live again, by a new control on the log."""
    from streams.control_plane import earlier
    from streams.settings import Settings

    settings = Settings()
    chosen = earlier(_history(settings, engine), to)
    _go_live(settings, engine, chosen.document, author, reason)


@command.command("history")
@ENGINE
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with the whole document.")
@click.option("--show", "version", help="Print the document of this version as YAML instead.")
def history(engine: str, as_json: bool, version: str | None) -> None:
    """Every ruleset that the engine applied, refused or will come to: where, when, by whom, why, and what.

    By its journal and dead letters, from whatever topic it came.
    """
    import json

    from streams.settings import Settings

    settings = Settings()
    publications = _history(settings, engine)
    if version is not None:
        from models.rules import ruleset_text

        click.echo(ruleset_text(_document(settings, engine, version)), nl=False)
    elif as_json:
        for publication in publications:
            document = {**vars(publication), "name": publication.name, "rules": publication.rules}
            click.echo(json.dumps(document))
    else:
        click.echo(_table(publications))


def _go_live(settings: "Settings", engine: str, document: dict[str, Any], author: str, reason: str) -> None:
    from streams.control_plane import publish_ruleset

    version, found = publish_ruleset(settings, engine, document, author, reason)
    click.echo(
        f"ruleset {version} is live on {engine}, effective from offset {found.offset} of {engine}.controls"
    )


def _history(settings: "Settings", engine: str) -> "list[Publication]":
    from streams.control_plane import history, in_use

    return history(settings.kafka(), engine, in_use(settings))


def _document(settings: "Settings", engine: str, name: str) -> dict[str, Any]:
    """The ruleset document that a file, a version or `live` names. Raises `Misconfigured`."""
    from models.rules import RulesetSourceError, read_ruleset
    from streams.control_plane import named
    from streams.errors import Misconfigured

    path = Path(name)
    if name != "live" and path.is_file():
        try:
            return read_ruleset(path.read_text(encoding="utf-8"), name).document
        except RulesetSourceError as error:
            raise Misconfigured(str(error)) from error
    return named(_history(settings, engine), name).document


def _table(publications: "list[Publication]") -> str:
    from streams.control_plane import live
    from streams.text_table import text_table

    now = live(publications)
    rows = [("offset", "when (UTC)", "version", "rules", "name", "author", "reason")]
    rows += [
        (_place(p), _time(p.at), p.version, str(p.rules), p.name, p.author, _reason(p, now))
        for p in publications
    ]
    return text_table(rows)


def _place(publication: "Publication") -> str:
    """The offset; with its topic where that is not the one for controls."""
    _, _, role = publication.topic.rpartition(".")
    return str(publication.offset) if role in ("", "controls") else f"{role}@{publication.offset}"


def _reason(publication: "Publication", now: "Publication | None") -> str:
    if publication.waiting and publication.refused is None:
        return f"not reached by the engine yet: {publication.reason}"
    if publication is now:
        return f"live: {publication.reason}"
    if publication.refused:
        return f"REFUSED ({publication.refused}): {publication.reason}"
    return publication.reason


def _time(time_ms: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
