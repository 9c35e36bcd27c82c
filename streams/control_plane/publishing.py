"""Changes of judgement, checked here before they reach the log: what the engine would refuse never gets
there.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.messages import Change, Control, ModelChange, RulesetChange
from models.rules import Ruleset, RulesetCost, RulesetSource, RulesetSourceError, check_ruleset, read_ruleset
from models.versions import content_version
from streams.control_plane import artefacts, controls
from streams.control_plane.artefacts import ArtefactStore
from streams.control_plane.catalogue import in_use
from streams.control_plane.ruleset_history import history, live
from streams.engine.decision import Context, InvalidControlError, rule_schema
from streams.errors import Misconfigured
from streams.keys import Keyring, keyring_of
from streams.model_probe import PATIENT_LIMIT_S, ModelProbe
from streams.settings import Settings


class RulesetRefused(Misconfigured):
    """A ruleset that does not compile against the catalogue in use: file, line, column and reason."""


def check(settings: Settings, change: Change) -> None:
    """Applies the change to an empty context. Raises `Misconfigured` where the engine would refuse it.

    A model is scored once in a process of its own before it is loaded here.
    """
    if isinstance(change, ModelChange):
        artefact = ArtefactStore(settings.home / "artefacts").load(change.sha256)
        check_model(settings, artefact, "the model cannot go live")
    context = Context(in_use(settings), ArtefactStore(settings.home / "artefacts").load)
    try:
        context.applied(Control("check", 0, "check", change))
    except InvalidControlError as error:
        raise Misconfigured(str(error)) from error


def check_model(settings: Settings, artefact: bytes, problem: str) -> None:
    """Scores a model once in a process of its own. Raises `Misconfigured`, which begins with `problem`,
    unless it may be used.
    """
    probe = ModelProbe(in_use(settings).names, limit_s=PATIENT_LIMIT_S)
    refusal = probe.verdict(artefact).refusal
    if refusal is not None:
        raise Misconfigured(f"{problem}: {refusal}; nothing was published")


def checked_ruleset(settings: Settings, path: Path) -> RulesetSource:
    """The ruleset in a file, compiled against the catalogue in use. Raises `RulesetRefused`."""
    try:
        text = path.read_text(encoding="utf-8")
        check_ruleset(text, rule_schema(in_use(settings)), str(path))
        source = read_ruleset(text, str(path))
    except RulesetSourceError as error:
        raise RulesetRefused(str(error)) from error
    except UnicodeDecodeError as error:
        raise RulesetRefused(f"{path}: not UTF-8 ({error.reason} at byte {error.start})") from error
    check(settings, RulesetChange(source.document))
    return source


def ruleset_cost(settings: Settings, document: dict[str, Any]) -> RulesetCost:
    """What a ruleset costs against the catalogue in use. Raises `RulesetError` where it does not compile."""
    return Ruleset.from_dict(document).compile(rule_schema(in_use(settings))).cost


def check_and_publish(
    settings: Settings, engine: str, change: Any, author: str, reason: str
) -> controls.LoggedControl:
    """Checks a change, puts it on the log and reads it back."""
    check(settings, change)
    return put(settings, engine, change, author, reason)


def put(settings: Settings, engine: str, change: Change, author: str, reason: str) -> controls.LoggedControl:
    """Puts a change that was checked on the log, behind the artefact that it names, and reads it back.
    Raises `Outage`.
    """
    bootstrap, store = settings.kafka("publisher"), ArtefactStore(settings.home / "artefacts")
    (offset,) = publish_with_artefacts(
        bootstrap, engine, [change], store, author, reason, keyring_of(settings)
    )
    return controls.read_back(bootstrap, engine, offset)


def publish_with_artefacts(
    bootstrap: str,
    engine: str,
    changes: Sequence[Change],
    store: ArtefactStore,
    author: str,
    reason: str,
    keyring: Keyring | None = None,
) -> list[int]:
    """Puts changes on the log in one transaction, behind the artefacts that they name; their offsets.
    Raises `Outage`, `Misconfigured`.
    """
    artefacts.upload(bootstrap, engine, changes, store)
    return controls.publish(bootstrap, engine, changes, author, reason, keyring)


def publish_ruleset(
    settings: Settings, engine: str, document: dict[str, Any], author: str, reason: str
) -> tuple[str, controls.LoggedControl]:
    """A ruleset goes live: its version, and its place on the log. Raises `Misconfigured` where it does not
    compile, or is live already.
    """
    version = content_version(document)
    check(settings, RulesetChange(document))
    now = live(history(settings.kafka(), engine, in_use(settings)))
    if now is not None and now.version == version:
        raise Misconfigured(
            f"ruleset {version} is live on {engine} already, since offset {now.offset} of "
            f"{engine}.controls: nothing was published"
        )
    return version, check_and_publish(settings, engine, RulesetChange(document), author, reason)
