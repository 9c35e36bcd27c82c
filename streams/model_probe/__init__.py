"""A model is scored once on a probe in a process of its own, before it is published and before it goes live.

The checks of `models.scoring` let no file through that native code could stumble over, as far as we know.
This is for what we do not know: a model that ends the process, hangs or takes all memory does so there.

Invariants
- Whatever an artefact does, `ModelProbe.verdict` returns within its limit, with words where it refuses.
- The process has bounded memory and processor time, no settings of ours in its environment, and ends with its
  parent.

Imports `models.scoring` only, and that in the process of its own.
"""

from streams.model_probe.blocks import ProbeVerdict
from streams.model_probe.probe import PATIENT_LIMIT_S, ModelProbe

__all__ = ["PATIENT_LIMIT_S", "ModelProbe", "ProbeVerdict"]
