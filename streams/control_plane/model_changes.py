"""Which models score on an engine, and changes of them: put on trial, withdraw, promote, roll back.

Invariants
- What is in effect is read from the log each time, never remembered here: controls are kept for ever.
- Only what the engine will take is published: the artefact is staged and loaded here first, and the change is
  applied to what is in effect at the log's end (`models.rollout.trial`).
- Rolling back is a `ModelChange` that names the champion before the present one. It is not "the one before"
  to the engine: sent twice, or crossed by another change, it still means the same model. Rolling back again
  goes further back, never forward to what was rolled back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from models.messages import ChallengerChange, ModelChange, ModelsChange, PromoteChange, TrialBounds
from models.rollout import ModelsInEffect
from models.scoring import ArtefactError, Scorer
from streams.control_plane.artefacts import ArtefactStore, artefacts_of
from streams.control_plane.catalogue import in_use
from streams.control_plane.completion import new_salt
from streams.control_plane.controls import LoggedControl, logged
from streams.control_plane.publishing import check_model, put
from streams.errors import Damaged, Misconfigured
from streams.settings import Settings


@dataclass(frozen=True)
class ModelsInForce:
    """The models that score at the log's end."""

    models: ModelsInEffect
    before: str | None
    """SHA-256 of the champion in effect when the present one first took over, if there was one."""


def in_force(settings: Settings, engine: str) -> ModelsInForce:
    """The models in effect by the log. One that cannot be loaded counts as refused, as by the engine."""
    changes = [
        entry.control.change
        for entry in logged(settings.kafka(), engine)
        if isinstance(entry.control.change, ModelsChange)
    ]
    return folded(changes, lambda sha256: _usable(settings, engine, sha256))


def folded(changes: Sequence[ModelsChange], usable: Callable[[str], bool]) -> ModelsInForce:
    """What these changes come to, without those that name a model that is not `usable`. Only the models at
    the end are asked for: there may have been hundreds.
    """
    refused: set[str] = set()
    while True:
        found = _folded(changes, refused)
        trial = found.models.trial
        named = {found.models.champion, found.before, trial.sha256 if trial else None} - {None}
        wrong = {sha256 for sha256 in named if sha256 is not None and not usable(sha256)}
        if not wrong:
            return found
        refused |= wrong


def _folded(changes: Sequence[ModelsChange], refused: set[str]) -> ModelsInForce:
    models, champions = ModelsInEffect(), list[str]()
    for change in changes:
        if change.sha256 in refused:
            continue
        try:
            models = models.after(change)
        except ValueError:
            continue  # the engine answered it with a dead letter
        if models.champion in champions:  # gone back to: those since are not what to go back to
            del champions[champions.index(models.champion) + 1 :]
        elif models.champion is not None:
            champions.append(models.champion)
    return ModelsInForce(models, champions[-2] if len(champions) > 1 else None)


def offer_challenger(
    settings: Settings,
    engine: str,
    artefact: bytes,
    share: int,
    by: str,
    salt: str,
    bounds: TrialBounds,
    author: str,
    reason: str,
) -> LoggedControl:
    """A model goes on trial: it scores every payment and decides those of a `share` (micro-units) of cards
    or customers, drawn by `salt`, or by a random one where it is empty. It takes the place of a challenger
    that is on trial.

    Raises `Misconfigured` where it cannot be used, or there is no champion.
    """
    check_model(settings, artefact, "the challenger cannot be used")
    sha256 = ArtefactStore(settings.home / "artefacts").stage(artefact)
    fields = {
        "kind": "challenger",
        "sha256": sha256,
        "share": share,
        "by": by,
        "salt": salt or new_salt(),
        "bounds": bounds,
    }
    try:
        change = msgspec.convert(msgspec.to_builtins(fields), ChallengerChange)
    except msgspec.ValidationError as error:
        raise Misconfigured(f"the trial: {error}; nothing was published") from error
    return _publish(settings, engine, change, author, reason)


def withdraw_challenger(settings: Settings, engine: str, author: str, reason: str) -> LoggedControl:
    """The trial ends. Raises `Misconfigured` where there is none."""
    if in_force(settings, engine).models.trial is None:
        raise Misconfigured(f"no challenger is on trial on {engine}: nothing was published")
    return put(settings, engine, ChallengerChange(None), author, reason)


def promote_challenger(
    settings: Settings, engine: str, sha256: str, author: str, reason: str
) -> LoggedControl:
    """The challenger of this SHA-256 becomes the champion. Raises `Misconfigured` unless it is on trial."""
    return _publish(settings, engine, PromoteChange(sha256), author, reason)


def rollback(settings: Settings, engine: str, author: str, reason: str) -> LoggedControl:
    """The champion before the present one scores again; a challenger's trial is over.

    Raises `Misconfigured` where there was none, or its artefact is no longer staged here.
    """
    found = in_force(settings, engine)
    if found.before is None:
        raise Misconfigured(f"no other model was in effect on {engine} before: nothing to roll back to")
    artefact = artefacts_of(settings, engine).load(found.before)
    check_model(settings, artefact, f"{found.before} cannot be used")
    return put(settings, engine, ModelChange(found.before), author, reason)


def _publish(
    settings: Settings, engine: str, change: ModelsChange, author: str, reason: str
) -> LoggedControl:
    try:
        in_force(settings, engine).models.after(change)
    except ValueError as error:
        raise Misconfigured(f"{error}; nothing was published") from error
    return put(settings, engine, change, author, reason)


def _usable(settings: Settings, engine: str, sha256: str) -> bool:
    """Whether the engine could load it. One that is nowhere any more it could: it would have stopped."""
    try:
        artefact = artefacts_of(settings, engine).load(sha256)
        Scorer.load(artefact, in_use(settings).names)
    except ArtefactError:
        return False
    except (Misconfigured, Damaged):
        return True
    return True
