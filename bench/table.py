"""The bench's figures as a table: what was measured, beside what was aimed at."""

from typing import Any

from rich.console import Console
from rich.table import Table

AIM_CEILING, AIM_QUIX, AIM_FAUST = 0.15, 5.0, 10.0
AIM_RULES_US = {50: 3.0, 500: 15.0}
AIM_BATCH_MS, AIM_PAYMENT_US = 0.4, 22.0
AIM_METRICS = 0.03
AIM_OVER_ECHO_MS, AIM_ECHO_P99, AIM_RECOVERY_S = 2.0, 1.3, 10.0
Row = tuple[str, str, str]


def rows(found: dict[str, Any]) -> list[Row]:
    """(what, measured, aim) of every figure there is."""
    parts = {
        "kernel": _kernel,
        "rules": _rules,
        "batch sizes": _batches,
        "trial": _trial,
        "pairs": _pairs,
        "stages": _stages,
        "metrics": _metrics,
        "others": _others,
        "latency": _latency,
        "sinks": _sinks,
        "recovery": _recovery,
        "training": _training,
    }
    loads = ", ".join(f"{part} {load:.1f}" for part, load in found["load_average"].items())
    first = [("load average of the machine before", loads, "")]
    return first + [row for part, shown in parts.items() if part in found for row in shown(found)]


def show(found: dict[str, Any]) -> None:
    """Prints the table."""
    shown = Table(title=f"Tollgate bench, {found['cores']} cores, {found['seconds']:.0f} s")
    for heading in ("what", "measured", "aim"):
        shown.add_column(heading, no_wrap=heading != "measured")
    for row in rows(found):
        shown.add_row(*row)
    console = Console(width=150)
    console.print(shown)
    console.print(
        "CPU is the whole process's, librdkafka's threads included; decisions/s are per core of that time. "
        "Broker, engine, source and reader share this machine's cores."
    )


def _per_second(cpu_us: float) -> str:
    return f"{1e6 / cpu_us:>9,.0f} /s per core   {cpu_us:6.2f} us"


def _range(values: dict[str, float], form: str) -> str:
    return f"{values['min']:{form}} .. {values['max']:{form}}"


def _kernel(found: dict[str, Any]) -> list[Row]:
    kernel = found["kernel"]
    steps = (
        (f"  {step}, simulated payments without answers", f"{taken:6.2f} us", "")
        for step, taken in kernel["steps_us"].items()
    )
    what = f"kernel, {kernel['features']} columns, an answer to each payment"
    return [
        (what, f"{kernel['answered_us']:6.2f} us a payment ({kernel['answered_logs']:,} logs)", ""),
        *steps,
    ]


def _rules(found: dict[str, Any]) -> list[Row]:
    return [
        (
            f"{rules['rules']} rules, batches of {rules['rows']:,}",
            f"{rules['cpu_us']:6.2f} us a payment   (least {rules['cpu_us_least']:.2f})",
            f"<= {AIM_RULES_US[rules['rules']]:.0f} us",
        )
        for rules in found["rules"]
    ]


def _batches(found: dict[str, Any]) -> list[Row]:
    aims = {1: f"<= {AIM_BATCH_MS} ms", 2_000: f"<= {AIM_PAYMENT_US:.0f} us a payment"}
    return [
        (
            f"core, a batch of {one['size']:,}",
            f"{one['batch_ms']:6.2f} ms   {one['payment_us']:.1f} us a payment   "
            f"(least {one['batch_ms_least']:.2f} ms)",
            aims.get(one["size"], ""),
        )
        for one in found["batch sizes"]
    ]


def _trial(found: dict[str, Any]) -> list[Row]:
    return [
        (
            f"core, batches of {trial['batch']}: alone, shadow, canary",
            f"{trial['alone']:6.2f}  {trial['shadow']:.2f}  {trial['canary 5 %']:.2f} us",
            "",
        )
        for trial in found["trial"]
    ]


def _metrics(found: dict[str, Any]) -> list[Row]:
    metrics = found["metrics"]
    with_us, without_us, share = metrics["with_us"], metrics["without_us"], metrics["share"]
    return [
        (
            f"engine with and without metrics, batches of {metrics['batch']:,.0f}",
            f"{with_us['median']:6.2f}  {without_us['median']:.2f} us   "
            f"{share['median']:+.1%} ({_range(share, '+.1%')})",
            f"<= {AIM_METRICS:.0%}",
        ),
        ("  of the engine's own thread", f"{metrics['own_thread_us']['median']:+6.2f} us", ""),
        ("  one scrape", f"{metrics['scrape_ms']:6.1f} ms", ""),
    ]


def _pairs(found: dict[str, Any]) -> list[Row]:
    pairs, model = found["pairs"], found["model"]
    used = f"{model['features_used']}/{model['features']} features"
    size = f"{model['trees']} trees x {model['leaves']:.0f} leaves, {used}, {model['rules']} rules"
    ceiling, engine, ratio = pairs["ceiling_us"], pairs["engine_us"], pairs["ratio"]
    return [
        (
            "ceiling: consume, decode, produce",
            f"{_per_second(ceiling['median'])}   ({_range(ceiling, '.2f')})",
            "",
        ),
        (f"engine, {size}", f"{_per_second(engine['median'])}   ({_range(engine, '.2f')})", ""),
        ("  batch, scorer", f"{pairs['batch']:.0f}, {pairs['scorer']}", ""),
        ("engine / ceiling", f"{ratio['median']:.3f}   ({_range(ratio, '.3f')})", f">= {AIM_CEILING}"),
    ]


def _stages(found: dict[str, Any]) -> list[Row]:
    stages = sorted(found["stages"]["stages"].items(), key=lambda stage: -stage[1])
    return [(f"  stage: {stage}", f"{taken:6.2f} us", "") for stage, taken in stages]


def _others(found: dict[str, Any]) -> list[Row]:
    return [row for other in found["others"] for row in _other(other, found["pairs"]["engine_us"]["median"])]


def _other(other: dict[str, Any], engine_us: float) -> list[Row]:
    if "unavailable" in other:
        return [(other["name"], f"unavailable: {other['unavailable'][-80:]}", "")]
    aim = AIM_QUIX if other["name"].startswith("Quix") else AIM_FAUST
    return [
        (other["name"], _per_second(other["cpu_us"]), ""),
        (f"engine / {other['name']}", f"{other['cpu_us'] / engine_us:.1f}", f">= {aim:.0f}"),
    ]


def _latency(found: dict[str, Any]) -> list[Row]:
    floor = found["floor"]
    first: Row = (
        "empty transaction, p50 p99 p99.9",
        f"{floor['p50_ms']:.1f}  {floor['p99_ms']:.1f}  {floor['p999_ms']:.1f} ms",
        "",
    )
    return [first] + [row for each in found["latency"] for row in _beside_echo(each)]


def _beside_echo(found: dict[str, Any]) -> list[Row]:
    engine, echo = found["engine"], found["echo"]
    ours, bare = engine["wall_ms"], echo["wall_ms"]
    at = f"latency at {found['rate']:,.0f}/s"
    behind = f"{engine['unanswered']} and {echo['unanswered']}, {engine['behind_ms']:.0f} ms"
    shown = (
        ("p50", f"<= echo + {AIM_OVER_ECHO_MS:.0f} ms"),
        ("p99", f"<= {AIM_ECHO_P99:.1f} x echo"),
        ("p999", ""),
    )
    rows = [
        (f"{at}, {name}: engine, echo", f"{ours[name]:.1f}  {bare[name]:.1f} ms", aim) for name, aim in shown
    ]
    return [
        *rows,
        ("  transactions that waited 20 ms, 500 ms: engine", _waits(engine), ""),
        ("  the same: echo", _waits(echo), ""),
        ("  load average, unanswered, source behind by", f"{found['load_average']:.1f}, {behind}", "0"),
    ]


def _waits(found: dict[str, Any]) -> str:
    return f"{found['waits_of_20_ms']:,}, {found['waits_of_500_ms']:,} of {found['batches']:,}"


def _sinks(found: dict[str, Any]) -> list[Row]:
    sinks = found["sinks"]
    cpu = "  ".join(f"{name} {taken['median']:.0f} us" for name, taken in sinks["cpu_us"].items())
    ratio = sinks["p99_ratio"]
    return [
        (
            f"latency p{quantile} at {sinks['rate']:,.0f}/s with and without sinks",
            f"{sinks[f'with_p{quantile}_ms']['median']:.1f}  "
            f"{sinks[f'without_p{quantile}_ms']['median']:.1f} ms",
            "",
        )
        for quantile in (50, 99)
    ] + [
        ("  ratio of the p99", f"{ratio['median']:.2f}   ({_range(ratio, '.2f')})", ""),
        ("  CPU of the sinks a payment", cpu, ""),
        ("  the end is in the tables after", f"{sinks['behind_s']:.1f} s", ""),
        ("  unanswered", f"{sinks['unanswered']}", "0"),
    ]


def _recovery(found: dict[str, Any]) -> list[Row]:
    recovery = found["recovery"]
    tail = f"tail {recovery['tail_payments']:,} in {recovery['tail_batches']:,} batches"
    size = f"{recovery['entities']:,} logs, {tail}"
    return [
        (f"recovery: {size}", f"{recovery['seconds']:.1f} s", f"<= {AIM_RECOVERY_S:.0f} s"),
        *(
            (f"  {stage}", f"{taken:.2f} s   (CPU {recovery['stages_cpu'].get(stage, 0.0):.2f} s)", "")
            for stage, taken in recovery["stages"].items()
        ),
    ]


def _training(found: dict[str, Any]) -> list[Row]:
    run = found["training"]
    size = f"{run['rows']:,} rows x {run['columns']} features, {run['trees']} trees of {run['leaves']} leaves"
    here = run["here"]
    rows = [
        (f"training: {size}", f"{here['wall_s']:.0f} s   (CPU {here['cpu_s']:.0f} s)", ""),
        ("  of that bins; reading before", f"{here['bins_s']:.0f} s; {here['read_s']:.0f} s", ""),
    ]
    if "dask" in run:
        dask = run["dask"]
        cpu = f"CPU of the workers {dask['cpu_s']:.0f} s, start {dask['start_s']:.0f} s"
        words = f"{dask['wall_s']:.0f} s   ({cpu})"
        rows.append(("  on Dask, two workers, reading included", words, ""))
    return rows
