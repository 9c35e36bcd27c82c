"""What can go wrong in `features`, by what the caller does about it.

FeatureError
├── CatalogueError        the declaration is wrong: correct it (refused at start)
├── InputError            the caller broke the kernel's contract: a bug
├── StateFullError        memory limit reached: raise the limit or the machine
└── SnapshotRefusedError  another catalogue's or version's arrays: use an older snapshot or replay
"""


class FeatureError(Exception):
    """Base of all errors of this package."""


class CatalogueError(FeatureError, ValueError):
    """A feature declaration is contradictory or names something unknown."""


class InputError(FeatureError, ValueError):
    """Arrays of the wrong shape or type, or engine time going back."""


class StateFullError(FeatureError, MemoryError):
    """The state would exceed its stated maximum of bytes."""


class SnapshotRefusedError(FeatureError, ValueError):
    """Snapshot arrays are incomplete, of another version or of another catalogue."""
