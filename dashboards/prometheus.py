"""Asks a Prometheus, for pictures and tests."""

import json
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any, Final

from streams.errors import Misconfigured, Outage

TIMEOUT_S: Final = 30.0


@dataclass(frozen=True)
class Line:
    """One series: its labels, times (s since 1970) and values."""

    labels: dict[str, str]
    times_s: list[float]
    values: list[float]


@dataclass(frozen=True)
class PrometheusServer:
    """A Prometheus at `url`."""

    url: str

    def lines(self, query: str, start_s: float, end_s: float, step_s: float) -> list[Line]:
        """What a query gives between two times. Raises `Misconfigured` where Prometheus does not take it,
        `Outage` where it does not answer.
        """
        asked = {"query": query, "start": str(start_s), "end": str(end_s), "step": str(step_s)}
        return [_line(each) for each in self._ask("query_range", asked)["result"]]

    def _ask(self, what: str, arguments: dict[str, str]) -> Any:
        if not self.url.startswith(("http://", "https://")):
            raise Misconfigured(f"{self.url} is no address of a Prometheus: http://HOST:PORT")
        address = f"{self.url}/api/v1/{what}?{urllib.parse.urlencode(arguments)}"
        try:
            with urllib.request.urlopen(address, timeout=TIMEOUT_S) as answer:
                return json.loads(answer.read())["data"]
        except urllib.error.HTTPError as refused:
            reason = refused.read().decode(errors="replace")[:500]
            if refused.code >= 500:
                raise Outage(f"Prometheus at {self.url} does not work: {reason}") from None
            raise Misconfigured(f"Prometheus does not take {arguments['query']!r}: {reason}") from None
        except (OSError, ValueError, KeyError) as failure:
            raise Outage(f"no answer from Prometheus at {self.url}: {failure}") from None


def _line(result: Any) -> Line:
    labels = {name: value for name, value in result["metric"].items() if name != "__name__"}
    points = [(float(time), float(value)) for time, value in result["values"]]
    return Line(labels, [time for time, _ in points], [value for _, value in points])
