"""One crash run: traffic, blows, rest, checks."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.crash.checks import (
    Findings,
    check_controls,
    check_follower,
    check_log,
    check_recount,
    check_warehouse,
)
from tests.crash.mayhem import Mayhem, plan
from tests.crash.parts import tollgate, wait_for
from tests.crash.platform_under_test import Platform

CAUGHT_UP_TIMEOUT_S = 300.0


@dataclass(frozen=True)
class CrashOptions:
    """How much of everything. `seconds` is how long payments are sent for."""

    home: Path
    payments: int = 300_000
    kills: int = 22
    seed: int = 1
    seconds: float = 180.0
    sample: int = 10_000
    broker: bool = True
    variants: Mapping[str, list[str]] = field(default_factory=dict)


def run(options: CrashOptions, say: Callable[[str], None]) -> Findings:
    """Carries it out; what differs is in the findings. The platform is stopped in any case."""
    platform = Platform(options.home, f"crash-{options.seed}", options.variants, signed=True)
    try:
        platform.start()
        say(f"broker at {platform.bootstrap}, logs in {platform.home / 'logs'}")
        return _run(platform, options, say)
    finally:
        platform.stop()


def _run(platform: Platform, options: CrashOptions, say: Callable[[str], None]) -> Findings:
    sending, answering, operating = (
        send(platform, options),
        answer(platform, options),
        operate(platform, options),
    )
    try:
        return _deal_blows(platform, options, sending, answering, operating, say)
    finally:
        for process in (sending, answering, operating):
            process.kill()
            process.wait()


def _deal_blows(
    platform: Platform,
    options: CrashOptions,
    sending: "subprocess.Popen[bytes]",
    answering: "subprocess.Popen[bytes]",
    operating: "subprocess.Popen[bytes]",
    say: Callable[[str], None],
) -> Findings:
    began = time.monotonic()
    mayhem = Mayhem(
        platform.engine_part,
        platform.warehouse_part,
        platform.follower_part,
        platform.snapshots,
        platform.restart_broker,
        platform.tick,
        lambda: sending.poll() is None,
    )
    blows = plan(options.seed, options.kills, 0.9 * options.seconds, options.broker)
    mayhem.carry_out(blows)
    sent = wait_sent(platform, sending, options)
    limit = 60 + 2 * options.seconds
    wait_for("all answered", lambda: answering.poll() is not None, limit, platform.tick)
    wait_for("all published", lambda: operating.poll() is not None, limit, platform.tick)
    say(f"sent {sent['messages']:,} messages in {sent['seconds']:.0f} s; dealt: {dict(mayhem.dealt)}")
    behind = time.monotonic()
    wait_for("every input decided", lambda: platform.undecided() == 0, CAUGHT_UP_TIMEOUT_S, platform.tick)
    findings = Findings()
    findings.add("issuer", [f"it ended with {answering.returncode}"] if answering.returncode else [])
    findings.add("operators", [f"they ended with {operating.returncode}"] if operating.returncode else [])
    findings.figures |= _figures(platform, mayhem, sent) | {
        "caught_up_after_s": round(time.monotonic() - behind, 1)
    }
    check(platform, sent, findings, options.sample, say)
    findings.figures["seconds"] = round(time.monotonic() - began, 1)
    return findings


def check(
    platform: Platform, sent: dict[str, Any], findings: Findings, sample: int, say: Callable[[str], None]
) -> None:
    """Brings the platform to rest and looks at all it left."""
    codes = platform.rest()
    findings.add("stop", [f"{name} ended with {code} on SIGTERM" for name, code in codes.items() if code])
    say("checking ClickHouse")
    check_warehouse(platform, findings)
    check_recount(platform, findings)
    say("checking that only signed controls act")
    check_controls(platform, findings)
    say("checking every payment's account, and vectors against the oracle")
    check_log(platform, sent, findings, sample)
    say("following the journal from its start without interruption")
    check_follower(platform, findings)


def send(platform: Platform, options: CrashOptions) -> "subprocess.Popen[bytes]":
    """Starts `tollgate simulate`."""
    command = tollgate(
        "simulate", "--engine", platform.engine, "--seed", str(options.seed),
        "--count", str(options.payments),
        "--rate", str(options.payments / options.seconds), "--duplicates", "0.02", "--malformed", "0.01",
        "--labels", "--json",
    )  # fmt: skip
    with (platform.home / "logs" / "simulate.log").open("wb") as log:
        return subprocess.Popen(command, env=platform.environment(), stdout=log, stderr=subprocess.STDOUT)


def answer(platform: Platform, options: CrashOptions) -> "subprocess.Popen[bytes]":
    """Starts the issuer: outcomes and labels of the same payments."""
    command = [
        sys.executable, "-m", "tests.crash.issuer", "--bootstrap", platform.bootstrap,
        "--engine", platform.engine, "--seed", str(options.seed), "--count", str(options.payments),
        "--seconds", str(options.seconds),
    ]  # fmt: skip
    with (platform.home / "logs" / "issuer.log").open("wb") as log:
        return subprocess.Popen(command, env=platform.environment(), stdout=log, stderr=subprocess.STDOUT)


def operate(platform: Platform, options: CrashOptions) -> "subprocess.Popen[bytes]":
    """Starts the operators: signed controls, and some that nobody signed."""
    command = [
        sys.executable, "-m", "tests.crash.operators", "--bootstrap", platform.bootstrap,
        "--engine", platform.engine, "--home", str(platform.home), "--seconds", str(options.seconds),
    ]  # fmt: skip
    with (platform.home / "logs" / "operators.log").open("wb") as log:
        return subprocess.Popen(command, env=platform.environment(), stdout=log, stderr=subprocess.STDOUT)


def wait_sent(
    platform: Platform, sending: "subprocess.Popen[bytes]", options: CrashOptions
) -> dict[str, Any]:
    wait_for("all sent", lambda: sending.poll() is not None, 60 + 2 * options.seconds, platform.tick)
    lines = (platform.home / "logs" / "simulate.log").read_text().splitlines()
    if sending.returncode != 0:
        sys.exit("tollgate simulate failed:\n" + "\n".join(lines[-10:]))
    sent: dict[str, Any] = json.loads(lines[-1])
    return sent


def _figures(platform: Platform, mayhem: Mayhem, sent: dict[str, Any]) -> dict[str, Any]:
    parts = (platform.engine_part, platform.warehouse_part, platform.follower_part)
    return {
        "payments": sent["payments"],
        "sent_duplicates": sent["duplicates"],
        "sent_malformed": sent["malformed"],
        "labels": sent["labels"],
        "kills": {part.name: part.kills for part in parts},
        "kills_while_sending": mayhem.kills_while_sending,
        "broker_restarts": platform.broker_starts,
        "dealt": dict(mayhem.dealt),
        "missed": dict(mayhem.missed),
        "ended_by_themselves": {part.name: part.ends for part in parts if part.ends},
    }
