import statistics

import numpy as np

from smmap.features.temporal import compute_median, compute_nearest


def make_scenes(seed=0, n=5, bands=2, shape=(6, 7)):
    rng = np.random.default_rng(seed)
    values = rng.random((n, bands, *shape)).astype(np.float32)
    valid = rng.random((n, *shape)) > 0.5
    return values, valid, np.array([2.0, -1.0, 0.5, -3.0, 1.0])[:n]


def test_nearest_against_plain_loops():
    values, valid, ages = make_scenes()
    joined, age = compute_nearest(values, valid, ages)
    for row, col in np.ndindex(6, 7):
        scenes = [i for i in range(5) if valid[i, row, col]]
        if not scenes:
            assert np.isnan(joined[:, row, col]).all()
            assert np.isnan(age[row, col])
            continue
        best = min(scenes, key=lambda i: (abs(ages[i]), ages[i] > 0, i))
        np.testing.assert_array_equal(joined[:, row, col], values[best, :, row, col])
        assert age[row, col] == ages[best]


def test_ties_go_to_the_past_and_then_to_the_first():
    values = np.arange(4, dtype=np.float32).reshape(4, 1, 1, 1)
    valid = np.ones((4, 1, 1), dtype=bool)
    joined, age = compute_nearest(values, valid, np.array([2.0, 1.0, -1.0, -1.0]))
    assert (joined[0, 0, 0], age[0, 0]) == (2, -1)


def test_median_against_the_standard_library():
    values, valid, ages = make_scenes(1)
    joined, age = compute_median(values, valid, ages)
    _, nearest_age = compute_nearest(values, valid, ages)
    np.testing.assert_array_equal(age, nearest_age)
    for band, row, col in np.ndindex(2, 6, 7):
        seen = [float(values[i, band, row, col]) for i in range(5) if valid[i, row, col]]
        expected = statistics.median(seen) if seen else np.nan
        np.testing.assert_allclose(joined[band, row, col], expected, rtol=1e-6)


def test_unclear_scenes_never_enter_whatever_they_hold():
    values, valid, ages = make_scenes(2)
    spoilt = np.where(valid[:, np.newaxis], values, np.nan)
    for join in (compute_nearest, compute_median):
        for one, two in zip(join(values, valid, ages), join(spoilt, valid, ages), strict=True):
            np.testing.assert_array_equal(one, two)


def test_without_scenes_there_is_nothing():
    values, valid, ages = make_scenes()
    for join in (compute_nearest, compute_median):
        joined, age = join(values[:0], valid[:0], ages[:0])
        assert joined.shape == (2, 6, 7)
        assert np.isnan(joined).all()
        assert np.isnan(age).all()
