"""An overpass and those before it: of a table and of a stack of maps the same sequences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from smmap.features.history import Visit, compute_sequences, list_visits
from smmap.spec.errors import ConfigError
from smmap.spec.history import History

NAN = float("nan")
START = np.datetime64("2023-06-01T05:31:17.123456", "us")


def follow_by_hand(values, hours, history):
    """One place, row after row: its last steps, as lists; all in plain Python."""
    found = []
    for now, hour in enumerate(hours):
        steps, last = [[*values[now], 0.0]], hour
        for row in range(now - 1, -1, -1):
            complete = all(np.isfinite(one) for one in values[row])
            age = (hour - hours[row]) / 24
            if complete and hours[row] < last and age <= history.days:
                steps.insert(0, [*values[row], age])
                last = hours[row]
        steps = steps[-history.overpasses :]
        found.append([steps[0]] * (history.overpasses - len(steps)) + steps)
    return np.array(found, np.float32).reshape(len(hours), -1)


def test_a_written_out_example():
    """Days 0, 3, 4 (one input missing), 10, 30: of three steps within twenty days."""
    history = History(overpasses=3, days=20)
    values = np.array([[1, 10], [2, 20], [3, NAN], [4, 40], [5, 50]], np.float32)
    times = START + np.array([0, 3, 4, 10, 30]) * np.timedelta64(1, "D")
    found = compute_sequences(list_visits(values, np.zeros(5, int), times, history), history)
    expected = [
        [1, 10, 0, 1, 10, 0, 1, 10, 0],
        [1, 10, 3, 1, 10, 3, 2, 20, 0],
        [1, 10, 4, 2, 20, 1, 3, NAN, 0],
        [1, 10, 10, 2, 20, 7, 4, 40, 0],
        [4, 40, 20, 4, 40, 20, 5, 50, 0],
    ]
    np.testing.assert_array_equal(found, np.array(expected, np.float32))
    assert found.shape == (5, history.count_columns(2))


def test_rows_of_one_moment_count_once():
    history = History(overpasses=3, days=20)
    values = np.array([[1], [2], [NAN], [3]], np.float32)
    times = START + np.array([0, 0, 0, 1]) * np.timedelta64(1, "D")
    found = compute_sequences(list_visits(values, np.zeros(4, int), times, history), history)
    np.testing.assert_array_equal(found[3], [1, 1, 1, 1, 3, 0])  # the upper of the first two
    np.testing.assert_array_equal(found[1], [2, 0, 2, 0, 2, 0])  # a twin is not before it


@st.composite
def stacks(draw):
    """(overpasses, inputs, pixels) with gaps, and when each was, hours apart."""
    shape = (draw(st.integers(1, 7)), draw(st.integers(1, 3)), draw(st.integers(1, 4)))
    numbers = st.sampled_from([NAN, *np.arange(6.0)])
    values = draw(arrays.arrays(np.float32, shape, elements=numbers))
    gaps = draw(st.lists(st.integers(1, 300), min_size=shape[0], max_size=shape[0]))
    history = History(overpasses=draw(st.integers(2, 5)), days=draw(st.sampled_from([1, 6, 20.5])))
    return values, np.cumsum(gaps), history


@given(stacks(), st.randoms())
def test_table_and_maps_agree(drawn, random):
    values, hours, history = drawn
    overpasses, inputs, pixels = values.shape
    table = values.transpose(0, 2, 1).reshape(-1, inputs)
    places = np.tile(np.arange(pixels), overpasses)
    times = np.repeat(START + hours * np.timedelta64(1, "h"), pixels)
    order = np.arange(len(table))
    random.shuffle(order)
    rows = np.empty((len(table), history.count_columns(inputs)), np.float32)
    visits = list_visits(table[order], places[order], times[order], history)
    rows[order] = compute_sequences(visits, history)
    for now in range(overpasses):
        ages = [(hours[now] - one) * 3600.0 / 86_400 for one in hours]
        stack = [Visit(values[one], ages[one]) for one in range(now, -1, -1)]
        found = compute_sequences(stack, history)
        np.testing.assert_array_equal(found, rows[now * pixels : (now + 1) * pixels])
    for pixel in range(pixels):
        by_hand = follow_by_hand(values[:, :, pixel].tolist(), hours, history)
        np.testing.assert_allclose(rows[pixel::pixels], by_hand, rtol=1e-6)


def test_limits():
    for wrong in ({"overpasses": 1, "days": 5}, {"overpasses": 3, "days": 0}, {"overpasses": 3}):
        with pytest.raises(ConfigError, match="history"):
            History.parse(wrong, "card.yaml, history")
