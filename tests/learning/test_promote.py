"""`tollgate promote` and `tollgate rollback`, on a log that is kept in memory and a registry on disk."""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from features.catalogue import CATALOGUE
from learning.registered import CARD, answer
from models.messages.control import ChallengerChange, PolicyChange, PromoteChange
from models.seed import seed_model_artefact
from streams import cli
from tests.learning.promotion_scene import Scene, scene_in
from tests.support import model_cases as models
from tests.support.model_cases import NAMES, Cases

WHO = ("--author", "ana", "--reason", "daily")


@pytest.fixture(scope="module")
def of() -> Cases:
    made = models.cases()
    return replace(made, manifest=replace(made.manifest, catalogue_hash=CATALOGUE.schema_hash))


@pytest.fixture(scope="module")
def dataset(of: Cases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return models.write(of, tmp_path_factory.mktemp("dataset"))


@pytest.fixture(scope="module")
def good(of: Cases) -> bytes:
    return models.artefact(of, catalogue_hash=CATALOGUE.schema_hash)


@pytest.fixture(scope="module")
def weak(of: Cases) -> bytes:
    return models.artefact(of, (NAMES[0], NAMES[3]), catalogue_hash=CATALOGUE.schema_hash)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: Path) -> Scene:
    return scene_in(tmp_path / "home", monkeypatch, dataset)


def tollgate(*arguments: object) -> int:
    """Exit code of the command."""
    with pytest.raises(SystemExit) as ended:
        cli.main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def promote(scene: Scene, *more: object) -> int:
    return tollgate("promote", "--dataset", scene.dataset, *WHO, *more)


def digest(artefact: bytes) -> str:
    return sha256(artefact).hexdigest()


def test_a_better_model_goes_live_and_the_aliases_follow(
    scene: Scene, good: bytes, weak: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    champion, challenger = scene.champion(weak), scene.challenger(good)
    assert promote(scene, "--json") == 0
    assert scene.live() == [champion, challenger]
    assert scene.aliases() == {"champion": challenger}
    assert (scene.home / "artefacts" / challenger).read_bytes() == good
    assert (scene.log[-1].control.author, scene.log[-1].control.reason) == ("ana", "daily")
    *words, last = capsys.readouterr().out.splitlines()
    assert words[-1] == f"version 1 ({challenger[:16]}) is champion of live from offset 1 of live.controls on"
    document = json.loads(last)
    assert (document["promoted"], document["offset"], document["gates"]["passed"]) == (True, 1, True)


def test_what_is_registered_is_told_with_card_and_gates(scene: Scene, good: bytes, weak: bytes) -> None:
    scene.champion(weak)
    made = scene.registry.register(good, "dataset-1", {"ap": 0.5}, {CARD: b"# A card"}, {"leaves": "31"})
    scene.registry.point("challenger", made.version)
    (before,) = answer(scene.registry).models
    assert (before.card, before.gates, before.aliases) == ("# A card", None, ("challenger",))
    assert promote(scene) == 0
    (after,) = answer(scene.registry).models
    assert after.gates is not None
    assert (after.gates.passed, after.metrics, after.settings) == (True, {"ap": 0.5}, {"leaves": "31"})
    assert (after.aliases, after.deployments[0].author) == (("champion",), "ana")
    scene.registry.register(weak, "dataset-2", {})
    assert [one.version for one in answer(scene.registry, most=1).models] == [2, 1]


def test_a_worse_model_stays_out_and_nothing_changes(
    scene: Scene, good: bytes, weak: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    champion, challenger = scene.champion(good), scene.challenger(weak)
    assert promote(scene, "--json") == 1
    assert scene.live() == [champion]
    assert scene.aliases() == {"challenger": challenger}
    assert not (scene.home / "artefacts" / challenger).exists()
    said = capsys.readouterr().out
    assert "better_by_cost       REFUSED" in said
    assert "needed by better_by_precision: " in said
    assert f"); {champion[:16]} stays champion" in said
    assert json.loads(said.splitlines()[-1])["promoted"] is False


def test_a_broken_model_file_stays_out(
    scene: Scene, good: bytes, weak: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    champion = scene.champion(weak)
    scene.challenger(good[:-500])
    assert promote(scene) == 1
    assert "loads                REFUSED" in capsys.readouterr().out
    assert scene.live() == [champion]


def test_a_file_that_changed_in_the_registry_stays_out(
    scene: Scene, good: bytes, weak: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    champion = scene.champion(weak)
    scene.challenger(good)
    (stored,) = (scene.home / "mlflow" / "artifacts").rglob("model.json")
    stored.write_bytes(weak)
    assert promote(scene) == 1
    assert "is not what was registered" in capsys.readouterr().err
    assert scene.live() == [champion]


class Crash(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", ["staged", "published", "tagged"])
def test_a_crash_at_any_step_is_mended_by_the_same_command(
    scene: Scene, good: bytes, weak: bytes, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion, challenger = scene.champion(weak), scene.challenger(good)
    where = {
        "staged": "learning.promotion.check_and_publish",
        "published": "training.registry.Registry.went_live",
        "tagged": "training.registry.Registry.point",
    }[step]

    def crash(*_: object, **__: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(where, crash)
        with pytest.raises(Crash):
            cli.main(["promote", "--dataset", str(scene.dataset), *WHO])
    published = step != "staged"
    assert scene.live() == [champion, challenger][: 1 + published]
    assert scene.aliases() == {"challenger": challenger}
    assert promote(scene) == 0
    assert scene.live() == [champion, challenger]
    assert scene.aliases() == {"champion": challenger}
    assert [life.offset for _, life in scene.registry.history()] == [1]


def test_what_is_live_already_is_not_published_again(
    scene: Scene, good: bytes, weak: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.champion(weak)
    scene.challenger(good)
    assert promote(scene) == 0
    before = len(scene.log)
    assert promote(scene, "--challenger", 1) == 0
    assert len(scene.log) == before
    assert "is champion of live already, since offset 1" in capsys.readouterr().out


def test_where_another_model_went_live_meanwhile_nothing_is_published(
    scene: Scene,
    good: bytes,
    weak: bytes,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from learning import promotion

    scene.champion(weak)
    scene.challenger(good)
    judge = vars(promotion)["judge_challenger"]

    def slow(*arguments: Any, **named: Any) -> Any:
        found = judge(*arguments, **named)
        scene.champion(seed_model_artefact())
        return found

    monkeypatch.setattr(promotion, "judge_challenger", slow)
    assert promote(scene) == 1
    assert "another model went live on live while the gates ran" in capsys.readouterr().err
    assert scene.live()[-1] == digest(seed_model_artefact())


def test_without_a_champion_the_seed_model_is_held_against(
    scene: Scene, good: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    challenger = scene.challenger(good)
    assert promote(scene, "--json") == 0
    document = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert document["gates"]["champion"] == digest(seed_model_artefact())[:16]
    assert scene.live() == [challenger]


def test_a_canary_puts_it_on_trial_and_promotion_ends_the_trial(
    scene: Scene, good: bytes, weak: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    champion, challenger = scene.champion(weak), scene.challenger(good)
    assert promote(scene, "--canary", "5%") == 0
    offered = scene.log[-1].control.change
    assert isinstance(offered, ChallengerChange)
    assert (offered.sha256, offered.share) == (challenger, 50_000)
    assert scene.aliases() == {"challenger": challenger}
    assert "is on trial for 5 % of cards of live" in capsys.readouterr().out
    assert promote(scene) == 0
    assert isinstance(scene.log[-1].control.change, PromoteChange)
    assert scene.live() == [champion, challenger]


def test_rollback_brings_the_model_before_back_and_its_alias(
    scene: Scene, good: bytes, weak: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = scene.challenger(weak), scene.challenger(good)
    scene.registry.point("challenger", 1)
    assert promote(scene, "--challenger", 1) == 0
    assert promote(scene, "--challenger", 2) == 0
    assert tollgate("rollback", *WHO) == 0
    assert scene.live() == [first, second, first]
    assert scene.aliases() == {"champion": first}
    assert f"model {first[:16]} is champion of live again" in capsys.readouterr().out
    assert [life.offset for _, life in scene.registry.history()] == [0, 1, 2]


def test_rollback_to_a_model_that_nobody_registered_leaves_no_champion_alias(
    scene: Scene, good: bytes, weak: bytes
) -> None:
    champion, challenger = scene.champion(weak), scene.challenger(good)
    assert promote(scene) == 0
    assert tollgate("rollback", *WHO) == 0
    assert scene.live() == [champion, challenger, champion]
    assert scene.aliases() == {}


def test_rollback_without_an_earlier_model_says_so(
    scene: Scene, weak: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    champion = scene.champion(weak)
    assert tollgate("rollback", *WHO) == 1
    assert "nothing to roll back to" in capsys.readouterr().err
    assert scene.live() == [champion]


def test_the_costs_are_those_of_the_policy_that_is_live(
    scene: Scene, good: bytes, weak: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """With goods and fees that cost nothing, no verdict is worth more than another."""
    scene.champion(weak)
    scene.challenger(good)
    free = {"margin_bp": 0, "goods_bp": 0, "chargeback_fee": 0, "scheme_cost": 0}
    policy = {"name": "free", "version": 2, "party": "merchant", "costs": {"merchant": free}}
    scene.put([PolicyChange(policy)], "ops", "free")
    assert promote(scene) == 1
    assert "0.00 EUR lost on 1,000 payments, champion 0.00" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "is no data set"),
        (lambda folder: (folder / "dataset.parquet").write_bytes(b"torn"), "was changed since it was made"),
    ],
)
def test_a_data_set_that_is_none_or_was_changed_is_refused(
    scene: Scene, of: Cases, good: bytes, weak: bytes, tmp_path: Path,
    spoil: Callable[[Path], object], words: str, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    champion = scene.champion(weak)
    scene.challenger(good)
    scene.dataset = models.write(of, tmp_path / "spoilt")
    spoil(scene.dataset)
    assert promote(scene) == 1
    assert words in capsys.readouterr().err
    assert scene.live() == [champion]


def test_without_a_challenger_it_says_how_to_get_one(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    assert promote(scene) == 1
    assert "tollgate-live has no challenger" in capsys.readouterr().err
    assert promote(scene, "--challenger", 9) == 1
    assert "version=9" in capsys.readouterr().err
    assert scene.log == []


def test_there_is_no_way_around_the_gates(capsys: pytest.CaptureFixture[str]) -> None:
    assert tollgate("promote", "--force", *WHO) == 2
    assert "No such option" in capsys.readouterr().err
