"""Viewers of Live: pages that stay open, each with its stream of events.

    .venv/bin/python -m bench.live_viewers ADDRESS SECONDS < cookies.json

Each is another person, as one person may have few pages of Live open. They run in a process of their own,
so that what the console's process works is the console's work.
"""

import asyncio
import json
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import httpx

if TYPE_CHECKING:
    from bench.console_home import OpenConsole

GRACE_S: Final = 60


class StatementCount:
    """Counts what the warehouse is asked: it is told by the warehouse's own server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.statements = 0

    def __call__(self, *_: object) -> None:
        with self._lock:
            self.statements += 1


def watched(console: "OpenConsole", count: StatementCount, viewers: int, seconds: int) -> dict[str, Any]:
    """What so many viewers cost: statements of the warehouse, and work of the process in which console and
    warehouse are.
    """
    people = console.viewers(viewers)
    asked, worked, began = count.statements, time.process_time(), time.monotonic()
    seen = subprocess.run(
        [sys.executable, "-m", "bench.live_viewers", console.address, str(seconds)],
        input=json.dumps(people), stdout=subprocess.PIPE, text=True, check=True,
        timeout=seconds + GRACE_S,
    )  # fmt: skip
    lasted = time.monotonic() - began
    return {
        **json.loads(seen.stdout),
        "statements": count.statements - asked,
        "cpu_percent": round(100 * (time.process_time() - worked) / lasted, 1),
    }


async def look(address: str, cookies: dict[str, str], end: float) -> int:
    """How many figures came to one person's page until a time."""
    figures = 0
    async with (
        httpx.AsyncClient(base_url=address, cookies=cookies, timeout=30) as client,
        client.stream("GET", "/live/events") as answer,
    ):
        answer.raise_for_status()
        async for text in answer.aiter_lines():
            figures += text.startswith("event: figures")
            if time.monotonic() > end:
                break
    return figures


async def all_look(address: str, people: list[dict[str, str]], seconds: int) -> list[int]:
    """Figures by viewer. Without any it lasts as long, for what is spent anyway."""
    end = time.monotonic() + seconds
    if not people:
        await asyncio.sleep(seconds)
    return await asyncio.gather(*(look(address, cookies, end) for cookies in people))


def main(address: str, seconds: str) -> None:
    """Prints what came, as JSON."""
    figures = asyncio.run(all_look(address, json.load(sys.stdin), int(seconds)))
    seen = {"viewers": len(figures), "seconds": int(seconds), "figures_least": min(figures, default=0)}
    print(json.dumps(seen | {"figures_most": max(figures, default=0)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
