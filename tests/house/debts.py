"""What the rules of the house still let pass: it only ever becomes less."""

from typing import Final

CLASS_NAMES: Final[frozenset[str]] = frozenset()
"""Public class names that are used more than once."""

PARTICIPLES: Final = frozenset(["Damaged", "Fenced", "Life", "Misconfigured", "Written"])
"""Classes that are called by a bare participle."""

PARAMETERS: Final = {
    "features": 0,
    "simulation": 19,
    "streams": 39,
}
"""Parameters with a vague name, by package."""

SIZES: Final = frozenset(["simulation.world", "dashboards"])
"""Rooms of fewer than 3 files or more than 15."""

DOORS: Final[dict[str, int]] = {}
"""Imports past a room's door, by package."""

PRIVATE: Final = 1
"""Imports of private names."""

CIRCLES: Final = 0
"""Groups of modules that import each other."""
