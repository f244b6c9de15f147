import numpy as np
import pytest
from onnx.reference import ReferenceEvaluator

from smmap.data import get_folder
from smmap.model.package import load_model
from smmap.model.session import BATCHES
from smmap.spec.errors import ModelError

BATCH = BATCHES["cpu"]
ZERO = ([[0, 0, 0]], [0.0])


@pytest.fixture(scope="module")
def physics():
    return load_model("physics", "cpu", threads=2)


@pytest.fixture(scope="module")
def pixels():
    """vv_db, incidence_deg, ndvi; more than a batch."""
    generator = np.random.default_rng(5)
    low, high = [-19, 30, 0], [-2, 45, 0.95]
    return generator.uniform(low, high, (BATCH + 1234, 3)).astype(np.float32)


@pytest.mark.parametrize("shape", [(3,), (5, 2), (5, 4), (2, 5, 3)])
def test_pixels_of_another_shape_are_refused(physics, shape):
    with pytest.raises(ModelError, match=r"\(n, 3\), not \(" + str(shape[0])):
        physics.predict(np.zeros(shape))


def test_no_pixels_give_no_estimates(physics):
    estimate = physics.estimate(np.zeros((0, 3)))
    assert estimate.sm.shape == estimate.uncertainty.shape == (0,)
    assert estimate.sm.dtype == np.float32


def test_all_pixels_missing(physics):
    estimate = physics.estimate(np.full((4, 3), np.nan))
    assert np.isnan(estimate.sm).all()
    assert np.isnan(estimate.uncertainty).all()


def test_missing_invalid_leaves_the_other_rows_as_they_are(physics, pixels):
    """Any NaN or infinite input gives NaN; no neighbour changes by a bit."""
    holed = pixels.copy()
    holed[::7, 0], holed[3::11, 2] = np.nan, np.inf
    gone = ~np.isfinite(holed).all(axis=1)
    whole, found = physics.estimate(pixels), physics.estimate(holed)
    for all_rows, some in ((whole.sm, found.sm), (whole.uncertainty, found.uncertainty)):
        assert np.isnan(some[gone]).all()
        np.testing.assert_array_equal(some[~gone], all_rows[~gone])
        assert np.isfinite(all_rows).all()


def test_what_is_masked_is_missing(physics, pixels):
    """As rasterio reads with ``masked=True``: nodata lies beneath the mask as a number."""
    few = pixels[:6]
    masked = np.ma.masked_array(few, np.zeros(few.shape, bool))
    masked[2, 1] = np.ma.masked
    expected = physics.predict(few)
    expected[2] = np.nan
    np.testing.assert_array_equal(physics.predict(masked), expected)


@pytest.mark.parametrize("below, expected", [(True, 0.1), (False, 0.3)])
def test_missing_model_takes_the_learned_branch(
    tmp_path, save_tree, write_package, below, expected
):
    """A tree below 0.5 gives 0.1, else 0.3, and says itself where NaN goes."""
    save_tree(tmp_path / "model.onnx", missing_is_below=below)
    rows = [[np.nan, 0, 0], [0.49, np.nan, 0], [0.5, 0, np.nan]]
    sm = np.array([expected, 0.1, 0.3], np.float32)
    package = write_package(tmp_path, (rows, sm), missing="model")
    np.testing.assert_array_equal(load_model(package).predict(np.array(rows)), sm)
    np.testing.assert_array_equal(load_model(package / "model.onnx").predict(rows), sm)


def test_missing_invalid_does_not_ask_the_tree(tmp_path, save_tree, write_package):
    save_tree(tmp_path / "model.onnx", missing_is_below=True)
    package = write_package(tmp_path, ([[np.nan, 0, 0]], [np.nan]), missing="invalid")
    assert np.isnan(load_model(package).predict(np.array([[np.nan, 0, 0]]))).all()


def test_an_ensemble_is_the_weighted_mean(tmp_path, save_linear, save_tree, write_package):
    """Weights 3 and 1: three quarters of a line and one quarter of a tree."""
    save_linear(tmp_path / "line.onnx", [[0.5], [0.0], [0.25]], [0.0])
    save_tree(tmp_path / "tree.onnx", missing_is_below=True)
    rows = np.array([[1.0, 9.0, 2.0], [0.25, 9.0, 0.5]])
    expected = [0.75 * 1.0 + 0.25 * 0.3, 0.75 * 0.25 + 0.25 * 0.1]
    package = write_package(
        tmp_path, (rows, expected), files=("line.onnx", "tree.onnx"), weights=(3.0, 1.0)
    )
    model = load_model(package)
    np.testing.assert_allclose(model.predict(rows), expected, rtol=1e-6)
    assert model.estimate(rows).uncertainty is None


def test_an_ensembles_uncertainty_is_that_of_the_mixture(tmp_path, save_linear, write_package):
    """Law of total variance, against samples of the mixture.

    Members N(0.1, 0.02^2) and N(0.3, 0.04^2) with weights 1 and 3.
    """
    means, spreads, weights = [0.1, 0.3], [0.02, 0.04], [0.25, 0.75]
    for name, mean, spread in zip("ab", means, spreads, strict=True):
        zeros = np.zeros((3, 2))
        save_linear(tmp_path / f"{name}.onnx", zeros, [mean, np.log(spread**2)])
    package = write_package(
        tmp_path,
        ([[0, 0, 0]], [0.25]),
        files=("a.onnx", "b.onnx"),
        weights=(1.0, 3.0),
        output={"columns": ["sm", "log_variance"]},
    )
    estimate = load_model(package).estimate(np.zeros((2, 3)))
    within = np.dot(weights, np.square(spreads))
    between = np.dot(weights, np.square(np.array(means) - 0.25))
    np.testing.assert_allclose(estimate.sm, 0.25, rtol=1e-6)
    np.testing.assert_allclose(estimate.uncertainty, np.sqrt(within + between), rtol=1e-5)
    generator = np.random.default_rng(0)
    which = generator.choice(2, 400_000, p=weights)
    samples = generator.normal(np.take(means, which), np.take(spreads, which))
    np.testing.assert_allclose(estimate.uncertainty[0], samples.std(), rtol=5e-3)


def test_one_members_uncertainty_is_its_own(tmp_path, save_linear, write_package):
    save_linear(tmp_path / "model.onnx", np.zeros((3, 2)), [0.2, np.log(0.05**2)])
    columns = {"columns": ["sm", "log_variance"]}
    package = write_package(tmp_path, ([[0, 0, 0]], [0.2]), output=columns)
    estimate = load_model(package).estimate(np.zeros((1, 3)))
    np.testing.assert_allclose(estimate.uncertainty, 0.05, rtol=1e-5)


def test_fewer_columns_than_the_card_names(tmp_path, save_linear, write_package):
    save_linear(tmp_path / "model.onnx", np.zeros((3, 1)), [0.2])
    columns = {"columns": ["sm", "log_variance"]}
    package = write_package(tmp_path, ([[0, 0, 0]], [0.2]), output=columns)
    with pytest.raises(ModelError, match=r"give \[1\] columns, its card names sm, log_variance"):
        load_model(package)


def test_a_file_without_a_card_gives_one_column(tmp_path, save_linear):
    path = save_linear(tmp_path / "two.onnx", np.zeros((3, 2)), [0.2, 0.3])
    with pytest.raises(ModelError, match=r"two\.onnx.* give \[2\] columns.*output\.columns"):
        load_model(path).predict(np.zeros((1, 3)))


def test_the_network_against_the_reference_evaluator(physics, pixels):
    """ONNX's own pure-Python evaluator, which shares no code with the runtime."""
    path = str(get_folder("models") / "physics" / "model.onnx")
    evaluator = ReferenceEvaluator(path)
    (expected,) = evaluator.run(None, {evaluator.input_names[0]: pixels})
    estimate = physics.estimate(pixels)
    np.testing.assert_allclose(estimate.sm, expected[:, 0], atol=2e-6)
    np.testing.assert_allclose(estimate.uncertainty, np.exp(expected[:, 1] / 2), rtol=2e-5)


@pytest.mark.parametrize("seed", range(3))
def test_a_pixels_value_does_not_depend_on_its_place(physics, pixels, seed):
    """Any order, any company: the same bits."""
    whole = physics.estimate(pixels)
    order = np.random.default_rng(seed).permutation(len(pixels))
    shuffled = physics.estimate(pixels[order])
    np.testing.assert_array_equal(shuffled.sm, whole.sm[order])
    np.testing.assert_array_equal(shuffled.uncertainty, whole.uncertainty[order])
    for start, stop in ((0, 1), (17, 30), (BATCH - 1, BATCH + 1), (5, BATCH + 6)):
        part = physics.estimate(pixels[start:stop])
        np.testing.assert_array_equal(part.sm, whole.sm[start:stop])
        np.testing.assert_array_equal(part.uncertainty, whole.uncertainty[start:stop])


@pytest.mark.parametrize("threads", [None, 1, 3, 4])
def test_threads_do_not_change_a_bit(physics, pixels, threads):
    other = load_model("physics", "cpu", threads=threads).estimate(pixels)
    whole = physics.estimate(pixels)
    np.testing.assert_array_equal(other.sm, whole.sm)
    np.testing.assert_array_equal(other.uncertainty, whole.uncertainty)
