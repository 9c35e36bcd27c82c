"""Whether a challenger may go live in place of the champion: all gates, in an order that fits their answers.

Both models judge the same payments: labelled ones, matured, on days after what either learned from.

    loads, catalogue, features     can it run here at all?
    unseen, evidence               is there anything to judge by?
    scores, bit_equal, latency     does it run as it should?
    better_by_cost, better_by_precision, calibrated, segments

A later row is asked only when all rows before it were passed; every gate of a row is. Nothing here changes
anything, and the same inputs give the same answers but for `latency`, which measures.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from models.policy import Policy
from models.scoring import ArtefactError, ModelArtefact, Scorer
from models.versions import bytes_version
from training.dataset import Dataset
from training.errors import ChampionUnusable
from training.gates import artefact_gates as artefact
from training.gates import evidence_gates
from training.gates import quality_gates as quality
from training.gates.gate import Gate, GateBounds
from training.gates.matured_payments import MaturedPayments, cost, matured_payments
from training.measures import DayBlocks
from training.policy_comparison import POLICY

NAMES: Final = (
    "loads", "catalogue", "features", "unseen", "evidence", "scores", "bit_equal", "latency",
    "better_by_cost", "better_by_precision", "calibrated", "segments",
)  # fmt: skip


class GateResults(Struct, frozen=True):
    """The outcome for one challenger; versions are the first digits of each artefact's SHA-256, times ms."""

    challenger: str
    champion: str
    start: int
    end: int
    gates: tuple[Gate, ...]
    bounds: GateBounds

    @property
    def passed(self) -> bool:
        """Whether all gates were asked and passed."""
        return all(gate.passed is True for gate in self.gates)

    @property
    def refusals(self) -> tuple[Gate, ...]:
        """The gates that were not passed."""
        return tuple(gate for gate in self.gates if gate.passed is False)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; what is infinite is null."""
        document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return {"passed": self.passed, **document}

    def rows(self) -> list[tuple[str, str, str]]:
        """A table for people, head first: gate, whether passed, what was found."""
        mark = {True: "passed", False: "REFUSED", None: "not asked"}
        return [("gate", "", "found"), *((gate.name, mark[gate.passed], gate.words) for gate in self.gates)]

    def advice(self) -> list[str]:
        """What each refusal was held against and what to do next, one line each."""
        return [
            f"{gate.name}: {f'needed {gate.bound}; ' if gate.bound else ''}{gate.next}"
            for gate in self.refusals
        ]


def judge_challenger(
    challenger: bytes,
    champion: bytes,
    dataset: Dataset,
    catalogue_names: Sequence[str],
    catalogue_hash: str,
    start: int | None = None,
    end: int | None = None,
    bounds: GateBounds | None = None,
    policy: Policy = POLICY,
) -> GateResults:
    """Hold `challenger` against `champion` (artefacts) on the payments of `dataset` in [start, end).

    Times in ms; where they are not given, from the end of what both learned from, and until labels cease to
    be matured. Raises `ChampionUnusable`.
    """
    _check_champion(champion, catalogue_names)
    asking = GateRun(challenger, champion, dataset, (start, end), bounds or GateBounds())
    found = asking.all(catalogue_names, catalogue_hash, policy)
    versions = bytes_version(challenger), bytes_version(champion)
    return GateResults(*versions, asking.start or 0, asking.end, _with_unasked(found), asking.bounds)


def _check_champion(champion: bytes, names: Sequence[str]) -> None:
    try:
        Scorer.load(champion, names)
    except ArtefactError as error:
        raise ChampionUnusable(
            f"the champion {bytes_version(champion)} cannot be loaded: {error}. Publish one that can "
            "(`tollgate rollback`, or `tollgate publish model`), then judge again"
        ) from None


def _with_unasked(gates: list[Gate]) -> tuple[Gate, ...]:
    because = next((gate.name for gate in gates if not gate.passed), "")
    asked = {gate.name: gate for gate in gates}
    return tuple(asked.get(name, Gate(name, None, f"needs `{because}` first")) for name in NAMES)


class GateRun:
    """One pass through the gates; rows in order, each with what the ones before made of the inputs."""

    def __init__(
        self,
        challenger: bytes,
        champion: bytes,
        dataset: Dataset,
        window: tuple[int | None, int | None],
        bounds: GateBounds,
    ) -> None:
        self.challenger, self.champion = challenger, champion
        self.champion_document = _document(champion)
        self.dataset, self.bounds = dataset, bounds
        self.start, end = window
        self.end = evidence_gates.matured_until(dataset.manifest, bounds.matured) if end is None else end

    def all(self, names: Sequence[str], catalogue_hash: str, policy: Policy) -> list[Gate]:
        loads, scorer = artefact.loads(self.challenger, names)
        if scorer is None:
            return [loads]
        document = _document(self.challenger)
        found = [loads, *self._fits(document, catalogue_hash)]
        if not _passed(found):
            return found
        payments, gates = self._evidence(document)
        found += gates
        return found + self._compared(document, payments, policy) if _passed(found) else found

    def _fits(self, document: ModelArtefact, catalogue_hash: str) -> list[Gate]:
        manifest = self.dataset.manifest
        needs = {"the challenger": document.features, "the champion": self.champion_document.features}
        return [artefact.catalogue(document, manifest, catalogue_hash), artefact.features(needs, manifest)]

    def _evidence(self, document: ModelArtefact) -> tuple[MaturedPayments, list[Gate]]:
        until = [evidence_gates.learned_until(one.trained) for one in (document, self.champion_document)]
        if self.start is None:
            self.start = max(self.dataset.manifest.sampling.whole_from, *(at or 0 for at in until))
        read = sorted({*document.features, *self.champion_document.features})
        payments = matured_payments(self.dataset, read, self.start, self.end)
        first = int(payments.occurred_at.min()) if len(payments.occurred_at) else None
        return payments, [evidence_gates.unseen(first, *until), evidence_gates.enough(payments, self.bounds)]

    def _compared(self, document: ModelArtefact, payments: MaturedPayments, policy: Policy) -> list[Gate]:
        ours = Scorer.load(self.challenger, payments.names)
        theirs = Scorer.load(self.champion, payments.names)
        micro, before = ours.probabilities(payments.matrix), theirs.probabilities(payments.matrix)
        runs = [
            artefact.finite(micro),
            artefact.bit_equal(document, ours, payments.matrix),
            artefact.latency(ours, theirs, payments.matrix, self.bounds),
        ]
        if not _passed(runs):
            return runs
        judged = quality.ModelComparison(
            payments, micro, cost(payments, micro, policy), before, cost(payments, before, policy)
        )
        return runs + self._better(judged)

    def _better(self, judged: quality.ModelComparison) -> list[Gate]:
        blocks, bounds = DayBlocks(judged.payments.day, self.bounds.resamples, self.bounds.seed), self.bounds
        return [
            quality.better_by_cost(judged, blocks, bounds),
            quality.better_by_precision(judged, blocks, bounds),
            quality.calibrated(judged, blocks, bounds),
            quality.segments(judged, blocks, bounds),
        ]


def _document(artefact: bytes) -> ModelArtefact:
    return msgspec.json.decode(artefact, type=ModelArtefact)


def _passed(gates: list[Gate]) -> bool:
    return all(gate.passed for gate in gates)
