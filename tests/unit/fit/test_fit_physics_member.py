"""The physics model as a member: what it takes, what its file gives, what it adds to others."""

import numpy as np
import pytest
from onnxruntime import InferenceSession
from sample_tables import RECIPE, draw_table, make_recipe

from smmap.fit.fitted import Lesson
from smmap.fit.physics_member import FittedPhysics
from smmap.model.package import load_model
from smmap.spec.errors import ConfigError
from smmap.spec.training_member import Physics
from smmap.train.ablation import list_ablations
from smmap.train.ensemble import fit_ensemble
from smmap.train.gate import check_parity
from smmap.train.judge import list_splits
from smmap.train.samples import select_samples

MEMBER = {"kind": "physics", "ndvi": 0.3}


def learn(radiometry="sigma0_ellipsoid", **options):
    table = draw_table(rows=60)
    recipe = make_recipe(members=[MEMBER], radiometry=radiometry)
    samples = select_samples(table, recipe, "table")
    lesson = Lesson(
        samples.rows,
        samples.truth,
        table["field"],
        inputs=recipe.inputs,
        radiometry=recipe.radiometry,
    )
    return FittedPhysics(Physics.parse(MEMBER | options, "member"), lesson), lesson


def test_it_is_the_packaged_model_of_the_columns_that_it_takes():
    fitted, lesson = learn(calibrate="none")
    rows = lesson.rows  # vv, vh, angle
    pixels = np.column_stack([rows[:, 0], rows[:, 2], np.full(len(rows), 0.3)])
    expected = load_model("physics", "cpu").predict(pixels.astype(np.float32))
    np.testing.assert_array_equal(fitted.predict(rows), expected.astype(np.float64))


def test_gamma0_becomes_sigma0():
    """At 60 degrees the cosine is a half: 3.0103 dB less."""
    one, lesson = learn("gamma0_ellipsoid", calibrate="none")
    other, _ = learn(calibrate="none")
    rows = lesson.rows.copy()
    rows[:, 2] = 60.0
    darker = rows - np.array([10 * np.log10(2), 0, 0], dtype=np.float32)
    np.testing.assert_allclose(one.predict(rows), other.predict(darker), atol=1e-6)


def test_offset_meets_the_mean_of_the_training_rows():
    fitted, lesson = learn()
    assert fitted.predict(lesson.rows).mean() == pytest.approx(lesson.truth.mean(), abs=1e-7)
    plain, _ = learn(calibrate="none")
    moved = fitted.predict(lesson.rows) - plain.predict(lesson.rows)
    assert np.ptp(moved) < 1e-12


@pytest.mark.parametrize("radiometry", ["sigma0_ellipsoid", "gamma0_ellipsoid"])
def test_its_file_passes_the_gate(tmp_path, radiometry):
    fitted, lesson = learn(radiometry)
    fitted.write(tmp_path / "m.onnx")
    ranges = np.stack([lesson.rows.min(0), lesson.rows.max(0)], axis=1)
    assert check_parity(fitted, tmp_path / "m.onnx", ranges, 0).rows >= 100_000
    session = InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"inputs": lesson.rows})
    assert found.shape == (60, 1)
    np.testing.assert_allclose(found[:, 0], fitted.predict(lesson.rows), atol=1e-5)


def test_it_counts_by_its_weight():
    members = [MEMBER | {"weight": 3.0}, {"kind": "random-forest", "trees": 5}]
    recipe = make_recipe(members=members)
    samples = select_samples(draw_table(), recipe, "table")
    split = list_splits(recipe, samples, "station")[0]
    ensemble = fit_ensemble(recipe, samples, split)
    each = ensemble.predict_each(samples.rows[split.test])
    np.testing.assert_allclose(ensemble.combine(each), 0.75 * each[:, 0] + 0.25 * each[:, 1])
    train = samples.truth[split.train].mean()
    assert ensemble.members[0].fitted.predict(samples.rows[split.train]).mean() == (
        pytest.approx(train, abs=1e-7)
    )


def test_what_it_needs_is_not_left_out():
    extra = {"name": "clay", "feature": "quantity", "options": {"band": "clay"}, "units": "%"}
    inputs = [*RECIPE["inputs"], extra | {"source": "soil"}]
    recipe = make_recipe(members=[MEMBER], inputs=inputs)
    assert list_ablations(recipe, sources=True) == {"soil": ("clay",)}
    for change, said in (
        ({"inputs": RECIPE["inputs"][1:]}, "needs inputs backscatter_db"),
        ({"ablation": {"without": {"angle": ["incidence_deg"]}}}, "'incidence_deg'"),
        ({"members": [MEMBER | {"ndvi": 1.5}]}, "ndvi"),
    ):
        with pytest.raises(ConfigError, match=said):
            make_recipe(**({"members": [MEMBER]} | change))
