"""What judges payments at a place of the log: the controls in effect, and the judges built from them.

Invariants
- `ControlsInEffect` alone, plus the artefacts it names, rebuilds the judges. It is what a snapshot keeps.
- A control takes effect only if the artefact it names lies on the log before it; where the bytes are read
  from (memory, a cache on disk, the log) cannot matter, since their hash is their name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import msgspec

from models.lists import ListMemory
from models.messages import (
    AmountWaiver,
    Change,
    Control,
    DeadLetterReason,
    JudgePart,
    ListChange,
    ModelsChange,
    PolicyChange,
    ReviewLoad,
    RulesetChange,
    TableChange,
    TraBand,
    TrustChange,
    Versions,
    artefact_of,
)
from models.money import SHIPPED, Currencies
from models.policy import Policy
from models.policy import parameters as policy_parameters
from models.reference import REFERENCE_TABLES, agreed
from models.rollout import ModelsInEffect, Trial
from models.rules import PAYMENT_COLUMNS, CompiledRuleset, Ruleset
from models.rules.language import Schema
from models.sca import with_band
from models.scoring import Scorer
from models.units import HOUR_MS
from streams.engine.decision.artefact_shelf import ArtefactShelf, ArtefactsOnLog

ALL_CURRENCIES = "*"
NO_MODEL, NO_RULESET, NO_POLICY, NO_RATE, RULE_ERROR, WARMING = 1, 2, 4, 8, 16, 32
DEGRADED = {
    NO_MODEL: "model",
    NO_RULESET: "ruleset",
    NO_POLICY: "policy",
    NO_RATE: "fx",
    RULE_ERROR: "rule_error",
    WARMING: "warming",
}
"""Words for what a decision had to do without. `warming` (features not full yet) leaves the verdict alone,
the others make it the fallback's.
"""
TABLES: Mapping[str, Callable[[bytes], Any]] = {name: table.load for name, table in REFERENCE_TABLES.items()}

LATE = 64
"""Kept with the bits above: the payment arrived late. A decision says so in a field of its own."""

Artefacts = Callable[[str], bytes]


@lru_cache(maxsize=4)
def _scorer(artefact: bytes, names: tuple[str, ...]) -> Scorer:
    """Loading a model checks it for a third of a second; a rollback need not wait for that again."""
    return Scorer.load(artefact, names)


@lru_cache(maxsize=16)
def _table(name: str, artefact: bytes) -> Any:
    """Tables hold no state that use changes."""
    return TABLES[name](artefact)


def rule_schema(catalogue: Any) -> Schema:
    """The columns rules may name, and their types: what a payment has and what the catalogue computes."""
    features = {one.name: "money" if one.unit == "EUR cents" else "number" for one in catalogue.columns}
    return {**PAYMENT_COLUMNS, **features}


class InvalidControlError(ValueError):
    """A control that cannot take effect, whatever machine reads it; it is refused and nothing changes."""

    reason = DeadLetterReason.INVALID_CONTROL


class ArtefactMissingError(InvalidControlError):
    """A control that names an artefact which does not lie whole on the log before it."""

    reason = DeadLetterReason.ARTEFACT_MISSING


class ControlsInEffect(msgspec.Struct):
    """The controls in effect, as a document. `swept_hour`: engine hour in which expired list entries were
    dropped. `trial`, `trials` and `artefacts` are left out while there has been none, as in snapshots from
    before there could be.
    """

    ruleset: dict[str, Any] | None = None
    policy: dict[str, Any] | None = None
    model: str | None = None
    tables: dict[str, str] = msgspec.field(default_factory=dict)
    lists: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    waived: list[str] = msgspec.field(default_factory=list)
    review_load: ReviewLoad | None = None
    tra_bands: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    swept_hour: int = 0
    trial: Trial | msgspec.UnsetType = msgspec.UNSET
    trials: int | msgspec.UnsetType = msgspec.UNSET
    artefacts: ArtefactsOnLog | msgspec.UnsetType = msgspec.UNSET

    @property
    def models(self) -> ModelsInEffect:
        """Which models score."""
        return ModelsInEffect(self.model, self.trial or None, self.trials or 0)

    def with_models(self, models: ModelsInEffect) -> "ControlsInEffect":
        """The same with other models."""
        return msgspec.structs.replace(
            self,
            model=models.champion,
            trial=models.trial or msgspec.UNSET,
            trials=models.trials or msgspec.UNSET,
        )


@dataclass
class Context:
    """The judges in effect. Replaced as a whole by `applied`, except that lists change in place."""

    catalogue: Any
    artefacts: Artefacts
    in_effect: ControlsInEffect = field(default_factory=ControlsInEffect)
    ruleset: CompiledRuleset | None = None
    policy: Policy | None = None
    scorer: Scorer | None = None
    challenger: Scorer | None = None
    tables: dict[str, Any] = field(default_factory=dict)
    lists: ListMemory = field(default_factory=ListMemory)
    shelf: ArtefactShelf = field(default_factory=ArtefactShelf)

    @classmethod
    def restored(
        cls,
        catalogue: Any,
        artefacts: Artefacts,
        in_effect: ControlsInEffect,
        incomplete: Mapping[str, bytes] = MappingProxyType({}),
    ) -> "Context":
        """The context a snapshot describes. `incomplete`: what had come of incomplete artefacts."""
        context = cls(catalogue, artefacts, in_effect)
        context.shelf = ArtefactShelf.restored(in_effect.artefacts, incomplete)
        if in_effect.ruleset is not None:
            context.ruleset = context._compiled(in_effect.ruleset)
        if in_effect.policy is not None:
            context.policy = Policy.from_dict(in_effect.policy)
        if in_effect.model is not None:
            context.scorer = context._loaded(in_effect.model)
        if in_effect.trial:
            context.challenger = context._loaded(in_effect.trial.sha256)
        context.lists = ListMemory.from_dict(in_effect.lists)
        context.tables = agreed(
            {name: _table(name, artefacts(sha256)) for name, sha256 in in_effect.tables.items()}
        )
        return context

    def applied(self, control: Control, place: int | None = None) -> "Context":
        """The context after this control. Raises `InvalidControlError` and changes nothing where it cannot
        be. `place` is that of a list change among the payments of a segment.
        """
        self._check_artefact(control)
        try:
            applied = self._applied(control.change, place)
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidControlError(f"control {control.id}: {error}") from error
        sha256 = artefact_of(control.change)
        if sha256 is not None:
            self.shelf.keep(sha256)
        return applied

    def _applied(self, change: Change, place: int | None) -> "Context":
        now = self.in_effect
        match change:
            case RulesetChange(ruleset=ruleset):
                compiled = self._compiled(ruleset)
                return replace(
                    self, ruleset=compiled, in_effect=msgspec.structs.replace(now, ruleset=ruleset)
                )
            case PolicyChange(policy=policy):
                judged = Policy.from_dict(policy)
                return replace(self, policy=judged, in_effect=msgspec.structs.replace(now, policy=policy))
            case TableChange(table=name, sha256=sha256):
                return self._with_table(name, sha256)
            case ListChange():
                self.lists.apply(change, place)
                return self
            case AmountWaiver(currency=currency):
                waived = sorted({*now.waived, currency or ALL_CURRENCIES})
                return replace(self, in_effect=msgspec.structs.replace(now, waived=waived))
            case ReviewLoad():
                return replace(self, in_effect=msgspec.structs.replace(now, review_load=change))
            case TraBand():
                bands = with_band(now.tra_bands, change)
                return replace(self, in_effect=msgspec.structs.replace(now, tra_bands=bands))
            case TrustChange():
                return self  # kept by `models.trust`, which has accepted it
            case _:
                return self._with_models(change)

    def without(self, part: JudgePart) -> "Context":
        """The context without what is in effect of this part: a control was withdrawn."""
        now = self.in_effect
        match part:
            case "ruleset":
                return replace(self, ruleset=None, in_effect=msgspec.structs.replace(now, ruleset=None))
            case "policy":
                return replace(self, policy=None, in_effect=msgspec.structs.replace(now, policy=None))
            case "challenger":
                models = ModelsInEffect(now.models.champion, None, now.models.trials)
                return replace(self, challenger=None, in_effect=now.with_models(models))
            case "model":
                models = ModelsInEffect(None, None, now.models.trials)
                return replace(self, scorer=None, challenger=None, in_effect=now.with_models(models))

    def _check_artefact(self, control: Control) -> None:
        """Raises `ArtefactMissingError` where the log does not hold what the control names, even if this
        host's disk does. What is in effect already is not asked for again.
        """
        sha256 = artefact_of(control.change)
        if not self.shelf.required or sha256 is None or sha256 in self.shelf or sha256 in self._in_use():
            return
        raise ArtefactMissingError(
            f"control {control.id}: artefact {sha256} does not lie whole on the log before it; `tollgate "
            "publish` puts a file there together with its control"
        )

    def _in_use(self) -> set[str | None]:
        now = self.in_effect
        return {now.model, now.trial.sha256 if now.trial else None, *now.tables.values()}

    def _content(self, sha256: str) -> bytes:
        return self.shelf.content(sha256) or self.artefacts(sha256)

    def _compiled(self, ruleset: dict[str, Any]) -> CompiledRuleset:
        checked = Ruleset.from_dict(ruleset)
        for segment in checked.document.segments:
            policy_parameters.check(segment.parameters)
        return checked.compile(rule_schema(self.catalogue))

    def _with_models(self, change: ModelsChange) -> "Context":
        now = self.in_effect.models
        models = now.after(change)
        if models == now:
            return self
        return replace(
            self,
            scorer=self._scorer_of(models.champion),
            challenger=self._scorer_of(models.trial.sha256 if models.trial else None),
            in_effect=self.in_effect.with_models(models),
        )

    def _scorer_of(self, sha256: str | None) -> Scorer | None:
        """The scorer of an artefact; one that scores already is not loaded: a promotion does not delay
        decisions."""
        now = self.in_effect.models
        if sha256 is None:
            return None
        if now.trial is not None and sha256 == now.trial.sha256:
            return self.challenger
        return self.scorer if sha256 == now.champion else self._loaded(sha256)

    def _loaded(self, sha256: str) -> Scorer:
        return _scorer(self._content(sha256), self.catalogue.names)

    def _with_table(self, name: str, sha256: str) -> "Context":
        if name not in TABLES:
            raise ValueError(f"unknown table {name!r}; there are {', '.join(sorted(TABLES))}")
        tables = agreed({**self.tables, name: _table(name, self._content(sha256))})
        in_effect = msgspec.structs.replace(self.in_effect, tables={**self.in_effect.tables, name: sha256})
        return replace(self, tables=tables, in_effect=in_effect)

    def expire_lists(self, now: int, position: int | None = None) -> None:
        """Drops expired entries once an engine hour, and only where a control comes: how full the lists are
        must not depend on cuts. `now`: engine time, ms; `position`: of a list change in its batch.
        """
        hour = now // HOUR_MS
        if hour > self.in_effect.swept_hour:
            self.in_effect.swept_hour = hour
            self.lists.expire(now, position)

    def document(self) -> ControlsInEffect:
        """All that is in effect, for a snapshot."""
        return msgspec.structs.replace(
            self.in_effect, lists=self.lists.to_dict(), artefacts=self.shelf.document()
        )

    def waives(self, currency: str) -> bool:
        """Whether amount limits are waived for this currency."""
        waived = self.in_effect.waived
        return bool(waived) and (ALL_CURRENCIES in waived or currency in waived)

    @property
    def currencies(self) -> Currencies:
        """What can be paid with: the list that ships, until another goes live."""
        currencies: Currencies = self.tables.get("currencies", SHIPPED)
        return currencies

    @property
    def versions(self) -> Versions:
        return Versions(
            catalogue=self.catalogue.schema_hash,
            model=self.scorer.version if self.scorer else None,
            ruleset=self.ruleset.version if self.ruleset else None,
            policy=self.policy.version if self.policy else None,
        )

    @property
    def missing(self) -> int:
        """Bits of what has not been published yet; decisions say so."""
        absent = (self.scorer is None, self.ruleset is None, self.policy is None)
        return sum(bit for bit, gone in zip((NO_MODEL, NO_RULESET, NO_POLICY), absent, strict=True) if gone)


def degraded_names(bits: int) -> tuple[str, ...]:
    """The parts a decision had to do without, in words."""
    return tuple(name for bit, name in DEGRADED.items() if bits & bit)
