"""Random fields with the look of nature: rough at every scale."""

from __future__ import annotations

import numpy as np
from scipy import fft

from smmap.features.array import Doubles


def draw_fractal(
    shape: tuple[int, int], rng: np.random.Generator, exponent: float, longest: float
) -> Doubles:
    """A Gaussian field whose amplitude spectrum falls as wavenumber to ``-exponent``.

    Parameters
    ----------
    shape
        Rows and columns.
    rng
        Source of its randomness.
    exponent
        About 1 for textures, 2 for relief, 3 for what is smooth.
    longest
        Wavelength, pixels, beyond which the spectrum no longer rises.

    Returns
    -------
    ndarray
        Zero mean, unit standard deviation.
    """
    # Twice the ground is drawn and a quarter kept, because a spectrum's field is periodic.
    rows, columns = 2 * shape[0], 2 * shape[1]
    wavenumber = np.hypot(fft.fftfreq(rows)[:, None], fft.rfftfreq(columns)[None, :])
    amplitude = (wavenumber**2 + longest**-2) ** (-exponent / 2)
    amplitude[0, 0] = 0
    spectrum = fft.rfft2(rng.standard_normal((rows, columns))) * amplitude
    field = fft.irfft2(spectrum, (rows, columns))[: shape[0], : shape[1]]
    return np.asarray((field - field.mean()) / field.std())
