"""What MLflow's registry says of an engine's models: `python -m learning.registered ENGINE` gives it as JSON.

The console asks by this process of its own: MLflow takes seconds and 200 MB to import, which pages would
carry for good. The newest `MODELS_MAX` versions are told, and those that an alias names. Importing this
module imports nothing of training.
"""

import math
import os
import resource
import sys
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from streams.errors import TollgateError
from streams.settings import Settings

if TYPE_CHECKING:
    from training.registry import RegisteredVersion, Registry

MODELS_MAX: Final = 12
CARD: Final = "model-card.md"
CARD_BYTES_MAX: Final = 60_000
PROCESSOR_S: Final = 60


class LiveSpell(Struct, frozen=True):
    """That a version went live by the control at `offset`, at `at` (ms)."""

    offset: int
    at: int
    author: str
    reason: str


class GateAnswer(Struct, frozen=True):
    """What one gate said. `passed` is None where it was not asked, `next` what to do about a no."""

    name: str
    passed: bool | None = None
    words: str = ""
    bound: str = ""
    next: str = ""


class GateAnswers(Struct, frozen=True):
    """What all gates said of a version against a champion, on payments from `start` to `end` (ms)."""

    passed: bool
    champion: str
    start: int
    end: int
    gates: tuple[GateAnswer, ...]


class RegisteredModel(Struct, frozen=True):
    """One version with what belongs to it. `card` is Markdown, `gates` what the gates said last."""

    version: int
    sha256: str
    dataset: str
    registered_at: int
    """Milliseconds."""
    aliases: tuple[str, ...]
    deployments: tuple[LiveSpell, ...] = ()
    metrics: dict[str, float] = {}
    settings: dict[str, str] = {}
    card: str = ""
    gates: GateAnswers | None = None


class RegistryAnswer(Struct, frozen=True):
    """The newest first. left: older versions that are not told. trouble: why there is no answer."""

    models: tuple[RegisteredModel, ...] = ()
    left: int = 0
    trouble: str = ""


def answer(registry: "Registry", most: int = MODELS_MAX) -> RegistryAnswer:
    """What a registry says. Raises `training.errors.TrainingError`."""
    versions = registry.versions()[::-1]
    told = [one for place, one in enumerate(versions) if place < most or one.aliases]
    return RegistryAnswer(tuple(_model(registry, one) for one in told), len(versions) - len(told))


def _model(registry: "Registry", version: "RegisteredVersion") -> RegisteredModel:
    from training.registry import GATES

    metrics, settings = registry.figures(version)
    card, gates = registry.file(version, CARD), registry.file(version, GATES)
    return RegisteredModel(
        version.version,
        version.sha256,
        version.dataset,
        version.at,
        version.aliases,
        tuple(LiveSpell(one.offset, one.at, one.author, one.reason) for one in version.deployments),
        {name: value for name, value in metrics.items() if math.isfinite(value)},
        settings,
        _text(card),
        None if gates is None else msgspec.json.decode(gates, type=GateAnswers),
    )


def _text(card: bytes | None) -> str:
    if card is None:
        return ""
    cut = "" if len(card) <= CARD_BYTES_MAX else "\n[the rest is in the registry]"
    return card[:CARD_BYTES_MAX].decode(errors="replace") + cut


def main(engine: str) -> None:
    """One answer."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_S, PROCESSOR_S))
    answers.write(msgspec.json.encode(_said(engine)))


def _said(engine: str) -> RegistryAnswer:
    try:
        from learning.errors import translated_errors
        from learning.promotion import registry_of

        with translated_errors():
            return answer(registry_of(Settings(), engine))
    except ModuleNotFoundError as missing:
        what = f"{missing.name} is not installed on this host"
        return RegistryAnswer(trouble=f"{what}: install tollgate with the extra `training`")
    except (TollgateError, msgspec.MsgspecError) as failure:
        return RegistryAnswer(trouble=str(failure))


if __name__ == "__main__":
    main(sys.argv[1])
