"""Commands for people who look at figures, one a module, imported when used.

This table is an entry point of the group `tollgate.commands`, by which `streams.cli` finds it. It imports
nothing.
"""

from typing import Final

__all__ = ["COMMANDS"]

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "console": ("dashboards.commands.console", "Serve the console, where fraud teams work."),
    "report": ("dashboards.commands.report", "Write the daily fraud report, mail it, once or every day."),
    "meters": ("dashboards.commands.meters", "Show how near merchants and acquirers are to scheme levels."),
    "users": ("dashboards.commands.users", "People who may sign in to the console: roles, links."),
    "desk": ("dashboards.commands.desk", "Bring reviews into the queue, and verdicts onto the log."),
    "dashboards": ("dashboards.commands.boards", "Write boards for Grafana, or draw them as pictures."),
}
"""Name, module, first line of its help. The module is imported when the command is used."""
