"""Real archives, beside the ``ismn`` package and beside counts made with plain text tools."""

import gzip
import shutil
import warnings

import numpy as np
import pandas as pd
import pytest

from smmap.insitu.load import load_readings
from smmap.insitu.rules import ReadingRules
from smmap.spec.errors import InsituError

pytestmark = pytest.mark.realdata
EVERYTHING = ReadingRules(flags=("G", "U"), deepest_m=None)
FLAGS = ("G", "U", "D03", "D05", "D08")


@pytest.fixture(scope="module")
def ismn_interface(shared_data, tmp_path_factory):
    """Their reader needs a folder that it may write into."""
    folder = tmp_path_factory.mktemp("ismn") / "archive"
    sample = shared_data / "ismn-sample" / "header_values"
    shutil.copytree(sample / "COSMOS", folder / "COSMOS", copy_function=shutil.copy)
    # It wants a folder a station.
    narbonne = folder / "SMOSMANIA" / "Narbonne"
    shutil.copytree(sample / "SMOSMANIA", narbonne, copy_function=shutil.copy)
    for one in folder.rglob("*"):
        one.chmod(0o755)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ismn.interface import ISMN_Interface

        yield ISMN_Interface(folder, parallel=False)


def test_equals_the_ismn_package(shared_data, ismn_interface):
    rules = ReadingRules(flags=FLAGS, deepest_m=None)
    ours = load_readings(shared_data / "ismn-sample" / "header_values", rules=rules).table
    seen = 0
    for network, station, sensor in ismn_interface.collection.iter_sensors():
        theirs = sensor.read_data()
        mine = ours[(ours["network"] == network.name) & (ours["station"] == station.name)]
        np.testing.assert_array_equal(mine["soil_moisture"], theirs["soil_moisture"])
        np.testing.assert_array_equal(
            mine["time"].dt.tz_localize(None), theirs.index.astype("datetime64[ms]")
        )
        assert list(mine["flag"]) == list(theirs["soil_moisture_flag"])
        assert mine["latitude"].iloc[0] == station.lat
        assert mine["longitude"].iloc[0] == station.lon
        assert mine["depth_to_m"].iloc[0] == sensor.depth.end
        meta = sensor.metadata
        if station.name == "ARM-1":
            assert mine["clay_percent"].iloc[0] == meta["clay_fraction"].val
            assert int(mine["land_cover"].iloc[0]) == meta["lc_2010"].val
            assert mine["climate"].iloc[0] == meta["climate_KG"].val
        seen += len(theirs)
    assert seen == len(ours) == 7606


def test_both_layouts_and_the_zip_agree(shared_data):
    sample = shared_data / "ismn-sample"
    places = ("header_values/SMOSMANIA", "ceop", "Data_SMOSMANIA.zip")
    one, *others = (load_readings(sample / place, rules=EVERYTHING).table for place in places)
    assert len(one) == 736
    for other in others:
        pd.testing.assert_frame_equal(
            other.drop(columns=["source", "instrument"]),
            one.drop(columns=["source", "instrument"]),
        )


def test_malformed(shared_data):
    with pytest.raises(InsituError, match="neither ISMN"):
        load_readings(shared_data / "ismn-sample" / "malformed")


def test_scan_station_against_its_text(shared_data):
    path = shared_data / "usda-scan-hourly" / "2081.txt.gz"
    readings = load_readings(path)
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    rows = [line.split(",") for line in lines if line[:2] == "20"]
    inside = [row for row in rows if row[1] and 0 <= float(row[1]) <= 60]
    assert readings.account.rows == 5 * len(rows)
    assert len(readings.table) == len(inside)
    assert readings.table["soil_moisture"].mean() == pytest.approx(
        np.mean([float(row[1]) for row in inside]) / 100
    )
    first = pd.Timestamp(inside[0][0]).tz_localize("Etc/GMT+8")
    assert readings.table["time"].iloc[0] == first
    # Nenana, Alaska: frozen from November to April, which a probe reads as dry.
    monthly = readings.table.groupby(readings.table["time"].dt.month)["soil_moisture"].mean()
    assert monthly[[1, 2, 3]].max() < monthly[[6, 7, 8]].min()


def test_poland_through_a_mapping(shared_data, tmp_path):
    mapping = tmp_path / "poland.yaml"
    mapping.write_text(
        "station: id\nnetwork: study_area\nlatitude: Latitude\nlongitude: Longitude\n"
        'time: date\ntime_format: "%d.%m.%Y"\nsoil_moisture: soil_moisture\nunit: percent\n'
        "depth_from_m: 0\ndepth_to_m: 0.05\nclay_percent: assumed_clay_content\n"
        "keep: [field_id, orbit]\n"
    )
    path = shared_data / "poland-insitu-2024" / "samples.csv"
    readings = load_readings(path, mapping=mapping)
    raw = pd.read_csv(path)
    assert len(readings.table) == len(raw.drop_duplicates(["id", "date"])) == 585
    assert dict(readings.account.dropped) == {"repeats another reading of its probe": 20}
    assert readings.table["time"].min() == pd.Timestamp("2024-03-24", tz="UTC")
    assert readings.table["field_id"].nunique() == raw["field_id"].nunique()
    assert any("BB04 of BRWINOW, BGD01 of BRWINOW" in note for note in readings.account.notes)
