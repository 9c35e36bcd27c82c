"""Commands for people who look at figures, one a module, imported when used.

This table is an entry point of the group `tollgate.commands`, by which `streams.cli` finds it. It imports
nothing.
"""

from typing import Final

__all__ = ["COMMANDS"]

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "report": ("dashboards.commands.report", "Write the daily fraud report, mail it, once or every day."),
    "meters": ("dashboards.commands.meters", "Show how near merchants and acquirers are to scheme levels."),
    "dashboards": ("dashboards.commands.boards", "Write boards for Grafana, or draw them as pictures."),
}
"""Name, module, first line of its help. The module is imported when the command is used."""
