"""The commands of `tollgate`, one a module, imported when used.

This module is read by `tollgate --help`: it imports nothing. Other packages register a table like this one as
an entry point of the group `tollgate.commands` (see `pyproject.toml`).
"""

from typing import Final

__all__ = ["COMMANDS"]

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "up": (
        "streams.commands.installation.up",
        "Start Kafka, warehouse, engine, follower and sinks, and wait until all is well.",
    ),
    "down": ("streams.commands.installation.down", "Stop what `up` started, cleanly."),
    "status": ("streams.commands.installation.status", "Show addresses, health and lag."),
    "demo": (
        "streams.commands.traffic.demo",
        "Start everything, send a minute of payments, and check the result.",
    ),
    "simulate": ("streams.commands.traffic.simulate", "Send simulated payments to an engine."),
    "story": ("streams.commands.traffic.story", "Send one campaign of fraud, for somebody to find."),
    "world": (
        "streams.commands.traffic.world",
        "Write a simulated world with a story: payments and labels as files.",
    ),
    "replay": (
        "streams.commands.traffic.replay",
        "Send the payments of a file through an engine of their own.",
    ),
    "features": (
        "streams.commands.features.group",
        "Compute vectors from a file of payments, or show what the features are.",
    ),
    "repair": (
        "streams.commands.repair",
        "Go on after a loss of data: show what would be given up, and journal it with --yes.",
    ),
    "verify": ("streams.commands.verify", "Re-apply the journal and compare every decision and aggregate."),
    "publish": (
        "streams.commands.publish.group",
        "Put a ruleset, model, policy, list entry or table on the log.",
    ),
    "tra-meter": (
        "streams.commands.tra_meter",
        "Show the fraud rate of card payments by quarter (RTS, Article 19).",
    ),
    "rules": ("streams.commands.rules.group", "Check, compare, publish, backtest and take back rulesets."),
    "lists": ("streams.commands.lists", "Show and change lists: allow, block, watch."),
    "keys": (
        "streams.commands.keys.group",
        "Make and change the keys that sign controls; sign what needs two people.",
    ),
    "seed": (
        "streams.commands.installation.seed",
        "Put the first ruleset, model, policy, lists and tables on the log.",
    ),
    "engine": ("streams.commands.processes.engine", "Decide the payments of one engine (in the foreground)."),
    "follower": (
        "streams.commands.processes.follower",
        "Follow an engine's journal and keep snapshots (in the foreground).",
    ),
    "agents": (
        "streams.commands.processes.agents",
        "Run an agent: list requests become entries, evidence labels (in the foreground).",
    ),
    "labels": ("streams.commands.labels", "Show labels and their evidence; add an analyst's verdict."),
    "warehouse": (
        "streams.commands.processes.warehouse",
        "Own ClickHouse's data and fill it (in the foreground).",
    ),
    "parquet-sink": (
        "streams.commands.processes.parquet_sink",
        "Archive vectors as Parquet (in the foreground).",
    ),
    "acls": ("streams.commands.installation.acls", "Show or apply the rights on Kafka that each role needs."),
    "credentials": (
        "streams.commands.installation.credentials",
        "Make certificates and users for a secured Kafka of your own.",
    ),
    "settings": ("streams.commands.installation.settings", "Show every setting, its value and its default."),
}
"""Name, module, first line of its help. The module is imported when the command is used."""
