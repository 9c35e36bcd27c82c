"""All attacks, one after another, on one platform; on another one where an attack has ended the first."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.attacks import (  # noqa: F401 - importing a module registers its attacks
    agents,
    answers,
    broken_models,
    controls,
    forgeries,
    heavy_rules,
    records,
    topics,
    warehouse,
)
from tests.attacks.attack import Attack, AttackOutcome, attacks
from tests.attacks.stage import Stage
from tests.crash.checks import Findings, check_follower

PROBE_S = 45.0


class Campaign:
    """What came of each attack, and of the platforms afterwards."""

    def __init__(self, home: Path, say: Callable[[str], None]) -> None:
        self._home = home
        self._say = say
        self._stages = 0
        self._stage: Stage | None = None
        self.outcomes: list[AttackOutcome] = []
        self.aftermath: list[str] = []
        """What is wrong with a platform after the attacks on it."""
        self.honest = 0
        """Honest payments sent meanwhile."""

    @property
    def is_green(self) -> bool:
        return not self.aftermath and all(outcome.refused for outcome in self.outcomes)

    def carry_out(self, only: str | None = None, item: int | None = None) -> None:
        """Runs them all, or those chosen."""
        try:
            for each in attacks(only, item):
                self.outcomes.append(self._attempt(each))
            if self._stage is not None:
                self._verify(self._stage)
        finally:
            self._leave()

    def _attempt(self, each: Attack) -> AttackOutcome:
        stage = self._ready()
        before, began = stage.ends(), time.monotonic()
        outcome = AttackOutcome(each)
        try:
            outcome.evidence = each.run(stage)
        except Exception as failure:  # whatever it is, the attack has not been refused as it must
            outcome.problems.append(f"{type(failure).__name__}: {failure}")
        outcome.problems += self._harm(stage, before)
        outcome.seconds = time.monotonic() - began
        mark = "refused" if outcome.refused else "SUCCEEDED"
        self._say(
            f"  {mark:<10} {each.name} ({outcome.seconds:.0f} s): {outcome.evidence or outcome.problems[0]}"[
                :240
            ]
        )
        return outcome

    def _harm(self, stage: Stage, before: dict[str, list[int]]) -> list[str]:
        """Processes that ended, honest payments that are not decided. A harmed platform is left."""
        harm = []
        if not stage.probe(PROBE_S):
            harm.append(f"honest payments are not decided within {PROBE_S:.0f} s")
        if not stage.warehouse_answers():
            harm.append("the warehouse does not answer")
        for name, codes in stage.ends().items():
            if codes != before[name]:
                harm.append(f"{name} ended with {codes[len(before[name]) :]}")
        if harm:
            self._leave()
        return harm

    def _ready(self) -> Stage:
        if self._stage is None:
            self._stages += 1
            self._say(f"starting platform {self._stages}")
            self._stage = Stage(self._home / f"platform-{self._stages}", self._stages)
            self._stage.start()
        return self._stage

    def _leave(self) -> None:
        if self._stage is not None:
            self.honest += self._stage.honest
            with suppress(Exception):
                self._stage.stop()
            self._stage = None

    def _verify(self, stage: Stage) -> None:
        """At rest: every honest payment decided once, and every decision made again from the log."""
        self.aftermath += stage.end_traffic()
        stage.keep_no_longer()
        codes = stage.platform.rest()
        self.aftermath += [f"{name} ended with {code} on SIGTERM" for name, code in codes.items() if code]
        findings = Findings()
        check_follower(stage.platform, findings)
        for check, differences in findings.differences.items():
            self.aftermath += [f"verify ({check}): {difference}" for difference in differences]

    def table(self) -> str:
        """What came of it, for people."""
        lines = ["", f"{'item':<5}{'attack':<34}{'by':<22}{'result':<11}what was seen"]
        for outcome in self.outcomes:
            seen = outcome.evidence if outcome.refused else "; ".join(outcome.problems)
            mark = "refused" if outcome.refused else "SUCCEEDED"
            each = outcome.attack
            lines.append(f"{each.item:<5}{each.name:<34}{each.attacker:<22}{mark:<11}{seen[:150]}")
        lines += [f"AFTERWARDS: {problem[:300]}" for problem in self.aftermath]
        succeeded = sum(not outcome.refused for outcome in self.outcomes)
        lines.append(
            f"{len(self.outcomes)} attacks, {succeeded} succeeded, {self.honest:,} honest payments: "
            + ("GREEN, verify included" if self.is_green else "RED")
        )
        return "\n".join(lines)

    def report(self) -> dict[str, Any]:
        """The same for machines."""
        rows = [
            {
                "name": outcome.attack.name, "item": outcome.attack.item, "attacker": outcome.attack.attacker,
                "may": outcome.attack.may, "must": outcome.attack.must, "refused": outcome.refused,
                "evidence": outcome.evidence, "problems": outcome.problems,
                "seconds": round(outcome.seconds, 1),
            }
            for outcome in self.outcomes
        ]  # fmt: skip
        head = {"green": self.is_green, "honest_payments": self.honest, "afterwards": self.aftermath}
        return head | {"attacks": rows}
