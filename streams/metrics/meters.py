"""What one process counts, and how it is read: `prometheus-client` with the bounds of our declarations.

Invariants
- A figure that is not declared in `families` cannot be counted, and labels keep their bounds (`labels`).
- Whoever is measured is never ended by it: watchers measure by `Meters.attempt`.
- One thread writes a figure; the server's thread only reads. A histogram's count always equals its last
  bucket: both are of one copy.
- A histogram of many values at once (`add`) costs by the batch, not by the value: numpy puts them into their
  buckets.
"""

import logging
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike
from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from streams.metrics.families import FAMILIES, MetricFamily
from streams.metrics.labels import BoundedValues

log = logging.getLogger(__name__)

INFINITE: Final = "+Inf"


class Meters:
    """The figures of one process, and the registry that serves them."""

    def __init__(self, processes: bool = True) -> None:
        """`processes`: also CPU time, memory and open files of the process, by prometheus-client."""
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._meters: dict[str, _Meter] = {}
        self._faults = self.counter("tollgate_metrics_faults")
        if processes:
            ProcessCollector(registry=self.registry)

    def attempt(self, measure: Callable[..., None], *arguments: Any) -> None:
        """Measures. A fault in that is counted, said once, and goes no further."""
        try:
            measure(*arguments)
        except Exception:
            if not self._faults.value:
                log.exception("a figure could not be taken; the process goes on, and this is not said again")
            self._faults.add(1)

    def counter(self, name: str, **labels: str) -> "CountMeter":
        """The counter of this family and these labels; the same one each time."""
        return self._meter(name, "counter").child(labels, CountMeter)

    def gauge(self, name: str, **labels: str) -> "GaugeMeter":
        """As `counter`."""
        return self._meter(name, "gauge").child(labels, GaugeMeter)

    def histogram(self, name: str, **labels: str) -> "HistogramMeter":
        """As `counter`."""
        meter = self._meter(name, "histogram")
        return meter.child(labels, lambda: HistogramMeter(meter.family.buckets))

    def forget(self, name: str, **labels: str) -> None:
        """Serves a figure no longer, until it is asked for again: better than one that is not true."""
        self._meter(name, FAMILIES[name].kind).forget(labels)

    def _meter(self, name: str, kind: str) -> "_Meter":
        meter = self._meters.get(name)
        if meter is None:
            meter = self._meters[name] = _Meter(FAMILIES[name])
            self.registry.register(meter)
        assert meter.family.kind == kind, f"{name} is a {meter.family.kind}"
        return meter


class CountMeter:
    """A number that only grows."""

    def __init__(self) -> None:
        self.value = 0.0

    def add(self, more: float) -> None:
        assert more >= 0, "a counter never falls"
        self.value += more


class GaugeMeter:
    """A number that is as it is now."""

    def __init__(self) -> None:
        self.value = 0.0

    def set(self, value: float) -> None:
        self.value = float(value)


class HistogramMeter:
    """How many values were at or below each bound.

    >>> times = HistogramMeter((0.1, 1.0))
    >>> times.add([0.05, 0.1, 0.5, 30.0])
    >>> times.cumulated()
    ([2, 3, 4], 30.65)
    """

    def __init__(self, buckets: tuple[float, ...]) -> None:
        self._bounds, self._edges = buckets, np.array(buckets)
        self._counts = np.zeros(len(buckets) + 1, np.int64)
        self._sum = 0.0

    def add_one(self, value: float) -> None:
        """Counts one value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def add(self, values: ArrayLike) -> None:
        """Counts n values."""
        numbers = np.asarray(values, np.float64)
        places = np.searchsorted(self._edges, numbers, side="left")
        self._counts += np.bincount(places, minlength=len(self._counts))
        self._sum += float(numbers.sum())

    def cumulated(self) -> tuple[list[int], float]:
        """Counts at or below each bound, the last one all; and the sum of the values."""
        return np.cumsum(self._counts).tolist(), self._sum


MeterChild = CountMeter | GaugeMeter | HistogramMeter
Child = TypeVar("Child", CountMeter, GaugeMeter, HistogramMeter)


class _Meter(Collector):
    """One family: its children by their labels' values."""

    def __init__(self, family: MetricFamily) -> None:
        self.family = family
        self._names = [label.name for label in family.labels]
        self._values = [BoundedValues(label) for label in family.labels]
        self._children: dict[tuple[str, ...], MeterChild] = {}
        self._lock = threading.Lock()

    def child(self, labels: Mapping[str, str], make: Callable[[], Child]) -> Child:
        """The child of these labels, made where there is none."""
        key = self._key(labels)
        child = self._children.get(key)
        if child is None:
            with self._lock:
                child = self._children.setdefault(key, make())
        return cast(Child, child)

    def forget(self, labels: Mapping[str, str]) -> None:
        with self._lock:
            self._children.pop(self._key(labels), None)

    def _key(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(
            values.known(labels[name]) for name, values in zip(self._names, self._values, strict=True)
        )

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        """What is served now."""
        with self._lock:
            children = sorted(self._children.items())
        family = self.family
        if family.kind == "histogram":
            yield self._histogram(children)
            return
        made = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
        metric = made(family.name, family.meaning, labels=self._names)
        for key, child in children:
            metric.add_metric(key, cast(GaugeMeter, child).value)
        yield metric

    def _histogram(self, children: list[tuple[tuple[str, ...], MeterChild]]) -> Metric:
        metric = HistogramMetricFamily(self.family.name, self.family.meaning, labels=self._names)
        bounds = [*map(floatToGoString, self.family.buckets), INFINITE]
        for key, child in children:
            counts, total = cast(HistogramMeter, child).cumulated()
            metric.add_metric(key, list(zip(bounds, counts, strict=True)), total)
        return metric
