"""SCAN and USCRN reports: zones, units, depths, codes for no value."""

import pandas as pd
import pytest
from station_files import write_scan, write_uscrn_line

from smmap.insitu.load import load_readings
from smmap.insitu.rules import ReadingRules
from smmap.spec.errors import InsituError

ANY_DEPTH = ReadingRules(deepest_m=None)


def test_scan_is_percent_at_utc_minus_8(tmp_path):
    lines = ["2019-12-31 16:00,20.5,30.1", "2019-12-31 17:00,57.0,"]
    table = load_readings(write_scan(tmp_path, lines), rules=ANY_DEPTH).table
    shallow = table[table["depth_to_m"] < 0.06]
    assert list(shallow["time"]) == [
        pd.Timestamp("2020-01-01T00:00Z"),
        pd.Timestamp("2020-01-01T01:00Z"),
    ]
    assert list(shallow["soil_moisture"]) == [0.205, 0.57]  # the doubles nearest to these
    assert set(table["depth_to_m"]) == {0.0508, 0.1016}
    assert set(table["station"]) == {"Farm #1 (77)"}
    assert table["elevation_m"].iloc[0] == pytest.approx(304.8)


def test_scan_counts_what_it_drops(tmp_path):
    lines = ["2019-12-31 16:00,20.5,-99.9", "2019-12-31 17:00,7999.0,-0.1", "2019-12-31 18:00,"]
    account = load_readings(write_scan(tmp_path, lines), rules=ANY_DEPTH).account
    assert dict(account.dropped) == {
        "no value, or a code for none": 3,
        "outside 0..0.6 m3/m3": 2,
    }
    assert (account.rows, account.kept) == (6, 1)


def test_scan_needs_coordinates(tmp_path):
    with pytest.raises(InsituError, match=r"put a stations\.csv beside"):
        load_readings(write_scan(tmp_path, ["2019-12-31 16:00,20.5,1"], stations=False))
    (tmp_path / "stations.csv").write_text("station_id,latitude,longitude\n78,1,1\n")
    with pytest.raises(InsituError, match="station 77 is not listed"):
        load_readings(tmp_path)
    (tmp_path / "stations.csv").write_text("station_id,latitude,longitude\n77,north,1\n")
    with pytest.raises(InsituError, match="is not a number"):
        load_readings(tmp_path)
    (tmp_path / "stations.csv").write_text("id,latitude\n77,1\n")
    with pytest.raises(InsituError, match="no column longitude, station_id"):
        load_readings(tmp_path)


def test_scan_in_another_unit_is_refused(tmp_path):
    with pytest.raises(InsituError, match="unknown unit 'in'"):
        load_readings(write_scan(tmp_path, ["2019-12-31 16:00,20.5,1"], unit="in"))


def test_scan_beside_other_texts(tmp_path):
    folder = write_scan(tmp_path, ["2019-12-31 16:00,20.5,1"])
    (folder / "00-readme.txt").write_text("dear colleague")
    (folder / "11.txt.gz").write_bytes(b"no gzip")
    account = load_readings(folder).account
    assert account.kept == 1
    assert sorted(account.left_out) == ["00-readme.txt", "11.txt.gz"]


def test_scan_single_report_finds_its_stations(tmp_path):
    write_scan(tmp_path, ["2019-12-31 16:00,20.5,1"])
    assert load_readings(tmp_path / "77.txt").account.kept == 1


def test_uscrn(tmp_path):
    lines = [
        write_uscrn_line("20200101", "0100", ["0.154", "0.2", "0.3", "-99.000", "-99.000"]),
        write_uscrn_line("20200101", "0200", ["-99.000", "0.2", "0.3", "-99.000", "-99.000"]),
        "94074 20200101 0300",
    ]
    (tmp_path / "CRNH0203-2020-CO_Nunn_7_NNE.txt").write_text("\n".join(lines) + "\n")
    readings = load_readings(tmp_path)
    (row,) = readings.table.to_dict("records")
    assert (row["network"], row["station"]) == ("USCRN", "CO Nunn 7 NNE")
    assert (row["latitude"], row["longitude"]) == (40.81, -104.76)
    assert (row["depth_to_m"], row["soil_moisture"]) == (0.05, 0.154)
    assert row["time"] == pd.Timestamp("2020-01-01T01:00Z")
    account = readings.account
    assert (account.rows, account.kept) == (15, 1)
    assert account.dropped["time cannot be read"] == 1
    assert account.dropped["deeper than 0.05 m"] == 12


def test_uscrn_of_another_product(tmp_path):
    (tmp_path / "CRNH0203-2020-CO_Nunn_7_NNE.txt").write_text("94074 20200101 0300\n")
    with pytest.raises(InsituError, match="no USCRN hourly02 file"):
        load_readings(tmp_path)
