"""The README: its decision is one that the contract knows, its commands are there."""

import re
from pathlib import Path

import msgspec

from models.messages.decision import Decision

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


def test_the_decision_in_the_readme_is_of_todays_contract() -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    decision = msgspec.json.decode(shown, type=Decision)
    assert msgspec.json.decode(msgspec.json.encode(decision)) == msgspec.json.decode(shown)


def test_the_test_command_of_the_readme_is_what_ci_runs_and_holds_every_check() -> None:
    readme = README.read_text(encoding="utf-8")
    assert "    make demo " in readme
    assert "    make check " in readme
    assert "exec make check" in (ROOT / ".ci/run").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^check: lint test ", makefile, re.MULTILINE)
    (lint,) = re.findall(r"^lint:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert all(tool in lint for tool in ("ruff check .", "ruff format --check .", "-m mypy", "lint-imports"))
