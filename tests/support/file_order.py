"""The order of test files. Each of the processes of `make test` takes a file, and the next when it is done.

- First a file that compiles nearly every kernel, beside files that need none: on a fresh clone processes
  would compile the same ones side by side, half a minute of processor time each, and so would every engine
  that a test starts.
- Then the longest, so that none of them runs alone at the end.
- Then the others, those of many tests first.
"""

from collections.abc import Sequence

import pytest

COMPILING = ("tests/engine/test_core.py",)
BESIDE_IT = (
    "tests/platform/test_secured_kafka.py",
    "tests/platform/test_local_kafka.py",
    "tests/training/test_registry.py",
    "tests/warehouse/test_warehouse_http.py",
)
LONGEST = (
    "tests/warehouse/test_rebuild_again.py",
    "tests/warehouse/test_sink_crash.py",
    "tests/warehouse/test_rebuild.py",
    "tests/engine/test_repair_on_kafka.py",
    "tests/platform/test_up_down.py",
    "tests/engine/test_engine_on_kafka.py",
    "tests/engine/test_artefacts_on_kafka.py",
    "tests/crash/test_crash.py",
    "tests/engine/test_canary_on_kafka.py",
    "tests/learning/test_promote.py",
    "tests/engine/test_trust_on_kafka.py",
    "tests/platform/test_secured_platform.py",
    "tests/sources/test_replay_end_to_end.py",
    "tests/streams/test_core_only.py",
    "tests/learning/test_story.py",
    "tests/learning/test_retraining_steps.py",
    "tests/engine/test_pass_over_on_kafka.py",
    "tests/learning/test_notebooks.py",
    "tests/crash/test_broker_restart.py",
    "tests/crash/test_hostile.py",
)
NAMED = (*COMPILING, *BESIDE_IT, *LONGEST)


def ordered(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Files in our order; within a file as it was."""
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.nodeid.partition("::")[0], []).append(item)
    ranks = {name: rank for rank, name in enumerate(NAMED)}
    names = sorted(files, key=lambda name: (ranks.get(name, len(ranks)), -len(files[name])))
    return [item for name in names for item in files[name]]
