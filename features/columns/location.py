"""Places on the globe as one integer, and how far apart two are: for speeds no traveller reaches.

A place is a unit vector, each coordinate in steps of 2^-20 (6 m), packed into 63 bits; 0 is unknown. Sines
are taken once, where a message is read, and rounded to these steps; after that only IEEE additions,
multiplications and a square root are used, so that every machine computes the same distance. It is the
straight line through the earth (a chord): equal to the way over ground for short ways, 36 % shorter at worst.
"""

from math import cos, radians, sin

import numpy as np

from models.kernels import inlined

EARTH_KM = 6371.0
STEPS = 1 << 20
_BITS = 21
_MASK = (1 << _BITS) - 1


def pack(latitude: float, longitude: float) -> int:
    """Latitude and longitude in degrees (WGS 84) as a place; never 0. Raises `ValueError` off the globe.

    >>> pack(0.0, 0.0) == pack(0.0, 360.0 - 360.0) != 0
    True
    """
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError(f"latitude {latitude}, longitude {longitude} is not a place on earth")
    phi, theta = radians(latitude), radians(longitude)
    x = round((cos(phi) * cos(theta) + 1) * (STEPS - 1))
    y = round((cos(phi) * sin(theta) + 1) * (STEPS - 1))
    z = round((sin(phi) + 1) * (STEPS - 1))
    return x << 2 * _BITS | y << _BITS | z


@inlined
def distance_km(here: int, there: int) -> float:
    """Length of the chord between two packed places, km."""
    x = (here >> 42) - (there >> 42)
    y = ((here >> 21) & _MASK) - ((there >> 21) & _MASK)
    z = (here & _MASK) - (there & _MASK)
    return float(EARTH_KM * np.sqrt(float(x * x + y * y + z * z)) / (STEPS - 1))
