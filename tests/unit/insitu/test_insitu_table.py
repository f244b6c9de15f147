"""Tables of one's own, through a column mapping."""

import pandas as pd
import pytest
import yaml

from smmap.insitu.load import load_readings
from smmap.insitu.parquet import load_readings_file, write_readings
from smmap.spec.errors import ConfigError, InsituError

MAPPING = {
    "station": "plot",
    "latitude": "lat",
    "longitude": "lon",
    "time": "when",
    "soil_moisture": "theta",
    "unit": "percent",
    "depth_from_m": 0,
    "depth_to_m": "bottom",
    "network_name": "ours",
    "keep": ["field"],
}
HEAD = "plot,field,lat,lon,when,theta,bottom\n"


@pytest.fixture
def load(tmp_path):
    def run(text, **changes):
        (tmp_path / "t.csv").write_text(text, encoding="latin-1")
        kept = {key: value for key, value in (MAPPING | changes).items() if value is not None}
        (tmp_path / "map.yaml").write_text(yaml.safe_dump(kept))
        return load_readings(tmp_path / "t.csv", mapping=tmp_path / "map.yaml")

    return run


def test_columns_and_constants(load):
    table = load(HEAD + "a,F1,52.0,21.0,2024-03-05 06:00,20.5,0.05\n").table
    (row,) = table.to_dict("records")
    assert (row["station"], row["network"], row["field"]) == ("a", "ours", "F1")
    assert (row["soil_moisture"], row["depth_from_m"], row["depth_to_m"]) == (0.205, 0.0, 0.05)


@pytest.mark.parametrize(
    "zone, text, utc",
    [
        ("UTC", "2024-03-05", "2024-03-05T00:00Z"),
        ("Europe/Warsaw", "2024-03-05 06:00", "2024-03-05T05:00Z"),
        ("Europe/Warsaw", "2024-07-05 06:00", "2024-07-05T04:00Z"),
        ("Etc/GMT+8", "2024-03-05 16:00", "2024-03-06T00:00Z"),
        # A time that names its own offset is right whatever the mapping says.
        ("Europe/Warsaw", "2024-03-05T06:00:00Z", "2024-03-05T06:00Z"),
        ("Europe/Warsaw", "2024-03-05 06:00:00+05:30", "2024-03-05T00:30Z"),
    ],
)
def test_time_zones(load, zone, text, utc):
    table = load(HEAD + f"a,F1,52.0,21.0,{text},20.5,0.05\n", timezone=zone).table
    assert list(table["time"]) == [pd.Timestamp(utc)]


def test_hours_that_do_not_exist_or_come_twice(load):
    rows = ["2024-03-31 02:30", "2024-10-27 02:30", "2024-10-27 03:30"]
    text = HEAD + "".join(f"a,F1,52.0,21.0,{when},20.5,0.05\n" for when in rows)
    readings = load(text, timezone="Europe/Warsaw")
    assert dict(readings.account.dropped) == {"time cannot be read": 2}
    assert list(readings.table["time"]) == [pd.Timestamp("2024-10-27T02:30Z")]


def test_day_month_year(load):
    table = load(HEAD + "a,F1,52.0,21.0,05.03.2024,20.5,0.05\n", time_format="%d.%m.%Y").table
    assert list(table["time"]) == [pd.Timestamp("2024-03-05T00:00Z")]


def test_rows_that_cannot_be_used(load):
    rows = [
        "a,F1,52.0,21.0,2024-03-05,20.5,0.05",
        "a,F1,52.0,21.0,yesterday,20.5,0.05",
        "a,F1,52.0,21.0,2024-03-06,,0.05",
        "a,F1,,21.0,2024-03-07,20.5,0.05",
        "a,F1,52.0,21.0,2024-03-08,20.5,-0.05",
        "a,F1,52.0,21.0,2024-03-08,20.5,",
        ",F1,52.0,21.0,2024-03-08,20.5,0.05",
        "a,F1,52.0,21.0,2024-03-08,20.5,0.3",
    ]
    account = load(HEAD + "\n".join(rows) + "\n").account
    assert (account.rows, account.kept) == (8, 1)
    assert dict(account.dropped) == {
        "time cannot be read": 1,
        "no value, or a code for none": 1,
        "no place on Earth: latitude -90..90, longitude -180..180, not 0, 0": 1,
        "no depth: metres downwards, the upper end first": 2,
        "no name of a station": 1,
        "deeper than 0.05 m": 1,
    }


def test_twice_the_same_and_twice_something_else(load):
    rows = [
        "a,F1,52.0,21.0,2024-03-05,20.5,0.05",
        "a,F1,52.0,21.0,2024-03-05,20.5,0.05",
        "a,F1,52.0,21.0,2024-03-06,20.5,0.05",
        "a,F1,52.0,21.0,2024-03-06,21.5,0.05",
        "b,F1,52.0,21.0,2024-03-05,20.5,0.05",
    ]
    readings = load(HEAD + "\n".join(rows) + "\n")
    assert dict(readings.account.dropped) == {
        "repeats another reading of its probe": 1,
        "contradicts another reading of its probe at that time": 2,
    }
    assert readings.account.kept == len(readings.table) == 2
    assert any("one place under several names" in note for note in readings.account.notes)


def test_moved_and_drowned_stations_are_told(load):
    rows = ["a,130,52.0,21.0,2024-03-05,20.5,0.05", "a,210,52.1,21.0,2024-03-06,20.5,0.05"]
    notes = load(HEAD + "\n".join(rows) + "\n", land_cover="field", keep=[]).account.notes
    assert "station a of ours has 2 places: was it moved?" in notes
    assert "station a of ours stands on water by its land cover" in notes


def test_a_fraction_called_percent_is_told(load):
    notes = load(HEAD + "a,F1,52.0,21.0,2024-03-05,0.205,0.05\n").account.notes
    assert any("is 'percent' right?" in note for note in notes)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"soil_moisture": "sm"}, "no column sm; there are: plot, field"),
        ({"keep": ["farm"]}, "no column farm"),
        ({"unit": "kg/kg"}, "unknown unit 'kg/kg'"),
        ({"timezone": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
        ({"time_format": "%Q"}, "time format '%Q'"),
    ],
)
def test_mappings_that_do_not_fit(load, changes, message):
    with pytest.raises(InsituError, match=message):
        load(HEAD + "a,F1,52.0,21.0,2024-03-05,20.5,0.05\n", **changes)


def test_a_kept_column_cannot_hide_one_of_ours(load):
    text = HEAD.replace("field", "source") + "a,F1,52.0,21.0,2024-03-05,20.5,0.05\n"
    with pytest.raises(InsituError, match="that name is taken"):
        load(text, keep=["source"])


def test_mapping_with_a_slip(load):
    with pytest.raises(ConfigError, match="soil_moistur"):
        load(HEAD, soil_moistur="theta")


def test_empty_tables(load):
    with pytest.raises(InsituError, match="cannot be read as a table"):
        load("")
    assert load(HEAD).account.rows == 0


def test_a_table_needs_a_mapping(tmp_path):
    (tmp_path / "t.csv").write_text(HEAD)
    with pytest.raises(InsituError, match="--mapping"):
        load_readings(tmp_path)


def test_parquet_comes_back_and_is_never_overwritten(load, tmp_path):
    table = load(HEAD + "a,F1,52.0,21.0,2024-03-05,20.5,0.05\n").table
    path = tmp_path / "out.parquet"
    write_readings(path, table)
    pd.testing.assert_frame_equal(load_readings_file(path), table)
    before = path.read_bytes()
    with pytest.raises(InsituError, match="exists"):
        write_readings(path, table)
    assert path.read_bytes() == before


def test_parquet_tables_are_read_like_csv(load, tmp_path):
    text = HEAD + "a,F1,52.0,21.0,2024-03-05 06:00,20.5,0.05\n"
    table = load(text, timezone="Europe/Warsaw").table
    raw = pd.read_csv(tmp_path / "t.csv", parse_dates=["when"])
    raw.to_parquet(tmp_path / "t.parquet")
    again = load_readings(tmp_path / "t.parquet", mapping=tmp_path / "map.yaml").table
    pd.testing.assert_frame_equal(again.drop(columns="source"), table.drop(columns="source"))
    (tmp_path / "u.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(InsituError, match="cannot be read as a table"):
        load_readings(tmp_path / "u.parquet", mapping=tmp_path / "map.yaml")


def test_files_that_are_no_readings(tmp_path):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(InsituError, match="no column"):
        load_readings_file(tmp_path / "other.parquet")
    with pytest.raises(InsituError, match="no file of readings"):
        load_readings_file(tmp_path / "missing.parquet")
