"""The process that may die of a model: `python -m streams.model_probe.scoring_process`.

Reads the names of the columns and an artefact, loads and scores it, and writes one line; again and again
until its input ends. Memory and processor time are bounded; what libraries print goes to standard error.
"""

import os
import resource
import sys
from contextlib import suppress
from typing import Final

import msgspec

from streams.model_probe.blocks import read_block

MEMORY_BYTES: Final = 4 << 30
"""Address space; what is mapped and never touched counts as well."""
PROCESSOR_S: Final = 120
"""For each model."""


def main() -> None:
    """Answers until the input ends."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    with suppress(ValueError, OSError):  # not every system bounds address space
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from streams.model_probe.scored_probe import verdict

    while (names := read_block(sys.stdin.buffer)) is not None:
        artefact = read_block(sys.stdin.buffer)
        if artefact is None:
            return
        _allow_more_time()
        answer = verdict(artefact, msgspec.json.decode(names, type=list[str]))
        answers.write(msgspec.json.encode(answer) + b"\n")


def _allow_more_time() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + PROCESSOR_S
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    main()
