"""Which models score by what the log says, and changes of them that are refused before they get there."""

from pathlib import Path

import pytest

from models.messages.control import (
    ChallengerChange,
    ChallengerHalt,
    ModelChange,
    ModelsChange,
    PromoteChange,
)
from models.rollout.trial import ModelsInEffect
from models.seed import seed_model_artefact
from streams import cli
from streams.control_plane.model_changes import ModelsInForce, folded

A, B, C = (letter * 64 for letter in "abc")


def in_force(*changes: ModelsChange, broken: str = "") -> ModelsInForce:
    return folded(changes, lambda sha256: sha256 != broken)


def test_the_champion_before_is_the_last_other_one() -> None:
    assert in_force() == ModelsInForce(ModelsInEffect(), None)
    assert in_force(ModelChange(A), ModelChange(A)) == ModelsInForce(ModelsInEffect(A), None)
    assert in_force(ModelChange(A), ModelChange(B)).before == A
    promoted = (ModelChange(A), ChallengerChange(B), PromoteChange(B))
    assert in_force(*promoted) == ModelsInForce(ModelsInEffect(B, None, 1), A)


def test_rolling_back_again_never_goes_forward() -> None:
    promoted = (ModelChange(A), ModelChange(C), ChallengerChange(B), PromoteChange(B))
    assert in_force(*promoted).before == C
    assert in_force(*promoted, ModelChange(C)) == ModelsInForce(ModelsInEffect(C, None, 1), A)
    assert in_force(*promoted, ModelChange(C), ModelChange(A)) == ModelsInForce(
        ModelsInEffect(A, None, 1), None
    )
    assert in_force(*promoted, ModelChange(C), ModelChange(B)).before == C


def test_a_halted_trial_is_over() -> None:
    halt = ChallengerHalt(1, B, "errors", 2, 1)
    assert in_force(ModelChange(A), ChallengerChange(B), halt).models == ModelsInEffect(A, None, 1)


def test_what_the_engine_refused_did_not_happen() -> None:
    wrong = PromoteChange(C)
    assert in_force(ModelChange(A), wrong, ModelChange(B)) == ModelsInForce(ModelsInEffect(B), A)
    log = (ModelChange(A), ModelChange(C), ModelChange(B), ChallengerChange(C))
    assert in_force(*log, broken=C) == ModelsInForce(ModelsInEffect(B), A)
    assert in_force(ModelChange(A), ModelChange(C), broken=C) == ModelsInForce(ModelsInEffect(A), None)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--share", "5"), "expected a share such as 5% or 0.5%"),
        (("--share", "101%"), "Expected `int` <= 1000000 - at `$.share`"),
        (("--share", "-1%"), "Expected `int` >= 0 - at `$.share`"),
        (("--psi-max", "much"), "expected a number such as 0.25, or off"),
        (("--window-payments", "3"), "Expected `int` >= 100 - at `$.window_payments`"),
        (("--salt", "x" * 129), "Expected `str` of length <= 128 - at `$.salt`"),
        (("--withdraw",), "give either the FILE of a model, or --withdraw"),
        (("--reference", "FILE"), "bounds: "),
    ],
)
def test_a_trial_that_cannot_be_is_refused_before_it_reaches_the_log(
    options: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    file = tmp_path / "model.json"
    file.write_bytes(seed_model_artefact())
    given = [str(file) if option == "FILE" else option for option in options]
    with pytest.raises(SystemExit) as ended:
        cli.main(["publish", "--author", "ana", "challenger", str(file), *given])
    assert ended.value.code in (1, 2)
    assert said in capsys.readouterr().err
