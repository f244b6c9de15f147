"""From a store of patches to a package that has passed its gate."""

from __future__ import annotations

import shutil

import numpy as np
import onnx
import pandas as pd
import pytest
import torch
from patch_stores import COARSE, FINE, draw_patches, make_layout, write_store

from smmap.cli.train_print import list_lines
from smmap.features.registry import get_feature
from smmap.model.package import load_model
from smmap.patches.read import open_patches
from smmap.patches.write import open_patch_writer
from smmap.spec.errors import ConfigError, InsituError, ModelError
from smmap.spec.training_parts import Ablation
from smmap.train.fit_patches import Course
from smmap.train.judge_patches import get_member, list_splits, size_windows
from smmap.train.patch_gate import check_window_parity
from smmap.train.patch_samples import select_patches
from smmap.train.train_patches import train_patches
from smmap.train.train_table import load_recipe
from smmap.train.trained_on import count_seen

SIDES = {"fine": 284, "coarse": 16}


def shorten(**options):
    """The small form of the study's recipe with fewer steps."""
    recipe = load_recipe("batchu2023").shrink()
    values = {
        "steps": 4,
        "batch": 4,
        "evaluate_every": 2,
        "keep_path": 0.9,
        "learning_rate": 2.0,
    } | options
    return recipe.model_copy(update={"members": (recipe.members[0].change(values),)})


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return write_store(tmp_path_factory.mktemp("patches") / "store.zarr", stations=5, samples=4)


@pytest.fixture(scope="module")
def samples(store):
    recipe = shorten()
    return select_patches(open_patches(store), recipe, recipe.windows, SIDES)


@pytest.fixture(scope="module")
def trained(store, tmp_path_factory):
    out = tmp_path_factory.mktemp("trained") / "package"
    return out, train_patches(shorten(), store, out, draws=20)


def make_course(samples, **options):
    recipe = shorten(**options)
    (split,) = list_splits(recipe, samples.samples, "sensor-60-20-20")
    fills = {name: mean for name, (mean, _, _) in samples.measure(split.train).items()}
    windows = size_windows(recipe.windows, get_member(recipe), fills)
    return Course(get_member(recipe), samples, split, windows, recipe.seed)


def test_the_recipe_is_the_study():
    recipe = load_recipe("batchu2023")
    member = get_member(recipe)
    assert len(recipe.inputs) == 16
    assert [len(one.inputs) for one in recipe.windows.branches] == [10, 4]
    assert (member.steps, member.batch, member.momentum, member.huber) == (600_000, 64, 0.9, 0.4)
    assert (member.keep_path, member.keep_first) == (0.6, (0.5, 0.5, 0.6))
    assert member.keep_second == (0.9, 0.9)
    assert (member.middle, member.coarse_middle, member.width) == (16, 8, 1.0)
    assert recipe.splits == ("sensor-60-20-20",)
    for one in recipe.inputs:
        get_feature(one, "batchu2023")


def test_the_package_opens_and_says_what_it_looks_at(trained):
    out, made = trained
    model = load_model(out, "cpu")
    assert [one.window for one in model.windows.branches] == [284, 16]
    assert made.card.training["export"]["two-branch.onnx"]["cells"] >= 2000
    assert made.card.training["export"]["two-branch.onnx"]["difference"] < 1e-5
    assert set(made.judgement.predictions["station"]) <= {f"s{i:02d}" for i in range(5)}
    assert made.judgement.metrics["sensor-60-20-20"]["model"]["stations"] == 1
    assert (out / "report.html").is_file()
    # A mean of stations is of those with 13 samples or more; the one that judges has four.
    assert any(one.endswith("mean of stations   none: too few samples") for one in list_lines(made))
    # Of five stations three are fitted on, one chooses the weights, one judges: new to the model.
    assert made.card.trained_on.sites == 4
    assert count_seen(made.judgement.predictions, made.card.trained_on) == 0
    with pytest.raises(ModelError, match="looks at windows"):
        model.predict(np.zeros((2, 16), np.float32))


def test_sources_are_worth_what_they_decide(trained, samples):
    """Of one station that tests, nothing is exchanged but among its own four samples."""
    _, made = trained
    sources = {"radar", "sentinel2", "terrain", "soil", "smap", "gldas"}
    assert set(made.judgement.importance) == sources
    assert made.judgement.ablation is None
    assert np.isfinite([one.value for one in made.judgement.importance.values()]).all()


def test_inputs_that_are_left_out_or_another_samples(samples):
    rows, fills = np.array([3, 0]), samples_fills(samples)
    own = samples.load(rows, fills, SIDES)
    without = samples.without(("vh", "clay", "gldas")).load(rows, fills, SIDES)
    partners = np.arange(len(samples.samples.truth))[::-1].copy()
    others = samples.load(partners[rows], fills, SIDES)
    exchanged = samples.exchange(("vh", "clay", "gldas"), partners).load(rows, fills, SIDES)
    for array, layer in (("fine", 1), ("coarse", 2), ("numbers", 1)):
        assert (without[array][:, layer] == 0).all()
        np.testing.assert_array_equal(exchanged[array][:, layer], others[array][:, layer])
        rest = [one for one in range(own[array].shape[1]) if one != layer]
        for found in (without, exchanged):
            np.testing.assert_array_equal(found[array][:, rest], own[array][:, rest])


@pytest.mark.slow
def test_a_source_that_decides_is_missed(tmp_path):
    """Moisture follows radar and SMAP: without the radar, or with another's, the errors grow."""
    store = write_store(tmp_path / "store", stations=20, samples=4)
    left_out = Ablation(without={"the radar": ("vv", "vh", "incidence")})
    recipe = load_recipe("batchu2023").shrink().model_copy(update={"ablation": left_out})
    made = train_patches(recipe, store, tmp_path / "out", draws=0)
    assert made.judgement.ablation["the radar"].value > 0.005
    assert made.judgement.importance["radar"].value > 0.005
    assert abs(made.judgement.importance["soil"].value) < 0.005


def test_patches_are_scaled_and_filled_like_maps(samples):
    rows = np.array([3, 0])
    found = samples.load(rows, dict.fromkeys([*"abc"]) | samples_fills(samples), SIDES)
    stored = samples.store.load("fine", rows)
    inner = np.s_[(FINE - 284) // 2 : -(FINE - 284) // 2]
    np.testing.assert_allclose(
        found["fine"][:, 0], (stored[:, 0, inner, inner] + 25) / 30, rtol=0, atol=1e-6
    )
    assert found["coarse"].shape == (2, 4, 16, 16)
    # SMAP 0.1..0.51 of Table 4 becomes 0..1.
    smap = samples.samples.frame["smap"].to_numpy()[rows]
    np.testing.assert_allclose(found["numbers"][:, 0, 0, 0], (smap - 0.1) / 0.41, atol=1e-6)


def samples_fills(samples):
    return {name: mean for name, (mean, _, _) in samples.measure(np.arange(4)).items()}


def test_a_fit_that_was_interrupted_ends_the_same(samples, tmp_path):
    whole = make_course(samples).fit()

    class StopError(Exception):
        pass

    course = make_course(samples)
    halfway = Course(course.spec, _Stopping(samples, StopError, 4), *list_rest(course))
    with pytest.raises(StopError):
        halfway.fit(tmp_path)
    (checkpoint,) = tmp_path.glob("*.pt")
    assert torch.load(checkpoint, weights_only=True)["epoch"] == 1
    resumed = course.fit(tmp_path)
    for one, other in zip(
        whole.network.state_dict().values(), resumed.network.state_dict().values(), strict=True
    ):
        assert torch.equal(one, other)


def list_rest(course):
    return course.split, course.windows, course.seed


class _Stopping:
    """Samples that cannot be read any more after some reads."""

    def __init__(self, samples, error, reads):
        self._wrapped, self._error, self._left = samples, error, reads

    def __getattr__(self, name):
        return getattr(self._wrapped, name)

    def load(self, *arguments):
        self._left -= 1
        if self._left < 0:
            raise self._error
        return self._wrapped.load(*arguments)


def test_a_damaged_checkpoint_is_refused(samples, tmp_path):
    course = make_course(samples, steps=2)
    course.fit(tmp_path)
    (checkpoint,) = tmp_path.glob("*.pt")
    checkpoint.write_bytes(b"none")
    with pytest.raises(ModelError, match="is no checkpoint of this fit"):
        course.fit(tmp_path)


@pytest.mark.slow
def test_it_learns_where_there_is_something_to_learn(tmp_path):
    """The small form on patches whose moisture follows VV and SMAP: better than the mean."""
    store = write_store(tmp_path / "store", stations=20, samples=4)
    made = train_patches(load_recipe("batchu2023"), store, tmp_path / "out", small=True, draws=0)
    predictions = made.judgement.predictions
    truth, found = predictions["soil_moisture"], predictions["predicted"]
    assert np.corrcoef(truth, found)[0, 1] > 0.4
    assert np.mean((found - truth) ** 2) < np.mean((predictions["predicted mean"] - truth) ** 2)


def test_mixed_precision_trains_float32_weights(samples):
    fitted = make_course(samples, steps=2, precision="mixed").fit()
    plain = make_course(samples, steps=2).fit()
    kinds = {one.dtype for one in fitted.network.parameters()}
    assert kinds == {torch.float32}
    rows = np.arange(4)
    found, expected = fitted.predict(samples, rows), plain.predict(samples, rows)
    assert np.abs(found - expected).max() < 0.05
    assert (found != expected).any()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is CUDA here")
def test_cuda_that_is_not_there_is_an_error(samples):
    with pytest.raises(ConfigError, match="PyTorch finds no GPU"):
        make_course(samples, device="cuda").fit()


def test_the_gate_sees_a_weight_that_changed(trained, tmp_path, samples):
    out, _ = trained
    broken = tmp_path / "two-branch.onnx"
    shutil.copy(out / broken.name, broken)
    model = onnx.load(broken)
    # The last addition is the target's mean.
    weights = next(one for one in model.graph.initializer if one.name == "mean")
    value = onnx.numpy_helper.to_array(weights) + np.float32(1e-4)
    weights.CopyFrom(onnx.numpy_helper.from_array(value, "mean"))
    onnx.save(model, broken)
    fitted = make_course(samples).fit()  # the same network again
    ranges = {
        "fine": np.tile(np.array([0, 1], np.float32), (10, 1)),
        "coarse": np.tile(np.array([0, 1], np.float32), (4, 1)),
        "numbers": np.tile(np.array([0, 1], np.float32), (2, 1)),
    }
    with pytest.raises(ModelError, match="predicts otherwise"):
        check_window_parity(fitted.network, broken, fitted.windows, ranges, 0)


def write_one(root, recipe, layout=None, **changes):
    images, truth = draw_patches(3, 0)
    columns = {"station": ["a", "b", "c"], "soil_moisture": truth, "fine_valid": 1.0}
    table = pd.DataFrame(columns | {"coarse_valid": 1.0} | changes)
    with open_patch_writer(root, layout or make_layout(recipe)) as writer:
        writer.put("one", images, table)
    return root


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"soil_moisture": [0.2, np.nan, 0.3]}, "1 of 3 rows have no 'soil_moisture'"),
        ({"soil_moisture": 0.2}, "nothing to learn"),
        ({"fine_valid": 0.1}, "no sample passes"),
        ({}, "3 groups are too few"),
    ],
)
def test_samples_that_cannot_be_used(tmp_path, changes, said):
    recipe = shorten()
    root = write_one(tmp_path / "store", recipe, **changes)
    with pytest.raises(InsituError, match=said):
        train_patches(recipe, root, tmp_path / "out", draws=0)
    assert not (tmp_path / "out").exists()


def test_patches_of_another_derivation_are_refused(tmp_path):
    recipe = shorten()
    inputs = tuple(
        one.model_copy(update={"join": one.join.model_copy(update={"days_before": 3.0})})
        if one.name == "s2_B2"
        else one
        for one in recipe.inputs
    )
    other = make_layout(recipe.model_copy(update={"inputs": inputs}))
    root = write_one(tmp_path / "store", recipe, other)
    with pytest.raises(ConfigError, match="'s2_B2' was derived as"):
        train_patches(recipe, root, tmp_path / "out", draws=0)


def test_patches_that_are_too_small_are_refused(store, tmp_path):
    with pytest.raises(ConfigError, match=f"of {FINE} pixels a side cannot be cropped to the 476"):
        train_patches(shorten(features=8), store, tmp_path / "out", draws=0)
    assert COARSE < 28
