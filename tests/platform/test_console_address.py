"""Where the console is, as `tollgate up`, `demo` and `status` tell it from its record."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.commands.installation.status import command as status
from streams.platform.console_address import console_lines
from streams.platform.processes import ProcessFile
from streams.settings import Settings

ADDRESS = "http://127.0.0.1:8700"
LINK = f"{ADDRESS}/link/of-the-first-admin"


def home(folder: Path, **record: str) -> Settings:
    (folder / "run").mkdir()
    ProcessFile(folder / "run/console.json", private=True).write(os.getpid(), address=ADDRESS, **record)
    return Settings(home=folder)


def test_the_first_administrators_link_is_told_from_the_record(tmp_path: Path) -> None:
    assert console_lines(home(tmp_path, first_link=LINK)) == [
        f"  console     {ADDRESS}",
        f"  first sign-in as admin (once)  {LINK}",
    ]


def test_once_somebody_can_sign_in_the_address_alone_is_told(tmp_path: Path) -> None:
    assert console_lines(home(tmp_path)) == [f"  console     {ADDRESS}"]


def test_a_console_that_ended_without_taking_its_record_away_is_not_told(tmp_path: Path) -> None:
    settings = home(tmp_path, first_link=LINK)
    file = settings.run / "console.json"
    file.write_text(file.read_text().replace(f'"pid": {os.getpid()}', '"pid": 2147483646'))
    assert console_lines(settings) == []


@pytest.mark.parametrize(("arguments", "told"), [((), True), (("--json",), False)])
def test_status_shows_the_link_to_people_and_not_in_its_json(
    tmp_path: Path, arguments: tuple[str, ...], told: bool
) -> None:
    home(tmp_path, first_link=LINK)
    shown = CliRunner().invoke(status, ["--home", str(tmp_path), *arguments]).output
    assert (LINK in shown) is told
