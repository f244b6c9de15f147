"""Soil moisture for tables: the package's own numbers beside columns that nobody touched."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sample_tables import draw_table
from typer.testing import CliRunner

from smmap.cli.app import app
from smmap.model.package import load_model
from smmap.spec.errors import InsituError, ModelError, StoreError
from smmap.train.predict_table import predict_table


def test_predict_adds_a_column_and_keeps_the_rest(tmp_path, trained):
    folder, _ = trained
    source = tmp_path / "new.csv"
    table = draw_table(seed=5, rows=30).drop(columns="moisture").astype(str)
    table.loc[3, "VH"] = ""
    table.to_csv(source, index=False)
    before = source.read_bytes()
    found = predict_table(folder, source, tmp_path / "out.csv")
    assert (found.rows, found.missing) == (30, 1)
    written = pd.read_csv(tmp_path / "out.csv", dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(written[table.columns], table)
    assert source.read_bytes() == before
    numbers = table[["VV", "VH", "angle"]].replace("", np.nan).astype(float).to_numpy()
    numbers[:, 1] = (numbers[:, 1] + 35) / 35
    expected = load_model(folder, "cpu").predict(numbers.astype(np.float32))
    sm = pd.to_numeric(written["sm"]).to_numpy()
    np.testing.assert_allclose(sm, expected, atol=6e-5)
    assert np.isnan(sm[3])
    again = tmp_path / "new.parquet"
    table.to_parquet(again)
    predict_table(folder, again, tmp_path / "out.parquet")
    exact = pd.read_parquet(tmp_path / "out.parquet")["sm"].to_numpy()
    np.testing.assert_array_equal(exact, expected)


def test_predict_keeps_what_others_noted_in_a_parquet_file(tmp_path, trained):
    folder, _ = trained
    noted = pa.Table.from_pandas(draw_table(rows=8)).replace_schema_metadata({"geo": "{}"})
    pq.write_table(noted, tmp_path / "geo.parquet")
    predict_table(folder, tmp_path / "geo.parquet", tmp_path / "out.parquet")
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.schema.metadata[b"geo"] == b"{}"
    assert found.drop_columns(["sm", "sm_in_range"]).equals(noted)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_rows_beyond_the_training_are_told_each_with_its_column(tmp_path, trained, kind):
    """In another order of columns: they go by their names."""
    folder, _ = trained
    table = draw_table(rows=4)[["angle", "note", "VH", "VV"]].assign(VV=-12.0, VH=-20.0, angle=38.0)
    table.loc[1, "VV"] = 0.06  # as power, where decibels are wanted
    table.loc[2, ["VV", "angle"]] = 0.06, 80.0
    table.loc[3, "angle"] = np.nan
    source, out = tmp_path / f"t.{kind}", tmp_path / f"sm.{kind}"
    table.to_csv(source, index=False) if kind == "csv" else table.to_parquet(source)
    found = predict_table(folder, source, out)
    assert (found.strange, found.strange_columns) == (2, {"VV": 2, "angle": 1})
    if kind == "csv":
        written = pd.read_csv(out, dtype=str, keep_default_na=False)["sm_in_range"]
        assert written.tolist() == ["true", "false", "false", ""]
    else:
        assert pq.read_table(out)["sm_in_range"].to_pylist() == [True, False, False, None]
    said = CliRunner().invoke(app, ["predict", str(folder), str(source), "--out", str(out)])
    assert "2 lie outside what the model was trained on (VV 2, angle 1)" in said.stderr


def test_predict_refuses(tmp_path, trained, table):
    folder, _ = trained
    with pytest.raises(StoreError, match="never changed"):
        predict_table(folder, table, table)
    (tmp_path / "link.csv").symlink_to(table)
    with pytest.raises(StoreError, match="never changed"):
        predict_table(folder, table, tmp_path / "link.csv")
    with pytest.raises(StoreError, match="of the old one's kind"):
        predict_table(folder, table, tmp_path / "out.parquet")
    draw_table().assign(sm=1).to_csv(tmp_path / "sm.csv", index=False)
    with pytest.raises(InsituError, match="column 'sm' already"):
        predict_table(folder, tmp_path / "sm.csv", tmp_path / "out.csv")
    draw_table().drop(columns="VV").to_csv(tmp_path / "less.csv", index=False)
    with pytest.raises(InsituError, match="no column 'VV'"):
        predict_table(folder, tmp_path / "less.csv", tmp_path / "out.csv")
    with pytest.raises(ModelError, match="card"):
        predict_table(folder / "mlp.onnx", table, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()
