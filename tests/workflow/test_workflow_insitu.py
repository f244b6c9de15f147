"""From a station archive to a file of readings, and from predictions to a page."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from command_line import smmap
from station_files import HEADER, write_ismn, write_scan

GOOD = [f"2020/05/{day:02d} 06:00   0.{200 + day} G M" for day in range(1, 21)]


def test_archive_to_parquet(tmp_path):
    archive = write_ismn(tmp_path / "archive", [*GOOD, "2020/05/21 06:00   0.3 D03 M"])
    out = tmp_path / "readings.parquet"
    done = smmap("insitu", archive, "--out", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == [
        "20 of 21 readings (95.2 %) kept, from 1 files",
        "dropped 1: flag D03",
    ]
    table = pd.read_parquet(out)
    assert table["soil_moisture"].iloc[0] == 0.201
    assert str(table["time"].dtype.tz) == "UTC"

    again = smmap("insitu", archive, "--out", out)
    assert again.returncode == 2
    assert "exists" in again.stderr


def test_options_choose_readings(tmp_path):
    lines = ["2020-05-01 06:00,70.0,25.0"]
    folder = write_scan(tmp_path / "scan", lines)
    every = smmap("insitu", folder, "--deepest", 0, "--highest", 0.8, "--json")
    assert json.loads(every.stdout)["kept"] == 2
    flagged = write_ismn(tmp_path / "ismn", ["2020/05/21 06:00   0.3 D03,C02 M"], header=HEADER)
    chosen = smmap("insitu", flagged, "--flag", "C02", "--flag", "D03", "--json")
    assert json.loads(chosen.stdout)["kept"] == 1
    wet = ["2020/05/21 06:00   0.7 C02,C03 M", "2020/05/22 06:00   0.3 D03 M"]
    studied = write_ismn(tmp_path / "wet", [*GOOD, *wet], header=HEADER)
    by_recipe = smmap("insitu", studied, "--for", "batchu2023", "--json")
    assert json.loads(by_recipe.stdout)["kept"] == len(GOOD) + 1
    lines = [*GOOD, "2020/06/01 00:00   0.3 G M"]
    dated = smmap(
        "insitu",
        write_ismn(tmp_path / "dated", lines),
        "--period",
        "2020-05-20/2020-05-31",
        "--json",
    )
    assert json.loads(dated.stdout)["kept"] == 1


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["insitu", "nowhere"], "no such file"),
        (["insitu", ".", "--deepest", "-1"], "'deepest_m': Input should be greater"),
        (["validate", "nowhere.csv", "--out", "page.html"], "cannot be read as a table"),
        (["validate", "nowhere.csv", "--out", "page.pdf"], "ends with .html"),
    ],
)
def test_mistakes_are_one_line(arguments, message):
    done = smmap(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_predictions_to_page(tmp_path):
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.1, 0.4, 60)
    table = pd.DataFrame(
        {
            "network": "net",
            "station": rng.choice(list("abc"), 60),
            "soil_moisture": truth,
            "predicted": truth + 0.05,
        }
    )
    table.to_csv(tmp_path / "p.csv", index=False)
    page = tmp_path / "page.html"
    done = smmap("validate", tmp_path / "p.csv", "--out", page, "--draws", 50, "--title", "Mine")
    assert done.returncode == 0, done.stderr
    assert "<h1>Mine</h1>" in page.read_text()
    assert "60 samples of 3 stations" in page.read_text()
