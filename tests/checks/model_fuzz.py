"""Damaged model files: each is refused with a reason or scores finitely; none hangs, crashes or raises.

    .venv/bin/python -m tests.checks.model_fuzz                     # 20,000 mutations, two minutes
    .venv/bin/python -m tests.checks.model_fuzz --first 7 --count 1 --show

Mutations are loaded in a process of their own. When it ends or is silent for `SILENCE_S`, the mutation at
hand is a failure, and another process goes on after it.
"""

import argparse
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import numpy as np

from features.catalogue import CATALOGUE
from models.scoring import ArtefactError, Scorer
from models.units import MICRO
from tests.support.damaged_models import damaged_model

SILENCE_S = 60
UNUSUAL = (np.nan, 0.0, -0.0, 1e-36, 5e-324, 1e300, -1e300, np.inf, -np.inf, 3.0, -2.5)
REFUSED, SCORED = "refused", "scored"


def outcome(blob: bytes) -> str:
    """`refused` or `scored`; any other text is what went wrong."""
    try:
        scorer = Scorer.load(blob, CATALOGUE.names)
        matrix = np.random.default_rng(1).choice(UNUSUAL, (40, len(CATALOGUE.names)))
        raw, micro, codes = (
            scorer.raw_scores(matrix),
            scorer.probabilities(matrix),
            scorer.reason_codes(matrix),
        )
    except ArtefactError:
        return REFUSED
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300].replace("\n", " ")
    fine = np.isfinite(raw).all() and (micro >= 0).all() and (micro <= MICRO).all() and len(codes) == len(raw)
    return SCORED if fine else f"scores {raw[:3].tolist()}, probabilities {micro[:3].tolist()}"


def outcomes(first: int, end: int) -> Iterator[tuple[int, str]]:
    """What becomes of mutations `[first, end)`, each loaded in a process that may die of it."""
    while first < end:
        arguments = [sys.executable, "-m", "tests.checks.model_fuzz", "--loop", str(first), str(end)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in _lines(process):
                number, _, word = line.rstrip("\n").partition(" ")
                yield int(number), word
                first = int(number) + 1
        if first < end:
            yield first, f"the process ended ({process.returncode}) or was silent for {SILENCE_S} s"
            first += 1


def _lines(process: "subprocess.Popen[str]") -> Iterator[str]:
    """The lines of a process; it is ended when none comes for `SILENCE_S`."""
    from threading import Timer

    assert process.stdout is not None
    while True:
        timer = Timer(SILENCE_S, process.kill)
        timer.start()
        line = process.stdout.readline()
        timer.cancel()
        if not line:
            return
        yield line


def loop(first: int, end: int) -> None:
    """The process that may die: a line for each mutation."""
    for number in range(first, end):
        print(number, outcome(damaged_model(number)), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--show", action="store_true", help="print the reason of each refusal")
    parser.add_argument("--loop", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.loop:
        loop(*options.loop)
        return 0
    if options.show:
        for number in range(options.first, options.first + options.count):
            try:
                print(number, Scorer.load(damaged_model(number), CATALOGUE.names).kind)
            except ArtefactError as error:
                print(number, str(error)[:200])
        return 0
    counts: Counter[str] = Counter()
    failures = 0
    for number, word in outcomes(options.first, options.first + options.count):
        counts[word if word in (REFUSED, SCORED) else "FAILED"] += 1
        if word not in (REFUSED, SCORED):
            failures += 1
            print(f"mutation {number}: {word}")
    print(f"{sum(counts.values()):,} mutations: {dict(counts)}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
