"""The same bytes as before: a log recorded by an earlier version, re-applied by this one. No broker needed.

    python -m tests.checks.recorded_log [check] [--recording tests/data/recorded_log]
    python -m tests.checks.recorded_log record --out FOLDER [--bootstrap HOST:PORT]

`check` re-applies the recorded journal over the recorded inputs (`recorded_replay`) and compares byte for
byte:

* every message of the engine (key, headers, value): decisions, vectors, dead letters, the controls that rules
  and trials bring about, and journal entries, their hashes, input checksums and counts computed again;
* wherever the recorded engine was stopped: the hash of the whole logical state, and the snapshot file;
* at the end: running hashes and logical state, however they are reached (`recorded_replay`).

Prints how much was compared and how much differs. Exit code 1 on a difference; 2 where this version cannot
make the recording's feature catalogue, because a feature went or means something else: nothing can be
compared then, and this version should leave a recording of its own. Features that were added are left out.

`record` makes one on a real broker (`recorded_scenario`). A recording stays as it is: decisions must not
depend on the machine, so any may check it.
"""

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from models.messages.vectors import Vectors
from streams.engine.identity import cpu_fingerprint
from streams.engine.recovery import snapshot
from streams.engine.recovery.replay import OtherCatalogue
from tests.checks.recorded_replay import OutputMessage, Reapplication, reapply
from tests.checks.recording import OUTPUTS, Record, Recording

RECORDING = Path(__file__).parents[1] / "data" / "recorded_log"
SHOWN_MAX = 10
AROUND = 40
"""Bytes shown on each side of a difference."""
KINDS = {
    "decisions": "decisions",
    "features": "messages of vectors",
    "dead-letters": "dead letters",
    "controls": "controls by the engine",
    "journal": "journal entries",
}


@dataclass
class Comparison:
    """Pairs compared and pairs that differ, by kind; `differences` are the first ones, in words."""

    compared: Counter[str] = field(default_factory=Counter)
    differing: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def add(self, kind: str, what: str, recorded: object, reapplied: object) -> None:
        """One pair."""
        self.compared[kind] += 1
        if recorded != reapplied:
            self.differing[kind] += 1
            self.differences.append(f"{what}: {difference(recorded, reapplied)}")
            del self.differences[SHOWN_MAX:]


def difference(recorded: object, reapplied: object) -> str:
    """Where two values part, in words.

    >>> difference(b"approve", b"approval")
    "byte 6 of 7: recorded b'approve', now b'approval'"
    """
    if isinstance(recorded, OutputMessage) and isinstance(reapplied, OutputMessage):
        pairs = zip(OutputMessage._fields, recorded, reapplied, strict=True)
        name, one, other = next(pair for pair in pairs if pair[1] != pair[2])
        return f"{name}: {difference(one, other)}"
    if isinstance(recorded, bytes) and isinstance(reapplied, bytes):
        shorter = min(len(recorded), len(reapplied))
        place = next((i for i in range(shorter) if recorded[i] != reapplied[i]), shorter)
        part = slice(max(0, place - AROUND), place + AROUND)
        return f"byte {place} of {len(recorded)}: recorded {recorded[part]!r}, now {reapplied[part]!r}"
    return f"recorded {recorded!r}, now {reapplied!r}"


def compare(recording: Recording, reapplied: Reapplication) -> Comparison:
    """Every message and every state of the recording with what this version makes."""
    comparison = Comparison()
    for role, kind in KINDS.items():
        _compare_messages(comparison, kind, engine_messages(recording, role), reapplied.messages[role])
    for name, value in recorded_states(recording).items():
        kind = "snapshot files" if name.startswith("snapshot of") else "states"
        comparison.add(kind, name, value, reapplied.states.get(name))
    return comparison


def _compare_messages(
    comparison: Comparison, kind: str, recorded: list[OutputMessage], reapplied: list[OutputMessage]
) -> None:
    for place, (one, other) in enumerate(zip(recorded, reapplied, strict=False)):
        comparison.add(kind, f"{kind}, number {place}", one, other)
    if len(recorded) != len(reapplied):
        comparison.add(kind, f"how many {kind}", len(recorded), len(reapplied))


def engine_messages(recording: Recording, role: str) -> list[OutputMessage]:
    """What the engine wrote to a topic. On `controls` its own bear its name in their keys."""
    own = f"{recording.manifest.engine}-".encode()
    records = recording.topics[role]
    if role not in OUTPUTS:
        records = [record for record in records if (record.key or b"").startswith(own)]
    return [OutputMessage(record.key, record.value, record.headers) for record in records]


def recorded_states(recording: Recording) -> dict[str, str]:
    """What the recording says of states, by the names of `Reapplication.states`."""
    manifest = recording.manifest
    states = {}
    for stop in manifest.stops:
        states[f"logical state of batch {stop.number}"] = stop.logical_hash
        if stop.snapshot_sha256 is not None and manifest.snapshot_format == snapshot.FORMAT:
            states[f"snapshot of batch {stop.number}"] = stop.snapshot_sha256
        if stop.number == manifest.snapshot:
            states["snapshot restored"] = f"{stop.number} {stop.logical_hash}"
    end = manifest.stops[-1]
    final = f"{end.number} {manifest.state_hash} {manifest.decision_hash} {end.logical_hash}"
    ways = ("applied one by one", "recovered from nothing", "recovered from the snapshot")
    return states | dict.fromkeys(ways, final)


def vectors_in(record: Record) -> int:
    """How many vectors a message of them holds."""
    return msgspec.msgpack.decode(record.value, type=Vectors).rows


def check(folder: Path) -> int:
    """Compares and prints; the exit code."""
    recording = Recording.read(folder)
    manifest = recording.manifest
    vectors = sum(map(vectors_in, recording.topics["features"]))
    print(
        f"recorded by Tollgate {manifest.tollgate}, {manifest.recorded_at}: "
        f"{len(recording.topics['payments']):,} messages on payments, {vectors:,} vectors"
    )
    try:
        reapplied = reapply(recording)
    except OtherCatalogue as error:
        print(f"NOT COMPARED: {error}")
        return 2
    here = (cpu_fingerprint(), reapplied.scorer)
    if here != (manifest.cpu, manifest.scorer):
        print(
            f"recorded on {manifest.cpu} ({manifest.scorer}), this is {here[0]} ({here[1]}): must not matter"
        )
    comparison = compare(recording, reapplied)
    for kind, count in comparison.compared.items():
        print(f"{kind:<24}{count:>8,} compared {comparison.differing[kind]:>8,} differ")
    for line in comparison.differences:
        print(f"DIFFERENT: {line}")
    return 1 if comparison.differences else 0


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("do", nargs="?", choices=("check", "record"), default="check")
    parser.add_argument("--recording", type=Path, default=RECORDING, help="the recording to check")
    parser.add_argument("--out", type=Path, help="folder for a new recording")
    parser.add_argument("--bootstrap", help="a broker to record on; without it one is started and removed")
    given = parser.parse_args()
    if given.do == "check":
        return check(given.recording)
    if given.out is None:
        parser.error("record needs --out FOLDER")
    from tests.checks.recorded_scenario import record

    record(given.out, given.bootstrap)
    return check(given.out)


if __name__ == "__main__":
    sys.exit(main())
