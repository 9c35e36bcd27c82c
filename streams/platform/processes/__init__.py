"""Processes under supervision: specification, status, ports, logs.

A process record is believed only where pid and start time agree. Knows nothing of Kafka or the engine.
"""

from streams.platform.processes import status_file
from streams.platform.processes.bounded_log import last_lines, open_log
from streams.platform.processes.giving_way import GIVES_WAY, session_gives_way
from streams.platform.processes.heard_signals import heard_by_children
from streams.platform.processes.local_server import STOP_TIMEOUT_S, LocalServer
from streams.platform.processes.ports import HOST, Ports
from streams.platform.processes.process_file import ProcessFile, end, report_ready
from streams.platform.processes.process_spec import ProcessSpec
from streams.platform.processes.status_file import PlatformStatus, ProcessState, ProcessStatus
from streams.platform.processes.supervisor import Supervisor

__all__ = [
    "GIVES_WAY",
    "HOST",
    "STOP_TIMEOUT_S",
    "LocalServer",
    "PlatformStatus",
    "Ports",
    "ProcessFile",
    "ProcessSpec",
    "ProcessState",
    "ProcessStatus",
    "Supervisor",
    "end",
    "heard_by_children",
    "last_lines",
    "open_log",
    "report_ready",
    "session_gives_way",
    "status_file",
]
