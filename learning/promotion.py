"""A challenger goes live in place of the champion, or the model before comes back.

Invariant: what judges is what the engine's log says, and everything else follows it.

    gates passed -> artefact staged -> control on the log -> alias `champion` moved

The log never names what is not staged here; the alias never names what the log does not. A run that dies
halfway is repeated by the same command: before the control nothing has changed and the gates run again;
after it the log names the challenger already, nothing more is published, and the alias is moved. Where
another model went live while the gates were asked, nothing is published: it was not what the challenger was
held against.
"""

from dataclasses import dataclass

import msgspec

from learning.errors import translated_errors
from models.messages import ModelChange, PolicyChange, PromoteChange, TrialBounds
from models.policy import Policy, UtilityDocument
from models.seed import seed_model_artefact
from streams.control_plane import (
    ArtefactStore,
    artefacts_of,
    check_and_publish,
    controls,
    in_use,
    model_changes,
)
from streams.errors import Misconfigured
from streams.settings import Settings
from training.dataset import Dataset
from training.gates import GateBounds, GateResults, judge_challenger
from training.policy_comparison import POLICY
from training.registry import GATES, Deployment, RegisteredVersion, Registry


@dataclass(frozen=True)
class Promotion:
    """What came of it. `gates` is None where the challenger was live already, `logged` where it stays out."""

    challenger: RegisteredVersion
    gates: GateResults | None
    logged: controls.LoggedControl | None


@dataclass(frozen=True)
class GateVerdict:
    """The gates' results, and the champion they compared with (SHA-256; None: no model was live)."""

    live: str | None
    gates: GateResults


def registry_of(settings: Settings, engine: str) -> Registry:
    """The registered models of an engine: those of MLFLOW_TRACKING_URI, or under the home."""
    with translated_errors():
        return Registry.open(engine, settings.home / "mlflow", settings.mlflow_tracking_uri)


def challenger_of(registry: Registry, version: int | None) -> RegisteredVersion:
    """The version asked for, or whom the alias names. Raises `Misconfigured` where there is none."""
    with translated_errors():
        found = registry.aliased("challenger") if version is None else registry.version(version)
    if found is None:
        raise Misconfigured(
            f"{registry.name} has no challenger: train one (`tollgate train`), or name a version with "
            "--challenger"
        )
    return found


def promote(
    settings: Settings,
    engine: str,
    challenger: RegisteredVersion,
    dataset: Dataset,
    who: tuple[str, str],
    share: int | None = None,
    bounds: GateBounds | None = None,
) -> Promotion:
    """The challenger goes live if it passes every gate on `dataset`; with a `share` (micro-units) on trial,
    for so many cards. `who` is author and reason. Raises `Misconfigured` and `Outage`: the champion stays.
    """
    live = model_changes.in_force(settings, engine).models.champion
    if live == challenger.sha256:
        return Promotion(challenger, None, record_deployment(settings, engine, challenger))
    verdict = run_gates(settings, engine, challenger, dataset, bounds)
    if not verdict.gates.passed:
        return Promotion(challenger, verdict.gates, None)
    return Promotion(challenger, verdict.gates, go_live(settings, engine, challenger, verdict, who, share))


def run_gates(
    settings: Settings,
    engine: str,
    challenger: RegisteredVersion,
    dataset: Dataset,
    bounds: GateBounds | None = None,
) -> GateVerdict:
    """Asks all gates, and keeps their answers with the version; nothing else is changed. Raises
    `Misconfigured` and `Outage`.
    """
    registry, live = registry_of(settings, engine), model_changes.in_force(settings, engine).models.champion
    with translated_errors():
        artefact, champion = registry.artefact(challenger), _artefact(settings, engine, registry, live)
        catalogue = in_use(settings)
        gates = judge_challenger(
            artefact, champion, dataset, catalogue.names, catalogue.schema_hash,
            bounds=bounds, policy=_policy(settings, engine),
        )  # fmt: skip
        registry.put_file(challenger, GATES, msgspec.json.encode(gates.as_dict()))
    return GateVerdict(live, gates)


def go_live(
    settings: Settings,
    engine: str,
    challenger: RegisteredVersion,
    verdict: GateVerdict,
    who: tuple[str, str],
    share: int | None = None,
    trial: TrialBounds | None = None,
) -> controls.LoggedControl:
    """The challenger that passed goes live, or on `trial` for a `share`. Raises `Misconfigured` where it did
    not pass, or another champion is live than the one the gates were asked about: nothing is published then.
    """
    if not verdict.gates.passed:
        raise Misconfigured(f"version {challenger.version} did not pass every gate: nothing was published")
    if model_changes.in_force(settings, engine).models.champion != verdict.live:
        raise Misconfigured(
            f"another model went live on {engine} while the gates ran: nothing was published; retry"
        )
    with translated_errors():
        artefact = registry_of(settings, engine).artefact(challenger)
    if share is not None:
        bounds = trial or TrialBounds()
        return model_changes.offer_challenger(settings, engine, artefact, share, "card", "", bounds, *who)
    _go_live(settings, engine, artefact, challenger.sha256, who)
    return record_deployment(settings, engine, challenger)


def roll_back(settings: Settings, engine: str, author: str, reason: str) -> controls.LoggedControl:
    """The model before the present one is live again, and the aliases follow. Raises `Misconfigured`."""
    before = model_changes.in_force(settings, engine).before
    registry = registry_of(settings, engine)
    with translated_errors():
        known = registry.found(before) if before else None
        if known is not None:
            ArtefactStore(settings.home / "artefacts").stage(registry.artefact(known))
    logged = model_changes.rollback(settings, engine, author, reason)
    with translated_errors():
        if known is not None:
            registry.went_live(known.version, _life(logged))
        elif registry.aliased("champion") is not None:
            registry.point("champion", None)
    return logged


def _go_live(settings: Settings, engine: str, artefact: bytes, sha256: str, who: tuple[str, str]) -> None:
    """The one place where a promotion is published. Who is on trial is promoted at one place of the log."""
    ArtefactStore(settings.home / "artefacts").stage(artefact)
    trial = model_changes.in_force(settings, engine).models.trial
    if trial is not None and trial.sha256 == sha256:
        model_changes.promote_challenger(settings, engine, sha256, *who)
    else:
        check_and_publish(settings, engine, ModelChange(sha256), *who)


def record_deployment(
    settings: Settings, engine: str, challenger: RegisteredVersion
) -> controls.LoggedControl:
    """The control by which the challenger is live, written into the registry too."""
    entries = [
        found
        for found in controls.logged(settings.kafka(), engine)
        if isinstance(found.control.change, ModelChange | PromoteChange)
        and found.control.change.sha256 == challenger.sha256
    ]
    with translated_errors():
        registry_of(settings, engine).went_live(challenger.version, _life(entries[-1]))
    return entries[-1]


def _life(logged: controls.LoggedControl) -> Deployment:
    return Deployment(logged.offset, logged.appended_at, logged.control.author, logged.control.reason or "")


def _artefact(settings: Settings, engine: str, registry: Registry, sha256: str | None) -> bytes:
    """The champion's bytes; those of the seed model where no model is live."""
    if sha256 is None:
        return seed_model_artefact()
    try:
        return ArtefactStore(settings.home / "artefacts").load(sha256)
    except Misconfigured:
        known = registry.found(sha256)
    return registry.artefact(known) if known is not None else artefacts_of(settings, engine).load(sha256)


def _policy(settings: Settings, engine: str) -> Policy:
    """The policy that is live if it knows costs, otherwise the one the gates come with."""
    documents = [
        found.control.change.policy
        for found in controls.logged(settings.kafka(), engine)
        if isinstance(found.control.change, PolicyChange)
    ]
    for document in reversed(documents):
        try:
            policy = Policy.from_dict(document)
        except ValueError:
            continue  # the engine answered it with a dead letter
        return policy if isinstance(policy.document, UtilityDocument) else POLICY
    return POLICY
