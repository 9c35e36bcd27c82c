"""Commands of the learning loop, one a module, imported when used.

This table is an entry point of the group `tollgate.commands`, by which `streams.cli` finds it. It imports
nothing.
"""

from typing import Final

__all__ = ["COMMANDS"]

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "promote": ("learning.commands.promote", "Let a challenger go live where every gate is passed."),
    "rollback": ("learning.commands.rollback", "Put the model back that was live before."),
    "dataset": ("learning.commands.dataset", "Make a data set: vectors, with labels as known on a day."),
    "evaluate": ("learning.commands.evaluate", "Walk forward through a file of payments, and measure."),
    "train": ("learning.commands.train", "Train a model, measure it on later weeks, and report."),
    "retrain": ("learning.commands.retrain", "Labels to model to gates to challenger, once or every day."),
    "learn": ("learning.commands.learn", "Play the learning loop on a simulated world, in minutes."),
}
"""Name, module, first line of its help. The module is imported when the command is used."""
