"""The process that runs one backtest: `python -m desk.changes.backtest_process`.

Reads a request as JSON from its input, writes how far it is to standard error, and the figures, or what was
wrong, as one JSON object to its output. Memory and processor time are bounded; whoever started it ends it
when it takes too long.
"""

import os
import resource
import sys
from contextlib import suppress
from typing import Any, Final

import msgspec

from streams.errors import TollgateError

MEMORY_BYTES: Final = 8 << 30
"""Address space; what is mapped and never touched counts as well."""
PROCESSOR_S: Final = 1_200


class BacktestRequest(msgspec.Struct, frozen=True):
    """What to try, on which payments."""

    engine: str
    new: dict[str, Any]
    """The ruleset."""
    base: dict[str, Any] | None
    """The live ruleset: both are recomputed, so that only the rules differ."""
    days: int
    """The newest days of what was recorded."""


class BacktestAnswer(msgspec.Struct, frozen=True):
    """The figures (`streams.backtest.run`), or what was wrong."""

    figures: dict[str, Any] | None = None
    trouble: str = ""


def main() -> None:
    """One request, one answer."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    with suppress(ValueError, OSError):  # not every system bounds address space
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_S, PROCESSOR_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=BacktestRequest)
    try:
        answer = BacktestAnswer(figures(request))
    except TollgateError as error:
        answer = BacktestAnswer(None, str(error))
    except MemoryError:
        answer = BacktestAnswer(None, "more memory than a backtest may take: choose fewer days")
    answers.write(msgspec.json.encode(answer))


def figures(request: BacktestRequest) -> dict[str, Any]:
    """The figures of the newest days. Raises `TollgateError`."""
    from models.units import DAY_MS
    from streams.backtest import BacktestPlan, from_engine, run
    from streams.settings import Settings

    source = from_engine(Settings(), request.engine, notify=_say)
    source.archive.check()
    end = source.archive.last_time() + 1
    base = None if request.base is None else source.strategy(request.base, None, None)
    new = source.strategy(request.new, None, None)
    plan = BacktestPlan(source.archive, new, base, max(0, end - request.days * DAY_MS), end)
    return run(plan, lambda rows: _say(f"{rows:,} payments")).document()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
