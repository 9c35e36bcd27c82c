"""What people are told of the console: its address, and the first administrator's link.

The console writes both into `HOME/run/console.json`, which its owner alone can read. From there commands
print the link: on a terminal, never in a log.
"""

from streams.platform.processes import ProcessFile
from streams.settings import Settings


def console_lines(settings: Settings) -> list[str]:
    """Where the console is, and how the first administrator comes in; empty where it does not run."""
    file = ProcessFile(settings.run / "console.json")
    found = file.read()
    if "address" not in found or file.process() is None:
        return []
    lines = [f"  console     {found['address']}"]
    if "first_link" in found:
        lines.append(f"  first sign-in as admin (once)  {found['first_link']}")
    return lines
