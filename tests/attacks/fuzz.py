"""Damaged messages on every topic that engine, agents and sinks read: nothing stops, all is accounted for.

What may become of a message, by who reads its topic:

- the engine (its history: a historical engine): exactly one dead letter, or one answer on `decisions`, or
  both where a refusal is answered; neither only for a report or control that Python's own JSON reader finds
  to be of a type that its topic carries;
- the list agent: exactly one answer on `list-audit`;
- the label agent: one parked record, or taken in as evidence;
- whoever remembers by a topic of ours (agents, engine, follower, sinks): skipped and counted; the process
  starts again over it and works.
"""

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from streams.kafka.topics import CARRIES, HISTORY, INPUTS
from tests.attacks.attack import Succeeded, demand
from tests.attacks.mutations import Mutator
from tests.attacks.output_watch import Place
from tests.attacks.stage import HistoryStage, Stage

EXAMPLES = Path(__file__).parents[2] / "examples"
ORIGINALS_MAX = 150
CHUNK = 5_000
TIMEOUT_S = 900.0
OURS = ("journal", "decisions", "dead-letters", "features")
"""Written by the engine alone. What is well-formed and under its name there is a forgery that grants prevent:
it is not among the originals. Nor are honest customers' payments: their ids would be decided more than once.
"""
KINDS = {
    "artefacts": "artefact", "payments": "payment", HISTORY: "payment",
    "outcomes": "outcome", "labels": "label", "controls": "control",
    "list-requests": "list_request", "disputes": "dispute", "list-audit": "list_answer",
    "label-ledger": "dossier", "journal": "journal", "decisions": "decision", "dead-letters": "dead_letter",
}  # fmt: skip


@dataclass
class TopicReport:
    """What became of the messages on one topic."""

    role: str
    messages: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


Check = Callable[[Stage, dict[Place, bytes | None], TopicReport], None]


def fuzz(
    home: Path, messages: int, only: str | None, seed: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """Fuzzes every topic on a platform of its own; the report for machines."""
    stage = Stage(home, 1)
    reports = []
    try:
        stage.start()
        for role, check in CHECKS.items():
            if only is None or only in role:
                reports.append(_fuzzed(stage, role, messages, seed, check))
                say(_line(reports[-1]))
        problems = [f"{report.role}: {problem}" for report in reports for problem in report.problems]
        problems += stage.end_traffic()
    finally:
        stage.stop()
    topics = {report.role: {"messages": report.messages, "fates": dict(report.fates)} for report in reports}
    return {"messages": sum(report.messages for report in reports), "topics": topics, "problems": problems}


def _fuzzed(stage: Stage, role: str, messages: int, seed: int, check: Check) -> TopicReport:
    if role != HISTORY:
        return fuzz_topic(stage, role, messages, seed, check)
    history = HistoryStage(stage)
    try:
        return fuzz_topic(history, role, messages, seed, check)
    finally:
        history.stop()


def fuzz_topic(stage: Stage, role: str, messages: int, seed: int, check: Check) -> TopicReport:
    """Sends damaged messages to one topic, and looks at what became of them and of the processes."""
    report, before, began = TopicReport(role), stage.ends(), time.monotonic()
    try:
        sent = send(stage, role, messages, Mutator(seed, originals(stage, role)))
        report.messages = len(sent)
        check(stage, sent, report)
        demand(stage.probe(), "honest payments are not decided any more")
    except Succeeded as failure:
        report.problems.append(str(failure))
    for name, codes in stage.ends().items():
        if codes != before[name]:
            report.problems.append(f"{name} ended with {codes[len(before[name]) :]}")
    report.seconds = time.monotonic() - began
    return report


def originals(stage: Stage, role: str) -> list[bytes]:
    """Whole messages: examples of the topic's kind and of others, and what lies on the topic."""
    kind = KINDS.get(role, "vectors")
    own = [path.read_bytes() for path in sorted((EXAMPLES / kind).glob("*.json"))]
    others = [path.read_bytes() for path in sorted(EXAMPLES.glob("*/*.json"))][::7]
    there = (
        []
        if role in (*OURS, "payments", HISTORY)
        else [record.value() for record in stage.records(role)[:ORIGINALS_MAX]]
    )
    there = [value for value in there if value]
    return [*own, *own, *there, *others]


def send(stage: Stage, role: str, messages: int, mutator: Mutator) -> dict[Place, bytes | None]:
    """Puts damaged messages on a topic; what lies where."""
    sent: dict[Place, bytes | None] = {}
    producer = Producer(
        {"bootstrap.servers": stage.bootstrap, "message.max.bytes": 2_000_000, "linger.ms": 5,
         "queue.buffering.max.kbytes": 200_000, "enable.idempotence": True, "log_level": 3}
    )  # fmt: skip
    for first in range(0, messages, CHUNK):
        values = [mutator.message() for _ in range(min(CHUNK, messages - first))]
        key = lambda: str(mutator.draw.random()).encode()  # noqa: E731
        places = stage.send_all(role, [(key(), value) for value in values], producer)
        sent |= dict(zip(sorted(places, key=lambda place: place[1]), values, strict=True))
    return sent


def by_the_engine(stage: Stage, sent: dict[Place, bytes | None], report: TopicReport) -> None:
    """One dead letter, one answer, or a known report or control."""
    last = max(sent, key=lambda place: place[1])
    demand(
        stage.watch.wait(lambda: stage.watch.covers(last), TIMEOUT_S), "the engine does not come to the end"
    )
    stage.watch.wait(lambda: False, 3)
    for place, value in sent.items():
        letters = [letter["reason"] for letter in stage.watch.letters.get(place, [])]
        answers = [answer["type"] for answer in stage.watch.answers.get(place, [])]
        report.fates[
            " + ".join([*(f"dead letter {reason}" for reason in letters), *answers]) or "taken in"
        ] += 1
        if not is_accounted_for(report.role, value, len(letters), len(answers)):
            report.problems.append(f"{place}: {letters} and {answers} for {(value or b'')[:200]!r}")


def is_accounted_for(role: str, value: bytes | None, letters: int, answers: int) -> bool:
    """Whether a record on an input of the engine may come to so many dead letters and answers."""
    if letters == answers == 0:
        return any(is_of(kind, value) for kind in CARRIES[role] if kind != "payment")
    return letters <= 1 and answers <= 1


def is_of(kind: str, value: bytes | None) -> bool:
    """Whether plain Python reads it as an object of this type. Bytes that are no UTF-8 may lie in fields that
    nobody knows: they are not looked at.
    """
    try:
        document = json.loads((value or b"").decode(errors="replace"))
    except (ValueError, RecursionError):
        return False
    if not isinstance(document, dict):
        return False
    # The one topic that carries a single type takes a message without its name.
    return document.get("type", kind if kind == "artefact" else None) == kind


def by_the_list_agent(stage: Stage, sent: dict[Place, bytes | None], report: TopicReport) -> None:
    """One answer each."""
    wanted = {place[1] for place in sent}
    found = _waited(stage, "list-audit", "offset", wanted)
    report.fates.update(f"{answer['status']} {answer.get('fault') or ''}".strip() for answer in found)
    counts = Counter(answer["offset"] for answer in found)
    wrong = [offset for offset in wanted if counts[offset] != 1]
    demand(
        not wrong,
        f"{len(wrong)} requests were not answered once, the first at offset {min(wrong, default=0)}",
    )


def by_the_label_agent(stage: Stage, sent: dict[Place, bytes | None], report: TopicReport) -> None:
    """Parked, or evidence."""
    demand(stage.label_agent_answers(TIMEOUT_S), "the label agent does not come to the end")
    parked = Counter(
        document["offset"]
        for document in _documents(stage, "label-parked")
        if document.get("topic", "").endswith("disputes")
    )
    for place, value in sent.items():
        fate = "parked" if parked[place[1]] else "taken in"
        report.fates[fate] += 1
        if parked[place[1]] > 1 or (fate == "taken in" and not _is_evidence(value)):
            report.problems.append(f"{place}: parked {parked[place[1]]} times: {(value or b'')[:200]!r}")


def _is_evidence(value: bytes | None) -> bool:
    return any(is_of(kind, value) for kind in ("dispute", "analyst_verdict", "outcome"))


def by_restart(*names: str) -> Check:
    """Who remembers by this topic starts again over it, and works."""

    def check(stage: Stage, sent: dict[Place, bytes | None], report: TopicReport) -> None:
        for name in names:
            stage.restart(name)
        demand(stage.probe(TIMEOUT_S), "honest payments are not decided after the restart")
        if "list-agent" in names:
            demand(stage.list_agent_answers(), "the list agent does not answer")
        if "label-agent" in names:
            demand(stage.label_agent_answers(), "the label agent does not read")
        if "warehouse" in names:
            demand(_is_sunk(stage), "the sink does not come to the end")
        report.fates["outlived by " + ", ".join(names)] += len(sent)

    return check


def _is_sunk(stage: Stage) -> bool:
    """Whether a decision made now comes to the warehouse."""
    (id,) = list(stage.traffic.send(1))[:1]
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        client = stage.clickhouse()
        try:
            query = "SELECT count() FROM decisions WHERE payment_id = {id:String}"
            if client.query(query, parameters={"id": id}).result_rows[0][0]:
                return True
        finally:
            client.close()
        time.sleep(1)
    return False


def _waited(stage: Stage, role: str, name: str, wanted: set[int]) -> list[dict[str, Any]]:
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        found = [document for document in _documents(stage, role) if document.get(name) in wanted]
        if len({document[name] for document in found}) == len(wanted):
            return found
        time.sleep(2)
    raise Succeeded(f"{len(found)} of {len(wanted)} records are answered on {role}")


def _documents(stage: Stage, role: str) -> list[dict[str, Any]]:
    documents = []
    for record in stage.records(role):
        try:
            document = json.loads(record.value())
        except (TypeError, ValueError, RecursionError):
            continue
        if isinstance(document, dict):
            documents.append(document)
    return documents


CHECKS: dict[str, Check] = {
    **dict.fromkeys(("payments", *(role for role in INPUTS if role != "payments"), HISTORY), by_the_engine),
    "list-requests": by_the_list_agent,
    "disputes": by_the_label_agent,
    "list-audit": by_restart("list-agent"),
    "label-ledger": by_restart("label-agent"),
    "journal": by_restart("follower", "engine"),
    "decisions": by_restart("warehouse"),
    "dead-letters": by_restart("warehouse"),
    "features": by_restart("parquet-sink"),
}
"""Who reads each topic."""


def _line(report: TopicReport) -> str:
    fates = ", ".join(f"{fate} {count:,}" for fate, count in report.fates.most_common(8))
    mark = "DIFFERENT" if report.problems else "well"
    return f"  {report.role:<15}{report.messages:>9,} in {report.seconds:>4.0f} s  {mark:<10}{fates}"
