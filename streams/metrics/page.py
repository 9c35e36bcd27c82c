"""The page `docs/metrics.md`."""

from streams.metrics.families import BY_PROCESS, ENGINE, SERIES_MAX, MetricFamily
from streams.metrics.labels import MetricLabel

HEAD = """\
# Metrics

Written by `make pages` from `streams/metrics/families.py`.

Every process serves what it counts at `http://127.0.0.1:PORT/metrics`, in OpenMetrics and in Prometheus's
older text format. Each has a port of its own: `TOLLGATE_METRICS_PORT`, or a free one, which it keeps.
`HOME/run/metrics/*.json` says where; Prometheus reads these files by itself (`file_sd_configs`, see
[Watch Tollgate](observability.md)).

Labels are closed sets of words, and names of engines and processes: no token, no id, no merchant, no address.
So the number of series is bounded whatever is sent: at most {series} of ours for one engine in one process.
"""


def metrics_page() -> str:
    """Every metric, by process."""
    lines = [HEAD.format(series=SERIES_MAX)]
    for process, families in BY_PROCESS.items():
        lines += [f"## {process[0].upper()}{process[1:]}", "", "| metric | type | what it says | labels |"]
        lines += ["|---|---|---|---|", *map(_row, families), ""]
    return "\n".join(lines)


def _row(family: MetricFamily) -> str:
    labels = ", ".join(_label(label) for label in family.labels)
    name = family.exposed.removesuffix("_bucket")
    return f"| `{name}` | {family.kind} | {family.meaning} | {labels} |"


def _label(label: MetricLabel) -> str:
    if label is ENGINE:
        return "`engine`"
    values = ", ".join(label.values) if label.values else f"at most {label.most} values"
    return f"`{label.name}`: {values}"
