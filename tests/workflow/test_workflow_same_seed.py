"""The same seed, the same package, whatever else differs between two processes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import yaml
from sample_tables import KINDS, RECIPE, draw_table

MEMBERS = [
    KINDS[0] | {"tune": {"samples_in_leaf": {"choices": [2, 4]}}},
    KINDS[1] | {"subsample": 0.7, "features": 0.7},
    KINDS[3],
    {"kind": "cnn1d", "filters": [4], "hidden": 4, "epochs": 3, "batch": 32, "patience": 2},
    {"kind": "tabnet", "width": 4, "epochs": 3, "batch": 64, "virtual_batch": 32},
]


def train(folder, out, hash_seed, threads):
    """A process of its own, with so many threads in each of the libraries."""
    many = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT"}
    given = dict.fromkeys(many, str(threads)) | {"PYTHONHASHSEED": str(hash_seed)}
    command = ["train", folder / "recipe.yaml", "--table", folder / "t.parquet", "--out", out]
    words = [sys.executable, "-m", "smmap", *map(str, command)]
    done = subprocess.run(
        words, env=os.environ | given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_bytes() for path in out.iterdir() if path.suffix != ".html"}


@pytest.mark.slow
def test_processes_threads_and_the_order_of_sets_do_not_matter(tmp_path):
    options = {"combine": "searched", "tuning": {"trials": 2}, "splits": ["station"], "folds": 2}
    recipe = RECIPE | {"members": MEMBERS} | options
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    draw_table(120).to_parquet(tmp_path / "t.parquet")
    one = train(tmp_path, tmp_path / "one", 1, 1)
    other = train(tmp_path, tmp_path / "other", 77, 2)
    assert len([name for name in one if name.endswith(".onnx")]) == len(MEMBERS)
    assert one == other
