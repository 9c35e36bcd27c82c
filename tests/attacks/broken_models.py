"""Item 4: a model is checked before it is believed."""

import re
from collections.abc import Callable

import msgspec

from models.messages.control import ModelChange
from models.seed import seed_model_artefact
from tests.attacks.attack import attack, demand
from tests.attacks.insider import publish_artefact
from tests.attacks.stage import Stage

REFUSED = ("invalid_control",)
WRONG_FEATURES = ("100000", "-1", "2147483647")
Damage = Callable[[str], str]


def changed(damage: Damage) -> bytes:
    """The seed model's artefact with a damaged booster."""
    document = msgspec.json.decode(seed_model_artefact())
    document["booster"] = damage(document["booster"])
    return msgspec.json.encode(document)


def first_line(name: str, change: Callable[[list[str]], list[str]]) -> Damage:
    """Changes the values of the first line `name=...` of the first tree."""

    def damage(booster: str) -> str:
        def replaced(match: re.Match[str]) -> str:
            return f"\n{name}=" + " ".join(change(match[1].split(" ")))

        head, tree, rest = booster.partition("Tree=0\n")
        return head + tree + re.sub(rf"\n{name}=([^\n]*)", replaced, rest, count=1)

    return damage


def first_value(name: str, value: str) -> Damage:
    """Changes the first value of that line."""
    return first_line(name, lambda values: [value, *values[1:]])


def refused(stage: Stage, artefact: bytes) -> str:
    """Demands that neither the command nor the engine believes it, and that nothing hangs."""
    path = stage.home / "attack-model.json"
    path.write_bytes(artefact)
    options = ("--engine", stage.engine, "--author", "m", "--reason", "r")
    done = stage.run("publish", *options, "model", str(path))
    demand(done.returncode == 1, f"`publish model` ended with {done.returncode}: {done.stderr[-300:]}")
    demand("Traceback" not in done.stderr, f"`publish model` died: {done.stderr[-300:]}")
    return stage.letter(publish_artefact(stage, artefact, ModelChange), *REFUSED)


@attack(
    4, "model supplier", "hand over a model whose tree runs in a circle",
    "it is refused by the command and by the engine; no payment waits",
)  # fmt: skip
def model_with_a_cycle(stage: Stage) -> str:
    damages = (
        first_line("left_child", lambda values: ["0"] * len(values)),
        first_line("left_child", lambda values: [*values[:-1], "1"]),
        first_line("right_child", lambda values: [values[0], "1", *values[2:]]),
    )
    return ", ".join(refused(stage, changed(damage)) for damage in damages)


@attack(
    4, "model supplier", "hand over a model of three classes",
    "it is refused by the command and by the engine",
)  # fmt: skip
def model_of_three_classes(stage: Stage) -> str:
    def damage(booster: str) -> str:
        return (
            booster.replace("num_class=1", "num_class=3")
            .replace("num_tree_per_iteration=1", "num_tree_per_iteration=3")
            .replace("objective=binary sigmoid:1", "objective=multiclass num_class:3")
        )

    return refused(stage, changed(damage))


@attack(
    4, "model supplier", "hand over a model with NaN and infinite leaves and thresholds",
    "it is refused by the command and by the engine",
)  # fmt: skip
def model_with_nan(stage: Stage) -> str:
    damaged = (
        first_value(*pair) for pair in (("leaf_value", "nan"), ("leaf_value", "inf"), ("threshold", "nan"))
    )
    return ", ".join(refused(stage, changed(damage)) for damage in damaged)


@attack(
    4, "model supplier", "hand over a model that reads features out of range",
    "it is refused by the command and by the engine; no memory is read that is not the model's",
)  # fmt: skip
def model_with_an_index_out_of_range(stage: Stage) -> str:
    damaged = (first_value("split_feature", value) for value in WRONG_FEATURES)
    return ", ".join(refused(stage, changed(damage)) for damage in damaged)
