"""The local platform: a real Kafka, the warehouse and our processes, started and supervised.

Invariants
- One supervisor and one broker per home, by lock and process file; a killed supervisor's processes are ended
  at the next start.
- Processes talk by files in `HOME/run`, each written whole.

Imports `streams.kafka`, `streams.settings` and `storage`; the processes themselves are commands, started by
name.
"""

from streams.platform.console_address import console_lines
from streams.platform.health import Health, ProcessHealth, ServerAddress, health
from streams.platform.lag import lag
from streams.platform.plan import ENGINE, addresses, process_table
from streams.platform.running import RunningPlatform, ensure_up, take_down

__all__ = [
    "ENGINE",
    "Health",
    "ProcessHealth",
    "RunningPlatform",
    "ServerAddress",
    "addresses",
    "console_lines",
    "ensure_up",
    "health",
    "lag",
    "process_table",
    "take_down",
]
