"""One process scores the models of all tests of a process, as that of a running engine does for its life.

Its start takes 2.5 s of processor time, and each engine and command that tests call would have one of its
own. Tests of the probe itself take it from `streams.model_probe.probe`. It ends with the process that asks.

Invariant: a model that ends the process costs the next one a new process, never a verdict.
"""

from streams import model_probe
from streams.model_probe import PATIENT_LIMIT_S, ModelProbe, ProbeVerdict

_SHARED = ModelProbe([], standing=True, limit_s=PATIENT_LIMIT_S)


class _SharedProbe(ModelProbe):
    """Hands artefacts on; starting and closing are the shared one's affair."""

    def start(self) -> None:
        _SHARED.start()

    def verdict(self, artefact: bytes) -> ProbeVerdict:
        _SHARED._names = self._names
        return _SHARED.verdict(artefact)


def share() -> None:
    """From now on what imports the probe in this process gets one of these."""
    vars(model_probe)["ModelProbe"] = _SharedProbe
