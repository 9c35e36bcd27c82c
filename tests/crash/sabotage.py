"""Do the crash test's checks notice? Each fault, planted in a run without kills, must turn them red."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.checks import Findings
from tests.crash.crash_run import CrashOptions, check, send, wait_sent
from tests.crash.parts import Part, wait_for
from tests.crash.platform_under_test import Platform

SABOTEURS = "tests.crash.saboteurs"
PAYMENTS = 6_000
SECONDS = 12.0
TAKEN_OVER_SECONDS = 60.0
"""Payments must still come when the second engine is up: who does not commit never learns of its fence."""
START_TIMEOUT_S = 180.0


@dataclass(frozen=True)
class Sabotage:
    """A fault, the process it is planted in, and the checks that must find it (others may as well)."""

    fault: str
    part: str = ""
    found_by: frozenset[str] = frozenset()
    taken_over: bool = False


SABOTAGES = (
    Sabotage("none"),
    Sabotage("lost-decision", "engine", frozenset({"accounts", "follower"})),
    Sabotage("lost-payment", "engine", frozenset({"accounts", "journal"})),
    Sabotage("doubled-insert", "warehouse", frozenset({"warehouse", "warehouse totals"})),
    Sabotage("doubled-aggregate", "warehouse", frozenset({"warehouse", "warehouse totals"})),
    Sabotage("wrong-order", "engine", frozenset({"accounts", "journal", "follower"}), taken_over=True),
)


@dataclass
class Outcome:
    """What the checks said of each fault, and which answers were not the right ones."""

    red: dict[str, list[str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def run_all(home: Path, say: Callable[[str], None], only: str | None = None) -> Outcome:
    """Every fault in a platform of its own, and one run without any, which must stay green."""
    outcome = Outcome()
    for sabotage in SABOTAGES:
        if only is not None and sabotage.fault != only:
            continue
        findings = _run(home / sabotage.fault, sabotage)
        outcome.red[sabotage.fault] = findings.red
        right = sabotage.found_by <= set(findings.red) if sabotage.found_by else not findings.red
        found_by = ", ".join(findings.red) or "nobody"
        say(f"{'as it must' if right else 'WRONG'}: {sabotage.fault}: found by {found_by}")
        for name, differences in findings.differences.items():
            say(f"    {name}: {differences[0][:200]}")
        if not right:
            outcome.wrong.append(sabotage.fault)
    return outcome


def _run(home: Path, sabotage: Sabotage) -> Findings:
    command = _command(sabotage)
    variants = {} if sabotage.taken_over or not sabotage.part else {sabotage.part: command}
    platform = Platform(home, "sabotage", variants)
    seconds = TAKEN_OVER_SECONDS if sabotage.taken_over else SECONDS
    options = CrashOptions(home, PAYMENTS, seconds=seconds, seed=2, sample=500)
    findings = Findings()
    try:
        platform.start()
        for part in platform.parts:
            wait_for(f"{part.name} at work", part.is_ready, START_TIMEOUT_S, platform.tick)
        sending = send(platform, options)
        if sabotage.taken_over:
            _take_over(platform, command)
        sent = wait_sent(platform, sending, options)
        wait_for("every input decided", lambda: platform.undecided() == 0, START_TIMEOUT_S, platform.tick)
        check(platform, sent, findings, options.sample, lambda _: None)
    finally:
        platform.stop()
    return findings


def _command(sabotage: Sabotage) -> list[str]:
    arguments = ["engine", "--engine", "sabotage"] if sabotage.part == "engine" else ["warehouse"]
    return [sys.executable, "-m", SABOTEURS, sabotage.fault, *arguments]


def _take_over(platform: Platform, command: list[str]) -> None:
    """Starts a second engine beside the first, which is fenced at last and not started again."""
    older = platform.engine_part
    platform.parts.remove(older)
    newer = Part("engine-2", command, platform.environment(), platform.home / "logs", "resumes after")
    platform.parts.append(newer)
    platform.engine_part = newer
    newer.start()
    wait_for("the older engine fenced", lambda: not older.alive, START_TIMEOUT_S, platform.tick)
