"""Units of time and of shares, each written once."""

from typing import Final

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000

MICRO: Final = 1_000_000
"""Millionths in one: probabilities and shares are counted in millionths, and 1,000,000 is certain."""

BASIS_POINTS: Final = 10_000
"""Hundredths of a percent in one."""
