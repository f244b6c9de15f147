"""Which part of the Earth is simulated."""

from __future__ import annotations

from smmap.spec.errors import ConfigError

Region = tuple[float, float, float, float]
"""West, south, east, north, degrees."""

EUROPE: Region = (-10.0, 36.0, 30.0, 60.0)
"""Europe west of 30 E."""

_WIDEST = 175.0
_NORTHMOST = 75.0


def check_region(region: Region) -> None:
    """Refuse what orbits and granules are not simulated for.

    Raises
    ------
    ConfigError
        If the box is smaller than a degree, or reaches near a pole or the antimeridian.
    """
    west, south, east, north = region
    if not (
        -_WIDEST <= west <= east - 1 <= _WIDEST - 1
        and -_NORTHMOST <= south <= north - 1 <= _NORTHMOST - 1
    ):
        raise ConfigError(
            f"bounding box {west:g},{south:g},{east:g},{north:g} cannot be simulated: choose a "
            f"degree or more each way within {-_WIDEST:g},{-_NORTHMOST:g},{_WIDEST:g},"
            f"{_NORTHMOST:g}"
        )
