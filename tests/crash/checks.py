"""All that must hold after a crash test, each check with a name: sabotage must trip the right one."""

import json
import subprocess
import time
from dataclasses import dataclass, field
from typing import Any

from simulation.traffic import delivery_of
from streams.errors import Outage
from streams.warehouse.audit import recount_log
from streams.warehouse.audit.compare import compare
from streams.warehouse.sink.progress import wait_until_sunk
from streams.warehouse.tables import network_key
from tests.crash.accounting import Truth, check_accounts
from tests.crash.operators import ATTACK
from tests.crash.parts import tollgate
from tests.crash.plain_rows import told
from tests.crash.platform_under_test import Platform
from tests.crash.vector_check import compare_vectors, journalled
from tests.crash.warehouse_check import compare_totals

SUNK_TIMEOUT_S = 120.0


@dataclass
class Findings:
    """Figures, and differences by the name of the check that found them."""

    figures: dict[str, Any] = field(default_factory=dict)
    differences: dict[str, list[str]] = field(default_factory=dict)

    def add(self, check: str, differences: list[str]) -> None:
        if differences:
            self.differences.setdefault(check, []).extend(differences)

    @property
    def red(self) -> list[str]:
        return sorted(self.differences)


def truth_of(payment_id: str) -> Truth:
    """What a simulated payment should come to, from its id alone."""
    return Truth(delivery_of(payment_id).reason)


def check_log(platform: Platform, sent: dict[str, int], findings: Findings, sample: int) -> None:
    """Accounts, journal and vectors: what the topics say."""
    inputs = platform.read_inputs()
    decisions, letters = platform.read("decisions"), platform.read("dead-letters")
    payments = inputs[platform.topics["payments"]]
    of_payments = [
        each for each in letters if json.loads(each.value())["topic"] != platform.topics["controls"]
    ]
    accounts = check_accounts(payments, decisions, of_payments, truth_of)
    accounts.expect("distinct payments", accounts.figures["decisions"], sent["payments"])
    accounts.expect("duplicates", accounts.figures["duplicates"], sent["duplicates"])
    accounts.expect("malformed", accounts.figures["dead_letters"], sent["malformed"])
    findings.figures |= accounts.figures
    findings.add("accounts", accounts.differences)
    refused = {(letter["topic"], letter["offset"]) for letter in (json.loads(m.value()) for m in letters)}
    journal = [json.loads(message.value()) for message in platform.read("journal")]
    findings.figures["batches"] = len(journal)
    try:
        order = list(journalled(journal, inputs))
    except ValueError as error:
        findings.add("journal", [str(error)])
        return
    compared = compare_vectors(list(told(order, refused)), platform.read("features"), sample, seed=1)
    findings.figures |= {"vectors": compared.vectors, "vectors_sampled": compared.sampled}
    for role in ("outcomes", "labels"):
        findings.figures[role] = len(inputs[platform.topics[role]])
    findings.add("vectors", compared.differences[:5])


def check_controls(platform: Platform, findings: Findings) -> None:
    """What nobody signed, or was sent again, is refused; what was signed acts, and the journal says so."""
    controls = platform.read("controls")
    attacks = {each.offset() for each in controls if (each.key() or b"").decode().startswith(ATTACK)}
    topic = platform.topics["controls"]
    letters = [json.loads(each.value()) for each in platform.read("dead-letters")]
    refused = {each["offset"]: each["reason"] for each in letters if each["topic"] == topic}
    journal = [json.loads(each.value()) for each in platform.read("journal")]
    ranges = [part for entry in journal for part in entry.get("signed", ()) if part["topic"] == topic]
    signed = {offset for part in ranges for offset in range(part["start"], part["end"])}
    findings.figures |= {"controls": len(controls), "controls_refused": len(refused)}
    wrong = [f"offset {offset}: {refused.get(offset)}" for offset in sorted(attacks ^ refused.keys())]
    wrong += [f"offset {offset}: {why}" for offset, why in refused.items() if why != "unauthorised"]
    wrong += [
        f"offset {each.offset()}: no signer" for each in controls if each.offset() not in signed | attacks
    ]
    last = journal[-1].get("trust", {}).get("refused")
    wrong += [] if last == len(refused) else [f"the journal counts {last} refused, there are {len(refused)}"]
    findings.add("controls", wrong[:20])


def check_follower(platform: Platform, findings: Findings) -> None:
    """An uninterrupted follower in a process of its own: decisions, vectors, hashes, last snapshots."""
    command = tollgate("verify", "--engine", platform.engine, "--no-warehouse", "--json")
    done = subprocess.run(command, env=platform.environment(), capture_output=True, text=True, check=False)
    try:
        found = json.loads(done.stdout.splitlines()[-1])["engines"][0]
    except (IndexError, ValueError, KeyError):
        findings.add("follower", [f"tollgate verify ended with {done.returncode}: {done.stderr[-2000:]}"])
        return
    findings.figures |= {name: found[name] for name in ("state_hash", "logical_hash", "snapshots")}
    last = json.loads(platform.read("journal")[-1].value())
    if found["difference"]:
        findings.add("follower", [found["difference"]])
    elif last["state_hash"] != found["state_hash"]:
        findings.add("follower", [f"state hash {found['state_hash']}, the engine's is {last['state_hash']}"])
    elif not (platform.snapshots / f"{last['number']:016d}.snapshot").exists() or not found["snapshots"]:
        findings.add("follower", [f"no snapshot of the engine behind batch {last['number']} was compared"])


def check_warehouse(platform: Platform, findings: Findings) -> None:
    """ClickHouse: every row and cell by the product's comparison, totals by our own."""
    client = platform.clickhouse()
    began = time.monotonic()
    try:
        wait_until_sunk(platform.bootstrap, client, platform.engine, SUNK_TIMEOUT_S)
    except Outage as error:
        findings.add("warehouse", [str(error), platform.warehouse_part.stacks()])
        return
    findings.figures["sunk_after_s"] = round(time.monotonic() - began, 1)
    compared = compare(platform.bootstrap, client, platform.engine)
    findings.add("warehouse", compared.differences)
    findings.figures |= {"clickhouse_rows": compared.decisions, "clickhouse_cells": compared.cells}
    decisions = [m for m in platform.read("decisions") if json.loads(m.value())["type"] == "decision"]
    findings.add(
        "warehouse totals",
        compare_totals(client, platform.engine, decisions, len(platform.read("dead-letters"))),
    )


def check_recount(platform: Platform, findings: Findings) -> None:
    """ClickHouse: every row of every table, and every aggregate by one dimension, by a recount of the log."""
    key = network_key(platform.home / "warehouse-network.key")
    differences = recount_log(platform.bootstrap, platform.clickhouse(), platform.engine, key)
    findings.add("warehouse recount", differences)
