"""The whole story: stage, plot, and the proof that what was decided follows from the log."""

import time
from dataclasses import dataclass
from importlib.resources import files

import yaml

from learning.story.plot import LearningStory, Progress, Say
from learning.story.result import StoryResult
from learning.story.stage import Stage, stage
from models.messages import PolicyChange
from models.policy import Policy
from simulation.world import World
from streams.commands.processes import options
from streams.engine.recovery import warm
from streams.inspect import Verifier
from streams.settings import Settings


@dataclass(frozen=True)
class StorySettings:
    """Which world is played; `start_ms` is a midnight (UTC)."""

    seed: int
    start_ms: int
    days: int
    per_day: int
    fraud: float
    verify: bool


def play_story(settings: Settings, scene: StorySettings, progress: Progress, say: Say) -> StoryResult:
    """Plays the story in the home of `settings`. Raises `TollgateError` where a part of it breaks down."""
    started = time.perf_counter()
    world = World(scene.seed, scene.start_ms, per_day=scene.per_day, days=scene.days, fraud=scene.fraud)
    document = yaml.safe_load(files("models").joinpath("data", "policy_by_cost.yaml").read_bytes())
    with stage(settings, [PolicyChange(document)], say) as found:
        up = time.perf_counter() - started
        outcome = LearningStory(found, world, Policy.from_dict(document), progress, say).play()
        if scene.verify:
            _verified(found, outcome, say)
    outcome.seconds = {"start": round(up, 1)} | outcome.seconds
    outcome.seconds["all"] = round(time.perf_counter() - started, 1)
    return outcome


def _verified(stage: Stage, outcome: StoryResult, say: Say) -> None:
    """The journal applied again gives every decision, dead letter and vector again."""
    say("verify: the journal is applied again")
    started = time.perf_counter()
    warm()
    checked = Verifier(options(stage.engine, settings=stage.settings)).run()
    words = checked.difference or f"{checked.decisions:,} decisions and {checked.vectors:,} vectors the same"
    outcome.expect("the journal gives every decision again", not checked.difference, words)
    outcome.seconds["verify"] = round(time.perf_counter() - started, 1)
