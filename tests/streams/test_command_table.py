"""The one command: quick help, lazy commands, errors without traceback."""

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from streams import cli
from streams.commands import COMMANDS
from streams.commands.publish.author import login_name
from streams.errors import Misconfigured

HEAVY = (
    "numpy",
    "pydantic",
    "rich",
    "numba",
    "lightgbm",
    "confluent_kafka",
    "chdb",
    "pyarrow",
    "yaml",
    "psutil",
)


def tollgate(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "streams.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", **environment},
    )


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    code = (
        "import sys; from streams import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        f"loaded = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "sys.exit(f'--help imports {loaded}' if loaded else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert all(f"  {name} " in done.stdout for name in cli.commands())


@pytest.mark.parametrize("name", list(cli.commands()))
def test_every_command_of_the_table_loads_under_its_name(name: str) -> None:
    assert importlib.util.find_spec(cli.commands()[name][0]), f"no module for `tollgate {name}`"
    assert cli.load(name).name == name


def test_command_without_module_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(cli)["COMMANDS"], "later", ("streams.commands.later", "Not written yet."))
    with pytest.raises(Misconfigured, match="`tollgate later` is not in this version"):
        cli.load("later")


def test_our_errors_are_one_message_and_exit_code_1() -> None:
    done = tollgate("settings", TOLLGATE_HOEM="here")
    assert done.returncode == 1
    assert done.stderr.startswith("tollgate: TOLLGATE_HOEM: no such setting.")
    assert len(done.stderr.splitlines()) == 1


def test_a_path_that_cannot_be_used_is_one_message_and_exit_code_1(tmp_path: Path) -> None:
    missing = tmp_path / "not there" / "payments.jsonl"
    done = tollgate("simulate", "--count", "1", "--to", str(missing))
    assert done.returncode == 1
    assert done.stderr == (
        f"tollgate: {missing}: No such file or directory. Give another path, or make this one usable for the "
        "user who runs the command\n"
    )


def test_a_catalogue_that_contradicts_itself_is_one_message_and_exit_code_2() -> None:
    code = (
        "from features.catalogue import families as c; from streams import cli\n"
        "c.FAMILIES = (*c.FAMILIES, c.FAMILIES[0])\n"
        "import click; cli.group.add_command(click.Command('x', callback=lambda: "
        "c.Catalogue(c.ENTITIES, c.FAMILIES)))\n"
        "cli.load = lambda name: cli.group.commands[name]; cli.COMMANDS['x'] = ('', '')\n"
        "cli.main(['x'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert re.search(r"features/catalogue/families\.py:\d+: feature .* is declared twice", done.stderr)


def test_unknown_command_is_a_usage_error() -> None:
    done = tollgate("paymints")
    assert done.returncode == 2
    assert "deploy/venv.sh" in done.stderr


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (None, "is a mapping"),
        ({"x": "module"}, "is a mapping"),
        ({"up": ("theirs.up", "Ours is theirs.")}, "there is a `tollgate up` already"),
        (ImportError("no numpy"), "no numpy"),
    ],
)
def test_a_broken_package_does_not_stop_the_others(
    table: object, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Point:
        name, value, dist = "theirs", "theirs:COMMANDS", None

        def load(self) -> object:
            if isinstance(table, Exception):
                raise table
            return table

    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [Point()])  # noqa: ARG005
    cli._installed.cache_clear()
    try:
        assert dict(cli.commands()) == COMMANDS
        assert reason in cli.unavailable()["theirs"]
    finally:
        cli._installed.cache_clear()


def test_a_module_without_command_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(cli)["COMMANDS"], "later", ("streams.errors", "Not a command."))
    with pytest.raises(Misconfigured, match=r"streams.errors has no `command`"):
        cli.load("later")


def test_readme_lists_every_command_as_help_does() -> None:
    page = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `tollgate ")]
    assert rows == [f"| `tollgate {name}` | {line} |" for name, (_, line) in cli.commands().items()]


def _with_parts(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for part in command.list_commands(context):
            found = command.get_command(context, part)
            assert found is not None
            yield from _with_parts(f"{name} {part}", found)


CHANGES_KEYS = {"keys add", "keys retire", "keys rotate-root", "keys second-signature"}


def test_whatever_publishes_controls_can_sign_only() -> None:
    publishing, signing = set(CHANGES_KEYS), set()
    for name in cli.commands():
        for path, command in _with_parts(name, cli.load(name)):
            options = {option.name: option for option in command.params}
            if "author" in options and options["author"].default is login_name:
                publishing.add(path)
            if "sign_only" in options:
                signing.add(path)
    assert {"publish", "lists import", "rules publish", "rollback"} < publishing
    assert signing == publishing
