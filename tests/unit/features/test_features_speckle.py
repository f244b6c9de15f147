import math

import numpy as np
import pytest

from smmap.features.speckle import (
    compute_halo,
    filter_boxcar,
    filter_lee,
    filter_quegan,
)


def make_power(seed=0, shape=(31, 37), looks=4.4, holes=0.1):
    rng = np.random.default_rng(seed)
    power = rng.gamma(looks, 0.05 / looks, size=shape)
    power[rng.random(shape) < holes] = np.nan
    power[: shape[0] // 4, : shape[1] // 4] = np.nan
    return power.astype(np.float32)


def list_window(power, row, col, window):
    half = window // 2
    part = power[max(row - half, 0) : row + half + 1, max(col - half, 0) : col + half + 1]
    return [float(one) for one in part.ravel() if math.isfinite(one)]


def loop(power, compute):
    out = np.full(power.shape, np.nan)
    for row, col in np.argwhere(np.isfinite(power)):
        out[row, col] = compute(row, col)
    return out


def test_boxcar_against_plain_loops():
    power = make_power()
    expected = loop(power, lambda r, c: np.mean(list_window(power, r, c, 5)))
    np.testing.assert_allclose(filter_boxcar(power, 5), expected, rtol=1e-12)


def test_lee_against_plain_loops():
    power, looks = make_power(1), 4.4

    def lee(row, col):
        near = list_window(power, row, col, 7)
        mean = sum(near) / len(near)
        variance = sum((one - mean) ** 2 for one in near) / len(near)
        signal = max((variance + mean**2) / (1 + 1 / looks) - mean**2, 0)
        gain = signal / (signal + mean**2 / looks)
        return mean + gain * (float(power[row, col]) - mean)

    np.testing.assert_allclose(filter_lee(power, 7, looks), loop(power, lee), rtol=1e-9)


def test_quegan_against_plain_loops():
    powers = np.stack([make_power(seed) for seed in range(4)])
    powers[1] = np.nan

    def quegan(row, col):
        ratios = [
            float(date[row, col]) / np.mean(list_window(date, row, col, 5))
            for date in powers
            if math.isfinite(date[row, col])
        ]
        return np.mean(list_window(powers[-1], row, col, 5)) * sum(ratios) / len(ratios)

    np.testing.assert_allclose(filter_quegan(powers, 5), loop(powers[-1], quegan), rtol=1e-9)


def test_quegan_of_one_date_is_that_date():
    power = make_power(3)
    np.testing.assert_allclose(filter_quegan(power[np.newaxis], 5), power, rtol=1e-12)


def test_quegan_gains_the_looks_of_its_dates():
    """Uncorrelated dates of uniform ground: the relative variance falls about with their number."""
    powers = np.stack([make_power(s, (120, 120), holes=0) for s in range(10)])[:, 40:, 40:]
    inner = filter_quegan(powers, 11)[8:-8, 8:-8]
    assert inner.std() ** 2 / inner.mean() ** 2 < 1.6 / 4.4 / 10


def test_lee_smooths_uniform_ground_and_keeps_a_strong_point():
    power = make_power(5, (60, 60), holes=0)
    power[40, 40] = 50.0
    filtered = filter_lee(power, 9, 4.4)
    assert filtered[40, 40] > 25
    assert np.nanstd(filtered[50:, 20:]) < 0.6 * np.nanstd(power[50:, 20:])
    assert np.nanmean(filtered[50:, 20:]) == pytest.approx(np.nanmean(power[50:, 20:]), rel=0.03)


@pytest.mark.parametrize("smooth", [filter_boxcar, lambda p, w: filter_lee(p, w, 4.4)])
def test_nodata_stays_and_constants_stay(smooth):
    power = np.full((12, 12), 0.05)
    power[3, 4], power[5, 5] = np.nan, np.inf
    filtered = smooth(power, 5)
    assert np.argwhere(np.isnan(filtered)).tolist() == [[3, 4], [5, 5]]
    np.testing.assert_allclose(filtered[np.isfinite(power)], 0.05, rtol=1e-12)


def test_noise_corrected_zeros_and_negatives_enter():
    power = np.array([[-0.01, 0.0, 0.04]])
    np.testing.assert_allclose(filter_boxcar(power, 3), [[-0.005, 0.01, 0.02]])
    assert np.isfinite(filter_lee(power, 3, 4.4)).all()
    assert np.isfinite(filter_quegan(power[np.newaxis], 3)).all()


@pytest.mark.parametrize("window", [1, 3, 9, 15])
@pytest.mark.parametrize("size", [5, 8, 17])
def test_every_cut_gives_the_same_bits(window, size):
    powers = np.stack([make_power(seed, (43, 51)) for seed in range(3)])
    halo = compute_halo(window)
    padded = np.pad(powers, ((0, 0), (halo, halo), (halo, halo)), constant_values=np.nan)
    inner = (slice(halo, -halo or None),) * 2
    filters = (
        lambda p: filter_boxcar(p[-1], window),
        lambda p: filter_lee(p[-1], window, 4.4),
        lambda p: filter_quegan(p, window),
    )
    for smooth in filters:
        whole = smooth(powers)
        for row in range(0, 43, size):
            for col in range(0, 51, size):
                height, width = min(size, 43 - row), min(size, 51 - col)
                cut = padded[:, row : row + height + 2 * halo, col : col + width + 2 * halo]
                np.testing.assert_array_equal(
                    smooth(cut)[inner], whole[row : row + height, col : col + width]
                )
