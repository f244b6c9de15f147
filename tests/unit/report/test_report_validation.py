"""The page of a table of predictions says what the samples say."""

import re

import numpy as np
import pandas as pd
import pytest

from smmap.report.findings import Findings
from smmap.report.predictions import load_predictions
from smmap.report.validation_figures import draw_bars, draw_curves, draw_density
from smmap.report.validation_report import write_validation_report
from smmap.spec.errors import InsituError
from smmap.validation.bootstrap import Bootstrap
from smmap.validation.curves import summarise_curves
from smmap.validation.growth import Growth
from smmap.validation.scores import compute_scores

QUICK = Bootstrap(draws=100)


@pytest.fixture
def samples():
    rng = np.random.default_rng(7)
    count = 600
    station = np.arange(count) % 10
    truth = rng.uniform(0.05, 0.45, count)
    return pd.DataFrame(
        {
            "network": np.where(station < 5, "north", "south"),
            "station": [f"s<{number}>" for number in station],
            "time": pd.date_range("2020-01-01", periods=count, freq="D", tz="UTC"),
            "soil_moisture": truth,
            "predicted": np.where(
                np.arange(count) < 12, np.nan, truth + rng.normal(0.02, 0.04, count)
            ),
            "relative_orbit": rng.choice([15.0, 88.0, np.nan], count),
            "sand_percent": 92.0,
            "clay_percent": 4.0,
        }
    )


@pytest.fixture
def write(tmp_path):
    def run(samples, **options):
        page = tmp_path / "page.html"
        write_validation_report(page, samples, title="A <trial>", bootstrap=QUICK, **options)
        return page.read_text()

    return run


def find_row(html, name):
    """Numbers of a table's row, without the intervals."""
    row = re.search(rf"<tr><td>{re.escape(name)}</td>(.*?)</tr>", html, re.DOTALL)[1]
    return [re.split(r"<br>|</td>", cell)[0] for cell in row.split("<td>")[1:]]


def test_members_and_the_mean_stand_beside_the_model(write, samples):
    """By the split that counts, which comes before the random one; a column of words is none."""
    truth, model = samples["soil_moisture"], samples["predicted"]
    named = samples.assign(**{"predicted mean": 0.25, "predicted forest": model})
    named["predicted by"] = "hand"
    html = write(pd.concat([named.assign(scheme=one) for one in ("random", "station")]))
    known = np.sqrt(np.mean((truth - 0.25) ** 2))
    assert find_row(html, "mean")[4] == f"{known:.3f}"
    assert "<td>forest</td>" not in html  # the model itself: of one member
    assert "<td>by</td>" not in html
    assert html.index("<td>station</td>") < html.index("<td>random</td>")
    assert "Beside it" not in write(samples)


def test_the_page_gives_the_scores(write, samples):
    html = write(samples)
    given = samples[samples["predicted"].notna()]
    scores = compute_scores(given["predicted"].to_numpy(), given["soil_moisture"].to_numpy())
    expected = [f"{getattr(scores, key):.3f}" for key in ("bias", "mae", "rmse", "ubrmse")]
    expected += [
        f"{getattr(scores, key):.2f}" for key in ("r", "r2_correlation", "r2_determination")
    ]
    assert find_row(html, "all samples") == ["588", "10", *expected]
    assert "600 samples of 10 stations in 2 networks, 2020-01-01 to 2021-08-22" in html
    joined = samples.replace({"station": {"s<0>": "s<0>+s<9>"}})
    joined.loc[joined["station"] == "s<0>+s<9>", "network"] = "north+south"
    assert "600 samples of 10 stations in 2 networks" in write(joined)
    assert "12 of them have no prediction" in html


def test_every_class_that_the_table_has(write, samples):
    html = write(samples.assign(crop="maize"), by=["crop"])
    headings = re.findall(r"<h2>(By .*?)</h2>", html)
    assert headings == ["By network", "By relative orbit", "By texture", "By station", "By crop"]
    assert {name: find_row(html, name)[0] for name in ("15", "88", "not known", "sand")}
    assert find_row(html, "sand")[0] == "588"
    assert html.count("data:image/png;base64,") == 2


def test_names_are_escaped(write, samples):
    html = write(samples)
    assert "<title>A &lt;trial&gt;</title>" in html
    assert "s<0>" not in html


def test_schemes_stand_side_by_side_and_are_not_mixed(write, samples):
    flattered = samples.assign(
        scheme="random", predicted=samples["soil_moisture"] + 0.001 * (samples.index % 2)
    )
    html = write(pd.concat([flattered, samples.assign(scheme="station")], ignore_index=True))
    assert find_row(html, "random")[4] == "0.001"
    assert find_row(html, "all samples") == find_row(html, "station")
    assert "A random split flatters: RMSE 0.001" in html


def test_findings_get_their_sections(write, samples):
    curves = pd.DataFrame(
        {
            "scheme": "zhu-spatial",
            "model": "model",
            "size": [1, 1, 9, 9],
            "repeat": [1, 2, 1, 2],
            "rmse": [0.1, 0.12, 0.08, 0.09],
            "bias": [0.01, 0.03, 0.0, 0.0],
            "r": [np.nan, np.nan, 0.4, 0.6],
        }
    )
    importance = {"vv": Growth(0.03, 0.02, 0.04), "ndvi": Growth(0.01, np.nan, np.nan)}
    ablation = {"era5_land": Growth(-0.001, -0.002, 0.001)}
    html = write(samples, findings=Findings(curves, importance, ablation))
    for heading in ("Learning curves: zhu-spatial", "Feature importance", "Without a source"):
        assert f"<h2>{heading}</h2>" in html
    assert "<td>9</td><td>2</td>" in html
    rmse, bias, r = draw_curves(summarise_curves(curves), "cells").axes
    np.testing.assert_allclose(rmse.lines[0].get_xydata(), [[1, 0.11], [9, 0.085]])
    np.testing.assert_allclose(bias.lines[0].get_ydata(), [0.02, 0])
    np.testing.assert_allclose(r.lines[0].get_ydata(), [np.nan, 0.5])
    assert rmse.get_xlabel() == "trained on (cells)"
    (axis,) = draw_bars(importance, "x").axes
    assert [bar.get_width() for bar in axis.patches] == [0.01, 0.03]
    (intervals,) = axis.collections
    np.testing.assert_allclose(intervals.get_segments(), [[[0.02, 1], [0.04, 1]]])
    with pytest.raises(InsituError, match="Feature importance"):
        write(samples, findings=Findings(importance={"vv": Growth(np.nan, 0, 0)}))
    with pytest.raises(InsituError, match="no column size"):
        write(samples, findings=Findings(curves=curves.drop(columns="size")))


def test_orbits_and_what_merging_them_gains(write, samples, tmp_path):
    """Every third day is of another orbit, and one of the orbits is too wet by 0.05."""
    day = np.arange(600) // 10
    orbit = np.array([15.0, 88.0, 110.0])[day % 3]
    times = pd.Timestamp("2020-01-01", tz="UTC") + pd.to_timedelta(2 * day, "D")
    told = samples.assign(time=times, relative_orbit=orbit)
    told["predicted"] += np.where(orbit == 88, 0.05, 0.0)
    said = write_validation_report(tmp_path / "p.html", told, title="t", bootstrap=QUICK)
    html = (tmp_path / "p.html").read_text()
    (verdict,) = [one for one in said if one.startswith("orbits differ")]
    assert "88" in verdict.split("(")[1]
    assert verdict.replace("orbits", "Orbits", 1) in html
    (revisit,) = [one for one in said if one.startswith("merging")]
    assert "a value every 2.0 days instead of 6.0" in revisit
    assert re.match(r"all samples: RMSE 0\.0\d\d \(0\.0\d\d\.\.0\.0\d\d\), bias \+0\.0", said[0])
    one = told[told["station"] == "s<3>"]
    said = write_validation_report(tmp_path / "p.html", one, title="t", bootstrap=QUICK)
    assert "nan" not in " ".join(said)


def test_predictions_of_scenarios_become_curves(write, samples):
    rng = np.random.default_rng(1)
    drawn = pd.concat(
        [
            samples.assign(
                scheme="zhu-spatial",
                training_size=size,
                training_repeat=repeat,
                predicted=samples["soil_moisture"] + rng.normal(0, 0.1 / size, 600),
            )
            for size in (1, 4)
            for repeat in (1, 2, 3)
        ]
    )
    both = pd.concat([drawn, samples.assign(scheme="station")], ignore_index=True)
    html = write(both)
    assert "Learning curves: zhu-spatial" in html
    assert "<td>4</td><td>3</td>" in html
    assert find_row(html, "all samples") == find_row(write(samples), "all samples")
    alone = write(drawn)
    assert "600 samples of 10 stations" in alone
    assert find_row(alone, "zhu-spatial")[4] == "0.025"


def test_triple_collocation_finds_the_errors(write, samples):
    pytest.importorskip("pytesmo")
    rng = np.random.default_rng(2)
    others = samples.assign(
        smap=0.5 * samples["soil_moisture"] + rng.normal(0.1, 0.03, 600),
        era5=samples["soil_moisture"] + rng.normal(0, 0.02, 600),
    )
    html = write(others, collocate=("smap", "era5"))
    rows = {name: find_row(html, name) for name in ("predicted", "smap", "era5")}
    assert rows["smap"][0] == "588"
    # 0.03 is 0.06 in the scale of the first.
    found = [float(rows[name][1]) for name in rows]
    assert found == pytest.approx([0.04, 0.06, 0.02], abs=0.01)
    with pytest.raises(InsituError, match="no column gldas"):
        write(others, collocate=("smap", "gldas"))


def test_the_scatter_holds_every_sample(samples):
    spread = samples.assign(predicted=samples["predicted"] * 4 - 0.3)  # far beyond the colours
    squares = draw_density(spread).axes[0].collections[0].get_array()
    assert np.nansum(squares) == 588


def test_colours_count_whole_samples(samples):
    """One in each square: a scale of counts, none of parts of one."""
    few = draw_density(samples.iloc[20:22].assign(predicted=[0.1, 0.4]))
    assert few.axes[0].collections[0].get_clim() == (1, 2)


def test_without_times_there_is_no_series(write, samples):
    html = write(samples.drop(columns="time"))
    assert "Over time" not in html
    assert "<td>anomalies" not in html


def test_a_single_station_has_no_intervals(write, samples):
    html = write(samples[samples["station"] == "s<3>"])
    assert "…" not in html.split("<h2>Overall</h2>")[1].split("</table>")[0]


def test_a_failure_leaves_the_old_page(write, samples, tmp_path):
    before = write(samples)
    with pytest.raises(InsituError, match="no column crop"):
        write(samples, by=["crop"])
    with pytest.raises(InsituError, match="have no 'soil_moisture'"):
        write(samples.assign(soil_moisture=np.nan))
    assert (tmp_path / "page.html").read_text() == before
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]


def test_csv_and_parquet_are_the_same(samples, tmp_path):
    samples.to_csv(tmp_path / "t.csv", index=False)
    samples.to_parquet(tmp_path / "t.parquet")
    one, other = (load_predictions(tmp_path / name) for name in ("t.csv", "t.parquet"))
    pd.testing.assert_frame_equal(one, other, check_dtype=False)


def test_tables_that_cannot_be_used(samples, tmp_path):
    path = tmp_path / "t.csv"
    with pytest.raises(InsituError, match="cannot be read as a table"):
        load_predictions(path)
    samples.drop(columns="network").to_csv(path, index=False)
    with pytest.raises(InsituError, match="no column network"):
        load_predictions(path)
    samples.assign(time="yesterday").to_csv(path, index=False)
    with pytest.raises(InsituError, match="600 values of 'time' cannot be read"):
        load_predictions(path)
    path.write_text("")
    with pytest.raises(InsituError, match="cannot be read as a table"):
        load_predictions(path)
