"""The story: a mediocre champion, months of payments and disputes, a retrained model, its trial, its life.

    days of the seed model | retrain: gates | canary | days of the new champion, the old one in shadow

On the last day but one a worse model and a broken file are offered; neither may go live. Every expectation is
checked, and figures are reported as they are.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from learning.promotion import Promotion, challenger_of, promote, registry_of
from learning.retraining import ARTEFACT, DATASET, RetrainingPlan, run, steps
from learning.story import offers
from learning.story.result import StoryResult
from learning.story.stage import Stage
from learning.story.verdict_costs import DecisionPeriod
from learning.story.waiting import wait_for_vectors
from learning.story.world_days import WorldDays
from models.messages import DecisionView, TrialBounds
from models.policy import Policy
from models.seed import seed_model_artefact
from models.units import DAY_MS
from models.versions import bytes_version
from simulation.world import World
from streams.control_plane import in_force, offer_challenger
from training.dataset import Dataset

LEARN_SHARE: Final = 0.78
TRIAL_DAYS: Final = 6
COMPARED_DAYS: Final = 24
"""As many days before the retraining are compared with those of the new champion, at most."""

CANARY_PERCENT: Final = 20.0
PART_DAYS: Final = 12.0
"""A week has too few frauds to calibrate by."""

APART: Final = TrialBounds(psi_max=None, verdict_gap_max=None)
"""The seed model knows another world: a good model is far from it. Errors still end the trial."""

WHO: Final = offers.AUTHOR

Progress = Callable[[int, int | None], None]
Say = Callable[[str], None]


class LearningStory:
    """Plays the story on a stage."""

    def __init__(self, stage: Stage, world: World, policy: Policy, progress: Progress, say: Say) -> None:
        settings = {
            "retrain_promote": "canary",
            "retrain_canary_percent": CANARY_PERCENT,
            "retrain_part_days": PART_DAYS,
        }
        self.stage, self.world, self.policy = stage, world, policy
        self.progress, self.say = progress, say
        self.outcome = StoryResult(stage.engine, world.days)
        self.retrain_day = round(world.days * LEARN_SHARE)
        self.trial_end = min(self.retrain_day + TRIAL_DAYS, world.days - 3)
        self.plan = RetrainingPlan(
            stage.settings.model_copy(update=settings), stage.engine, self._at(self.retrain_day), APART
        )

    def play(self) -> StoryResult:
        """From the first day to the last."""
        with WorldDays(self.stage, self.world) as days:
            self._seed_model(days)
            if self._retrained(days):
                self._trial(days)
                self._promoted()
                self._new_champion(days)
            self.outcome.payments = days.sent
        return self.outcome

    def _seed_model(self, days: WorldDays) -> None:
        before = self._days(days, "days of the seed model", 0, self.retrain_day)
        since = self._at(max(self.retrain_day - COMPARED_DAYS, 0))
        period = self._period([one for one in before if one.occurred_at >= since])
        self.outcome.costs["seed model, before"] = period.cost()
        self.outcome.qualities["seed model, before"] = period.champion()

    def _retrained(self, days: WorldDays) -> bool:
        """Whether the retrained model went on trial."""
        with self._timed("labels and vectors arrive"):
            days.settle(self.plan.as_of)
            wait_for_vectors(self.stage)
        with self._timed("retrain"):
            ran = run(steps(self.plan, self.say), self.plan.folder, lambda step: self.say(f"retrain: {step}"))
        self.outcome.ran = ran
        self.outcome.labels = self._labels()
        why = ran.held or (f"failed at {ran.failed.step}: {ran.failed.words}" if ran.failed else "")
        name = "the retrained model passes every gate and goes on trial"
        return self.outcome.expect(name, not why, why or ran.steps[-1].words)

    def _labels(self) -> dict[str, int]:
        """Labels that stand in the data set, by what they say and rest on."""
        if not (self.plan.folder / DATASET / "manifest.json").exists():
            return {}
        facts = self._dataset().facts
        values = {1: "fraud", 0: "legitimate"}
        pairs = zip(facts["label"].to_pylist(), facts["source"].to_pylist(), strict=True)
        counts = Counter(f"{values[label]} by {source}" for label, source in pairs if label in values)
        return dict(sorted(counts.items()))

    def _trial(self, days: WorldDays) -> None:
        """The canary's days: the challenger scores everything and decides a share."""
        found = self._days(days, "canary", self.retrain_day, self.trial_end)
        period = self._period([one for one in found if one.challenger is not None])
        decided = sum(one.challenger.champion is not None for one in period.answers if one.challenger)
        self.outcome.qualities["seed model, trial"] = period.champion()
        self.outcome.qualities["challenger, trial"] = period.challenger()
        words = f"{decided:,} of {len(period.answers):,} payments of the trial"
        self.outcome.expect("the challenger scores every payment and decides its share", decided > 0, words)

    def _promoted(self) -> None:
        """The gates are asked once more, as `tollgate promote` does; then the old model goes into shadow."""
        settings, engine = self.stage.settings, self.stage.engine
        with self._timed("promote"):
            challenger = challenger_of(registry_of(settings, engine), None)
            who = (WHO, "its trial went well")
            found = promote(settings, engine, challenger, self._dataset(), who)
        words = "no control" if found.logged is None else f"offset {found.logged.offset} of the controls"
        self.outcome.expect("after its trial it is promoted", found.logged is not None, words)
        reason = "in shadow, to be compared"
        offer_challenger(settings, engine, seed_model_artefact(), 0, "card", "", APART, WHO, reason)

    def _new_champion(self, days: WorldDays) -> None:
        last = self.world.days - 1
        found = self._days(days, "days of the new champion", self.trial_end, last)
        with self._timed("bad models"):
            self._refused("shuffled labels", offers.worse(self.stage, self._dataset()))
            self._refused("broken file", offers.broken(self.stage, self._dataset(), self._artefact()))
            offers.broken_on_the_log(self.stage, self._artefact())
        found += self._days(days, "a last day", last, self.world.days)
        version = bytes_version(self._artefact())
        self._stays(found[-1], version)
        self._paid_off([one for one in found if one.versions.model == version])

    def _refused(self, what: str, promotion: Promotion) -> None:
        assert promotion.gates is not None
        names = ", ".join(gate.name for gate in promotion.gates.refusals)
        words = "it went live" if promotion.logged is not None else f"held back by {names}"
        self.outcome.expect(f"{what}: a gate holds it back", promotion.logged is None, words)

    def _stays(self, last: DecisionView, version: str) -> None:
        """What a broken file on the log did: nothing."""
        live = in_force(self.stage.settings, self.stage.engine).models.champion or ""
        met = live[:16] == version == last.versions.model and not last.degraded
        words = f"{last.versions.model} decided the last payment, {version} was promoted"
        self.outcome.expect("a broken file on the log itself: the champion stays", met, words)

    def _paid_off(self, answers: list[DecisionView]) -> None:
        period = self._period(answers)
        ours, theirs = period.cost(), period.cost_of_trial()
        self.outcome.costs["new champion, after"] = ours
        self.outcome.costs["seed model, same days"] = theirs
        self.outcome.qualities["new champion, after"] = period.champion()
        self.outcome.qualities["seed model, same days"] = period.challenger()
        words = f"{ours.total:,.2f} EUR for 1,000 payments, the seed model {theirs.total:,.2f}"
        self.outcome.expect("on the same days the new champion costs less", ours.total < theirs.total, words)

    def _days(self, days: WorldDays, what: str, start: int, end: int) -> list[DecisionView]:
        """The decisions of these days."""
        self.say(f"{what}: {end - start}")
        found: list[DecisionView] = []
        with self._timed(what):
            for number in range(start, end):
                found += days.play(number)
                self.progress(number + 1, self.world.days)
        return found

    def _period(self, answers: list[DecisionView]) -> DecisionPeriod:
        return DecisionPeriod(self.world, answers, self.policy)

    def _dataset(self) -> Dataset:
        return Dataset.load(self.plan.folder / DATASET)

    def _artefact(self) -> bytes:
        return (self.plan.folder / ARTEFACT).read_bytes()

    def _at(self, day: int) -> int:
        return self.world.start_ms + day * DAY_MS

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.outcome.seconds[what] = round(time.perf_counter() - started, 1)
