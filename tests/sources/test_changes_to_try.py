"""Replays may be judged by a ruleset, policy or model of one's own."""

from pathlib import Path

import pytest

from models.messages.control import ModelChange, PolicyChange, RulesetChange
from models.seed import seed_model_artefact
from streams.errors import Misconfigured
from streams.settings import Settings
from streams.sources.files.replay_map import load
from streams.sources.traffic.changes import changes_to_try
from streams.sources.traffic.replay import ReplayOptions, begin

RULES = """
name: t
version: 2
rules:
  - {id: a, description: d, owner: o, when: amount > 5 EUR, action: block}
"""
POLICY = "name: p\nprobability: {challenge_from: 100000, review_from: 300000, decline_from: 700000}\n"


def _written(folder: Path, name: str, content: str) -> Path:
    (folder / name).write_text(content)
    return folder / name


def test_each_file_becomes_a_change_and_a_model_is_staged(tmp_path: Path) -> None:
    settings = Settings().with_home(tmp_path)
    model = tmp_path / "model.json"
    model.write_bytes(seed_model_artefact())
    rules, policy = _written(tmp_path, "r.yaml", RULES), _written(tmp_path, "p.yaml", POLICY)
    found = changes_to_try(settings, rules, policy, model)
    assert {type(change) for change in found} == {RulesetChange, PolicyChange, ModelChange}
    assert len(list((tmp_path / "artefacts").iterdir())) == 1
    assert changes_to_try(settings, None, None, None) == ()


def test_a_ruleset_that_does_not_compile_is_refused_before_the_replay(tmp_path: Path) -> None:
    rules = _written(tmp_path, "r.yaml", RULES.replace("amount", "amuont"))
    with pytest.raises(Misconfigured, match="amuont"):
        changes_to_try(Settings().with_home(tmp_path), rules, None, None)


@pytest.mark.kafka
def test_what_a_replay_began_with_is_not_changed_by_resuming_it(kafka: str, tmp_path: Path) -> None:
    settings = Settings().with_home(tmp_path)
    changes = changes_to_try(settings, _written(tmp_path, "r.yaml", RULES), None, None)
    options = ReplayOptions(tmp_path, load("sparkov"), "test-trial", changes=changes)
    begin(kafka, settings, options)
    with pytest.raises(Misconfigured, match="--fresh"):
        begin(kafka, settings, options)
