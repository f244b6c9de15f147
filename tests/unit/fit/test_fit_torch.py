"""Networks on tables: the same with one seed, stopped in time, resumed as if nothing had been."""

import numpy as np
import pytest
import torch
from sample_tables import RECIPE, draw_table

from smmap.fit import torch_member
from smmap.fit.checkpoint import claim_checkpoints
from smmap.fit.fitted import Lesson
from smmap.fit.torch_member import fit_torch
from smmap.model.package import load_model
from smmap.spec.errors import ConfigError, ModelError, StoreError
from smmap.spec.training import TrainingRecipe
from smmap.spec.training_member import Cnn1d, Lstm, Tabnet
from smmap.train.gate import check_parity
from smmap.train.train_table import train_table

CNN = {"kind": "cnn1d", "filters": [8, 8], "hidden": 16, "epochs": 60, "learning_rate": 1e-2}
LSTM = {"kind": "lstm", "layers": 2, "units": 8, "epochs": 40, "learning_rate": 1e-2}
TABNET = {"kind": "tabnet", "width": 8, "epochs": 40, "learning_rate": 2e-2, "virtual_batch": 32}
SPECS = {
    "cnn1d": Cnn1d.parse(CNN | {"batch": 64}, "cnn"),
    "lstm": Lstm.parse(LSTM | {"batch": 64}, "lstm"),
    "tabnet": Tabnet.parse(TABNET | {"batch": 64}, "tabnet"),
}
TABNET_SLOWLY = pytest.param("tabnet", marks=pytest.mark.slow)
KINDS = [TABNET_SLOWLY if kind == "tabnet" else kind for kind in SPECS]


def make_lesson(rows=240):
    table = draw_table(rows=rows)
    columns = table[["VV", "VH", "angle"]].to_numpy(np.float32)
    return Lesson(columns, table["moisture"].to_numpy() / 100, table["field"])


@pytest.mark.parametrize("kind", KINDS)
def test_learns_exports_and_repeats(tmp_path, kind):
    lesson = make_lesson()
    state = torch.get_rng_state()
    fitted = fit_torch(SPECS[kind], lesson, 1, None)
    assert torch.equal(torch.get_rng_state(), state)
    predicted = fitted.predict(lesson.rows)
    error = np.sqrt(np.mean((predicted - lesson.truth) ** 2))
    assert error < 0.8 * lesson.truth.std()
    again = fit_torch(SPECS[kind], lesson, 1, None).predict(lesson.rows)
    np.testing.assert_array_equal(predicted, again)
    fitted.write(tmp_path / "m.onnx")
    ranges = np.stack([lesson.rows.min(0), lesson.rows.max(0)], axis=1)
    assert check_parity(fitted, tmp_path / "m.onnx", ranges, 0).rows >= 100_000


@pytest.mark.parametrize("kind", KINDS)
def test_mixed_precision_learns_the_same_a_little_otherwise(kind):
    lesson = make_lesson()
    spec = SPECS[kind].model_copy(update={"epochs": 25})
    exact = fit_torch(spec, lesson, 1, None).predict(lesson.rows)
    mixed = spec.model_copy(update={"precision": "mixed"})
    found = fit_torch(mixed, lesson, 1, None).predict(lesson.rows)
    # bfloat16 has 8 bits: other numbers, nearly the same model.
    difference = np.sqrt(np.mean((found - exact) ** 2))
    assert 0 < difference < 0.3 * lesson.truth.std()
    np.testing.assert_array_equal(fit_torch(mixed, lesson, 1, None).predict(lesson.rows), found)


@pytest.mark.skipif(torch.cuda.is_available(), reason="is about machines without a GPU")
def test_a_gpu_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match="finds no GPU"):
        fit_torch(SPECS["cnn1d"].model_copy(update={"device": "cuda"}), make_lesson(), 1, None)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("precision", ["float32", "mixed"])
def test_a_gpu_fits_what_the_processor_does(precision):
    lesson = make_lesson()
    spec = SPECS["cnn1d"].model_copy(update={"device": "cpu", "dropout": 0.0})
    exact = fit_torch(spec, lesson, 1, None).predict(lesson.rows)
    gpu = spec.model_copy(update={"device": "cuda", "precision": precision})
    found = fit_torch(gpu, lesson, 1, None).predict(lesson.rows)
    assert np.sqrt(np.mean((found - exact) ** 2)) < 0.3 * lesson.truth.std()


def test_early_stopping_keeps_the_best_and_holds_whole_groups_out():
    spec = SPECS["cnn1d"].model_copy(update={"patience": 3, "epochs": 200, "held_out": 0.25})
    lesson = make_lesson()
    train, held = torch_member._hold_out(spec, lesson, 0)
    assert not set(lesson.groups.iloc[train]) & set(lesson.groups.iloc[held])
    assert lesson.groups.iloc[held].nunique() == 3
    fitted = fit_torch(spec, lesson, 0, None)
    assert int(fitted.detail.split()[1]) < 197


@pytest.mark.parametrize("kind", ["cnn1d", TABNET_SLOWLY])
def test_interrupted_fit_ends_as_an_undisturbed_one(tmp_path, monkeypatch, kind):
    spec, lesson = SPECS[kind].model_copy(update={"epochs": 20}), make_lesson()
    expected = fit_torch(spec, lesson, 1, None).predict(lesson.rows)
    run = torch_member._run_epoch
    passes = []

    def stop(*arguments):
        passes.append(1)
        if len(passes) == 17:
            raise KeyboardInterrupt
        run(*arguments)

    monkeypatch.setattr(torch_member, "_run_epoch", stop)
    with pytest.raises(KeyboardInterrupt):
        fit_torch(spec, lesson, 1, tmp_path)
    fitted = fit_torch(spec, lesson, 1, tmp_path)
    assert len(passes) == 17 + 10  # of which 16 were made before, and 10 of them kept
    np.testing.assert_array_equal(fitted.predict(lesson.rows), expected)
    fit_torch(spec, lesson, 1, tmp_path)
    assert len(passes) == 27
    (file,) = tmp_path.glob("*.pt")
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(ModelError, match="no checkpoint of this fit"):
        fit_torch(spec, lesson, 1, tmp_path)


def test_checkpoints_of_another_recipe_are_refused(tmp_path):
    recipe = TrainingRecipe.parse(RECIPE | {"members": [CNN]}, "r")
    claim_checkpoints(tmp_path / "kept", recipe)
    claim_checkpoints(tmp_path / "kept", recipe)
    other = recipe.model_copy(update={"seed": 5})
    with pytest.raises(ConfigError, match="another recipe"):
        claim_checkpoints(tmp_path / "kept", other)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    with pytest.raises(StoreError, match="no checkpoints"):
        claim_checkpoints(tmp_path / "full", recipe)


def test_network_becomes_a_package(tmp_path):
    draw_table().to_parquet(tmp_path / "t.parquet")
    recipe = TrainingRecipe.parse(
        RECIPE | {"members": [CNN | {"epochs": 20}, {"kind": "random-forest", "trees": 5}]}, "r"
    )
    recipe = recipe.model_copy(update={"splits": ("station",), "folds": 2})
    kept = tmp_path / "kept"
    train_table(recipe, tmp_path / "t.parquet", tmp_path / "m", checkpoints=kept, draws=0)
    assert len(list(kept.glob("*.pt"))) == 3  # two folds and the package
    rows = draw_table()[["VV", "VH", "angle"]].to_numpy(np.float32, copy=True)
    rows[:, 1] = (rows[:, 1] + 35) / 35
    assert np.isfinite(load_model(tmp_path / "m", "cpu").predict(rows)).all()
