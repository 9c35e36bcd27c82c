"""Processes under supervision: specification, status, ports, logs."""

from streams.platform.processes import status_file
from streams.platform.processes.bounded_log import last_lines, open_log
from streams.platform.processes.ports import HOST, Ports
from streams.platform.processes.process_file import ProcessFile, end, say_ready
from streams.platform.processes.process_spec import ProcessSpec
from streams.platform.processes.status_file import ProcessStatus, State, Status
from streams.platform.processes.supervisor import Supervisor

__all__ = [
    "HOST",
    "Ports",
    "ProcessFile",
    "ProcessSpec",
    "ProcessStatus",
    "State",
    "Status",
    "Supervisor",
    "end",
    "last_lines",
    "open_log",
    "say_ready",
    "status_file",
]
