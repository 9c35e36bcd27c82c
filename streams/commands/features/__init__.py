"""`tollgate features`: vectors from a file, what the features are, Feast."""

from streams.commands.features.options import FILE, Delay, NamedFile

__all__ = [
    "FILE",
    "Delay",
    "NamedFile",
]
