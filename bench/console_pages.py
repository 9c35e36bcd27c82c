"""The first view of every page of the console on millions of decisions, and what many viewers of Live cost.

    .venv/bin/python -m bench.console_pages --home /tmp/warehouse-10m --decisions 10000000 --viewers 50

A view is what a browser asks for when a page is opened: the page, its files, and the parts that come at once.
It is asked for over HTTP by somebody who signed in, as a browser asks: the page first, then all the rest, six
at a time. The home is filled as by `bench.console_queries`. Aims: 1 s and 200 kB gzipped a view; viewers cost
the warehouse one poll, however many they are.
"""

import json
import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import click
import httpx

from bench.console_home import OpenConsole, console_on
from bench.console_queries import filled, reading
from bench.live_viewers import StatementCount, watched
from dashboards.console.pages.payment import payment_address

AIM_MS: Final = 1_000
AIM_BYTES: Final = 200_000
AT_ONCE: Final = 6
"""Of one browser, to one host."""
AFTERWARDS: Final = frozenset(("/explore/schema",))
"""What a page can be used without, and is not waited for."""
FILE: Final = re.compile(r'(?:src|href)="(/static/[^"]+)"')
PART: Final = re.compile(r'hx-get="([^"]+)"[^>]*hx-trigger="(?:load|revealed)(?! delay)')
STATEMENT: Final = (
    "SELECT minute, verdict, sum(decisions) AS decided FROM v_minute "
    "WHERE minute >= now() - INTERVAL 3 HOUR GROUP BY minute, verdict ORDER BY minute"
)


def paths(console: OpenConsole) -> dict[str, str]:
    """Where each page is."""
    last = console.facts.decision
    payment = payment_address(last["merchant_account"], str(last["payment_id"]))
    return {
        "Live": "/live", "Review": "/review", "Payments": "/payments",
        "Payments, one merchant, 90 days": "/payments?merchant=shop-7&within=90d",
        "Payments, one BIN, 90 days": "/payments?bin=411007&within=90d",
        "Payments, by amount, 90 days": "/payments?amount_from=200&currency=EUR&within=90d",
        "Payments, none found, 90 days": "/payments?country=SE&within=90d",
        "Payment": payment, "Rules": "/rules", "Rules, editor": "/rules/edit",
        "Rules, shadow, 90 days": "/rules/shadow?days=90", "Rules, history": "/rules/history",
        "Lists": "/lists", "Lists, history": "/lists/history", "Models": "/models",
        "Models, history": "/models/history", "Cohorts": "/cohorts",
        "Explore": f"/explore?{urlencode({'sql': STATEMENT})}", "Meters": "/meters",
        "Pipeline": "/pipeline", "Dead letters": "/pipeline/dead-letters", "Audit": "/audit",
        "People": "/people", "Account": "/account",
        "Search": f"/search?{urlencode({'q': str(last['card'])[-4:]})}",
    }  # fmt: skip


def got(client: httpx.Client, address: str) -> tuple[int, str]:
    """Bytes on the wire, and the text."""
    with client.stream("GET", address.replace("&amp;", "&")) as answer:
        text = "".join(answer.iter_text())
        if answer.status_code != httpx.codes.OK:
            raise click.ClickException(f"{address} was answered by {answer.status_code}: {text[:300]}")
        return answer.num_bytes_downloaded, text


def view(client: httpx.Client, path: str) -> dict[str, Any]:
    """One view: until the page is there, until all of it is, and its bytes."""
    began = time.perf_counter()
    size, page = got(client, path)
    page_ms = (time.perf_counter() - began) * 1000
    parts = [each for each in PART.findall(page) if each not in AFTERWARDS]
    rest = {*FILE.findall(page), *parts}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        sizes = [bytes_ for bytes_, _ in pool.map(lambda each: got(client, each), sorted(rest))]
    whole_ms = (time.perf_counter() - began) * 1000
    return {"page_ms": page_ms, "view_ms": whole_ms, "bytes": size + sum(sizes), "parts": len(parts)}


def views(console: OpenConsole, path: str, runs: int) -> dict[str, Any]:
    """The first opening in this console, and the middle of the later ones."""
    with console.client() as client:
        first = view(client, path)
        later = sorted((view(client, path) for _ in range(runs)), key=lambda one: one["view_ms"])
    middle = later[len(later) // 2]
    return {
        "first_ms": round(first["view_ms"]),
        "page_ms": round(middle["page_ms"]),
        "view_ms": round(middle["view_ms"]),
        "bytes": first["bytes"],
        "parts": first["parts"],
    }


def line(name: str, found: Mapping[str, Any]) -> str:
    """One row of the table; `!` where an aim is missed."""
    slow = "!" if found["first_ms"] > AIM_MS else " "
    heavy = "!" if found["bytes"] > AIM_BYTES else " "
    times = f"{found['first_ms']:>8,}{slow} {found['page_ms']:>8,} {found['view_ms']:>8,}"
    return f"{name:34} {times} {found['bytes'] / 1000:>8.1f}{heavy} {found['parts']:>6}"


@click.command()
@click.option("--decisions", default=10_000_000, show_default=True)
@click.option("--home", type=click.Path(path_type=Path), required=True, help="Filled where it is empty.")
@click.option("--runs", default=3, show_default=True, help="Openings after the first one.")
@click.option("--only", default="", help="Pages whose name matches this regular expression.")
@click.option("--viewers", default=0, help="Besides: so many viewers of Live, beside none and one.")
@click.option("--seconds", default=60, show_default=True, help="How long the viewers look.")
@click.option("--table", is_flag=True, help="A table for people instead of a line of JSON each.")
def main(
    decisions: int, home: Path, runs: int, only: str, viewers: int, seconds: int, *, table: bool
) -> None:
    """Time and bytes of the first view of every page, and what viewers of Live cost."""
    count = StatementCount()
    with (
        filled(home, decisions) as database,
        reading(database, count) as reader,
        console_on(reader) as console,
    ):
        if table:
            click.echo(f"{'page':34} {'first ms':>8}  {'page ms':>8} {'view ms':>8} {'kB':>8}  {'parts':>6}")
        for name, path in paths(console).items():
            if re.search(only, name):
                found = views(console, path, runs)
                click.echo(line(name, found) if table else json.dumps({"page": name} | found))
        for many in (0, 1, viewers) if viewers else ():
            click.echo(json.dumps(watched(console, count, many, seconds)))


if __name__ == "__main__":
    main()
