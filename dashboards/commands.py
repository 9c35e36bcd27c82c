"""The commands of this package, imported when used: an entry point of the group `tollgate.commands`. This
module imports nothing.
"""

from typing import Final

__all__ = ["COMMANDS"]

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "dashboards": ("dashboards.command", "Write boards for Grafana, or draw them as pictures."),
}
"""Name, module, first line of its help. The module is imported when the command is used."""
