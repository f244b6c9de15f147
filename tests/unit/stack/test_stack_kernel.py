"""The kernel and NumPy: the same bits."""

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from odc.geo.geobox import GeoBox

from smmap.spec.band import Band
from smmap.spec.tile import Block
from smmap.stack import _kernel
from smmap.stack.decode import convert, decode_plainly
from smmap.stack.lattice import Lattice
from smmap.stack.positions import Positions
from smmap.stack.resample import Source, resample, resample_plainly

GEOBOX = GeoBox((1000, 1000), Affine(10, 0, 0, 0, -10, 0), "EPSG:32632")
SIDES = st.integers(1, 9)
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-7, -1e-300, 3.4e38, -3.4e38, 1e-45]
VALUES = st.one_of(st.floats(-1e4, 1e4, width=32), st.sampled_from(SPECIAL[:1] * 8 + SPECIAL))
CORNERS = st.integers(0, 5)
ATS = st.one_of(
    st.floats(-3, 16),
    st.integers(-3, 32).map(lambda half: half / 2),  # centres and edges
    st.integers(0, 14).map(lambda pixel: pixel + 0.5 + 0.99e-6),
    st.integers(0, 14).map(lambda pixel: pixel + 0.5 - 1.01e-6),
    st.sampled_from([np.nan, np.inf, -np.inf, 1e300, -1e300, 2.0**40, -1e-320]),
)
METHODS = st.sampled_from(["nearest", "bilinear"])


def assert_same_bits(found, expected):
    np.testing.assert_array_equal(found, expected)  # NaN where NaN is
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(found[known].view("u4"), expected[known].view("u4"))


@st.composite
def sources(draw):
    """A window of a scene that may have more to every side."""
    values = draw(arrays(np.float32, (draw(SIDES), draw(SIDES)), elements=VALUES))
    corner = draw(CORNERS), draw(CORNERS)
    shape = tuple(
        one + size + draw(st.integers(0, 3)) for one, size in zip(corner, values.shape, strict=True)
    )
    return Source(values, corner, shape)


@pytest.mark.parametrize("lanes", _kernel.lanes())
@settings(max_examples=300, deadline=None)
@given(source=sources(), method=METHODS, data=st.data())
def test_at_given_positions(lanes, source, method, data):
    shape = data.draw(st.integers(1, 4)), data.draw(st.sampled_from([1, 2, 5, 63, 64, 65, 130]))
    shared = data.draw(st.booleans())
    drawn = [np.array(data.draw(st.lists(ATS, min_size=1, max_size=11))) for _ in range(2)]
    rows = np.resize(drawn[0], (shape[0], 1 if shared else shape[1]))
    cols = np.resize(drawn[1], (1 if shared else shape[0], shape[1]))
    positions = Positions(rows, cols)
    expected = resample_plainly(source, positions, method)
    found = resample(source, positions, method, lanes)
    assert_same_bits(found.values, expected.values)
    np.testing.assert_array_equal(found.covered, expected.covered)


@pytest.mark.parametrize("lanes", _kernel.lanes())
@settings(max_examples=100, deadline=None)
@given(
    method=METHODS,
    row=st.integers(-200, 200),
    col=st.integers(-200, 200),
    height=st.integers(1, 140),
    width=st.integers(1, 140),
    seed=st.integers(0, 1000),
)
def test_between_points(lanes, method, row, col, height, width, seed):
    block = Block(GEOBOX, row, col, height, width)
    generator = np.random.default_rng(seed)
    number = [(one % 64 + size - 1) // 64 + 4 for one, size in ((row, height), (col, width))]
    grid = np.stack(np.meshgrid(*(30 * np.arange(one) for one in number), indexing="ij"))
    nodes = grid + generator.normal(0, 20, grid.shape)
    values = generator.normal(0, 1, (90, 80)).astype(np.float32)
    values[generator.random(values.shape) < generator.choice([0, 0.01, 0.5])] = np.nan
    source = Source(values, (3, 5), (110, 85))
    lattice = Lattice(block, nodes)
    expected = resample_plainly(source, lattice, method)
    found = resample(source, lattice, method, lanes)
    assert_same_bits(found.values, expected.values)
    np.testing.assert_array_equal(found.covered, expected.covered)


@pytest.mark.parametrize("lanes", _kernel.lanes())
@settings(max_examples=300, deadline=None)
@given(
    data=st.data(),
    kind=st.sampled_from(["u1", "i1", "u2", "i2", "i4", "u4", "f4", "f8"]),
    units=st.sampled_from(["1", "linear", "dB", "class"]),
    scale=st.sampled_from([1.0, 1e-4, 0.01, -3.7]),
    offset=st.sampled_from([0.0, -0.1, 1000.0]),
)
def test_decoding(lanes, data, kind, units, scale, offset):
    shape = data.draw(st.integers(1, 130)), data.draw(st.integers(1, 5))
    elements = st.floats(-90, 90, width=32) if kind[0] == "f" else None
    stored = data.draw(arrays(np.dtype(kind), shape, elements=elements))
    if kind[0] == "f":
        stored[0, :2] = data.draw(st.tuples(*2 * [st.sampled_from(SPECIAL[:7])]))[: shape[1]]
    if units == "class" and kind in ("i4", "u4"):
        stored %= 1 << 24  # larger ones are refused
    nodata = data.draw(st.sampled_from([None, 0.0, -9999.1, np.nan, float(stored.flat[-1])]))
    if data.draw(st.booleans()):
        stored = stored[::-1]
    band = Band("a", "a.tif", units, scale=scale, offset=offset)
    expected = decode_plainly(stored, band, nodata)
    assert_same_bits(convert(stored, band, nodata, lanes=lanes), expected)
    wide = np.full((shape[0] + 2, shape[1] + 2), 7, np.float32)
    assert_same_bits(convert(stored, band, nodata, wide[1:-1, 1:-1], lanes), expected)
    wide[1:-1, 1:-1] = 7
    assert (wide == 7).all()


def make_arguments():
    values, out = np.ones((4, 5), np.float32), np.empty((6, 70), np.float32)
    rows = np.full((6, 70), 1.5)
    lanes = _kernel.lanes()[0]
    return [values, (0, 0, 4, 5), rows, rows, True, lanes, out, np.empty((6, 70), bool)]


@pytest.mark.parametrize(
    "place, wrong",
    [
        (0, np.ones((4, 5))),
        (0, np.ones(20, np.float32)),
        (0, np.ones((4, 10), np.float32)[:, ::2]),
        (1, (1, 0, 4, 5)),
        (1, (-1, 0, 4, 5)),
        (1, (0, 0, 4, 2**31)),
        (2, np.ones((6, 69))),
        (3, np.ones((6, 70), np.float32)),
        (5, 3),
        (6, np.empty((6, 70))),
        (7, np.empty((6, 69), bool)),
        (7, np.broadcast_to(np.zeros(1, bool), (6, 70))),
    ],
)
def test_arrays_that_do_not_fit(place, wrong):
    arguments = make_arguments()
    _kernel.resample(*arguments)
    assert (arguments[6] == 1).all()
    arguments[place] = wrong
    with pytest.raises((ValueError, BufferError)):
        _kernel.resample(*arguments)


@pytest.mark.parametrize(
    "place, wrong",
    [
        (0, np.ones((4, 5))),
        (1, (1, 0, 4, 5)),
        (2, np.full(5, 1.5)),
        (2, np.full((6, 1), 1.5)),
        (3, np.full(70, 1.5, np.float32)),
        (3, np.full(140, 1.5)[::2]),
        (5, 3),
        (6, np.empty((70, 6), np.float32)),
        (7, np.empty((6, 69), bool)),
    ],
)
def test_axes_that_do_not_fit(place, wrong):
    arguments = make_arguments()
    arguments[2:4] = np.full(6, 1.5), np.full(70, 1.5)
    _kernel.resample_axes(*arguments)
    assert (arguments[6] == 1).all()
    assert arguments[7].all()
    arguments[place] = wrong
    with pytest.raises((ValueError, BufferError)):
        _kernel.resample_axes(*arguments)


@pytest.mark.parametrize(
    "nodes, corner",
    [
        (np.ones((2, 4, 4)), (0, 0)),  # one cell is not enough for 70 columns
        (np.ones((2, 3, 5)), (0, 0)),
        (np.ones((1, 4, 5)), (0, 0)),
        (np.ones((2, 4, 5)), (59, 0)),
        (np.ones((2, 4, 5)), (-1, 0)),
        (np.ones((2, 4, 6)), (0, 64)),
        (np.ones((2, 4, 5), np.float32), (0, 0)),
    ],
)
def test_points_that_do_not_reach(nodes, corner):
    values, window, _, _, *others = make_arguments()
    _kernel.resample_between(values, window, np.ones((2, 4, 5)), (58, 58), *others)
    with pytest.raises(ValueError):
        _kernel.resample_between(values, window, nodes, corner, *others)
    _kernel.draw_between(np.ones((2, 4, 5)), (58, 58), np.empty((2, 6, 70)))
    with pytest.raises(ValueError):
        _kernel.draw_between(nodes, corner, np.empty((2, 6, 70)))


def test_stored_numbers_that_do_not_fit():
    whole, fits = np.empty((2, 3), np.float32), np.ones((2, 3), "u1")
    pairs = [
        (one, whole) for one in (fits[:, :2], fits.ravel(), fits.astype(float), fits.astype("i4"))
    ]
    pairs += [(np.ones((2, 6), "u1")[:, ::2], whole), (fits, np.empty((2, 6), np.float32)[:, ::2])]
    pairs += [(fits, np.broadcast_to(whole[:1], (2, 3))), (fits, whole.astype(float))]
    for stored, out in pairs:
        with pytest.raises((ValueError, BufferError)):
            _kernel.decode(stored, False, 0.0, False, 1.0, 0.0, False, _kernel.lanes()[0], out)
    for lanes in (0, 3):
        with pytest.raises(ValueError, match="no kernel"):
            _kernel.decode(fits, False, 0.0, False, 1.0, 0.0, False, lanes, whole)
