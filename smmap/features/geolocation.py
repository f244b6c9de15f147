"""The incidence angle of a product's own geolocation grid, as a smooth field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import polynomial

from smmap.features.array import Doubles, Floats
from smmap.spec.errors import SceneError

_DEGREE = 4
_LARGEST_RESIDUAL_DEG = 0.1


@dataclass(frozen=True)
class IncidenceField:
    """A polynomial in longitude and latitude, both centred and scaled to about -1..1."""

    centre: tuple[float, float]
    """Longitude and latitude of the middle, degrees."""
    reach: tuple[float, float]
    """Half the extent in longitude and latitude, degrees."""
    coefficients: Doubles
    """[i, j] multiplies x^i y^j, degrees."""
    residual_deg: float
    """Largest distance from a grid point it was fitted to, the point's height allowed for."""

    def compute(self, lon: Floats, lat: Floats) -> Doubles:
        """Evaluate, elementwise.

        Parameters
        ----------
        lon, lat : float arrays, same shape
            Degrees; longitudes may be on either side of the antimeridian.

        Returns
        -------
        float64 array
            Incidence angle on the ellipsoid, degrees; NaN where nodata, and further outside the
            grid than a tenth of its extent.
        """
        x, y = _normalise(lon, lat, self.centre, self.reach)
        theta = np.asarray(polynomial.polyval2d(x, y, self.coefficients))
        return np.where((np.abs(x) <= 1.2) & (np.abs(y) <= 1.2), theta, np.nan)


def fit_incidence(
    lon: Floats, lat: Floats, incidence_deg: Floats, height_m: Floats
) -> IncidenceField:
    """Fit the field of an annotation's geolocation grid by least squares.

    Parameters
    ----------
    lon, lat, incidence_deg : float arrays (points,)
        The grid's points, degrees.
    height_m : float array (points,)
        Their heights above the ellipsoid: the grid lies on the terrain, whose summits would
        otherwise ripple the field (0.04 degrees a kilometre).

    Returns
    -------
    IncidenceField
        A polynomial of total degree 4, at the grid's mean height.

    Raises
    ------
    SceneError
        If there are too few points, or they are not a smooth field.
    """
    first = float(lon[0]) if len(lon) else 0.0
    unwrapped = first + np.mod(np.asarray(lon, dtype=np.float64) - first + 180.0, 360.0) - 180.0
    orders = [(i, j) for i in range(_DEGREE + 1) for j in range(_DEGREE + 1 - i)]
    if len(unwrapped) < 2 * len(orders) or np.ptp(unwrapped) == 0 or np.ptp(lat) == 0:
        raise SceneError(
            f"a geolocation grid of {len(unwrapped)} points is too small to give incidence "
            "angles: check the annotation, or set 'radar.angle' to 'orbit'"
        )
    centre = (_middle(unwrapped), _middle(lat))
    reach = (float(np.ptp(unwrapped)) / 2.0, float(np.ptp(lat)) / 2.0)
    x, y = _normalise(unwrapped, lat, centre, reach)
    terms = np.stack([x**i * y**j for i, j in orders], axis=1)
    relief = (np.asarray(height_m, dtype=np.float64) - np.mean(height_m)) / 1000.0
    system = np.column_stack([terms, relief])
    solution = np.linalg.lstsq(system, incidence_deg, rcond=None)[0]
    residual = float(np.abs(system @ solution - incidence_deg).max())
    if not residual <= _LARGEST_RESIDUAL_DEG:
        raise SceneError(
            f"the geolocation grid's incidence angles are not smooth ({residual:.2f} degrees off "
            "a polynomial): check the annotation, or set 'radar.angle' to 'orbit'"
        )
    coefficients = np.zeros((_DEGREE + 1, _DEGREE + 1))
    coefficients[tuple(np.transpose(orders))] = solution[:-1]
    return IncidenceField(centre, reach, coefficients, residual)


def _middle(values: Floats) -> float:
    return (float(np.min(values)) + float(np.max(values))) / 2.0


def _normalise(
    lon: Floats, lat: Floats, centre: tuple[float, float], reach: tuple[float, float]
) -> tuple[Doubles, Doubles]:
    east = np.mod(np.asarray(lon, dtype=np.float64) - centre[0] + 180.0, 360.0) - 180.0
    north = np.asarray(lat, dtype=np.float64) - centre[1]
    return east / reach[0], north / reach[1]
