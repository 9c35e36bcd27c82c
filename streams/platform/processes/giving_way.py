"""How a process gives way to the others of its machine: it works while they do not need the processor.

A nice value alone does not do it. Where Linux groups processes by session (`sched_autogroup_enabled`, on in
most distributions), it shares the processor between sessions first, and a nice value counts within one only
(sched(7)). Each process of ours leads a session of its own, so the session is given the value as well.
"""

from pathlib import Path

NICENESS = 10
GIVES_WAY = ("nice", "-n", str(NICENESS))
"""Before the command of a process that gives way."""


def session_gives_way(pid: int) -> None:
    """To be called when a process that leads a session runs. Without effect on a kernel that has no such
    groups, or on a process that has ended."""
    try:
        Path(f"/proc/{pid}/autogroup").write_text(str(NICENESS), encoding="ascii")
    except OSError:
        return
