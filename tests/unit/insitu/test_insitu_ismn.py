"""ISMN archives in both layouts, zipped or not, with what goes wrong in them."""

import numpy as np
import pandas as pd
import pytest
from station_files import HEADER, STATIC, name_stm, write_ismn, zip_folder

from smmap.insitu.load import load_readings
from smmap.insitu.rules import ReadingRules
from smmap.spec.errors import InsituError

GOOD = ["2020/05/01 00:00   0.2140 G M", "2020/05/01 01:00   0.2150 G M"]
BAD = [
    "2020/05/01 02:00   0.2160 D03,D05 M",
    "2020/05/01 03:00  -9999.0 M M",
    "2020/05/01 04:00  -0.0100 G M",
    "2020/05/01 05:00   0.6100 G M",
    "2020/05/01 06:00   abc G M",
    "2020/05/01 23:59:60 0.21 G M",
    "2093/05/01 00:00   0.2000 G M",
    "2020/05/01",
    "2020/05/01 07:00   0.2000",
]
DROPPED = {
    "flag D03,D05": 1,
    "no value, or a code for none": 2,
    "outside 0..0.6 m3/m3": 2,
    "time cannot be read": 2,
    "time in the future": 1,
    "flag no flag": 1,
}


def test_header_values(tmp_path):
    readings = load_readings(write_ismn(tmp_path, GOOD))
    table = readings.table
    assert list(table["time"]) == [
        pd.Timestamp("2020-05-01T00:00Z"),
        pd.Timestamp("2020-05-01T01:00Z"),
    ]
    assert list(table["soil_moisture"]) == [0.2140, 0.2150]
    row = table.iloc[0]
    assert (row["network"], row["station"], row["instrument"]) == ("NET", "Upper-Meadow", "Probe-A")
    assert (row["latitude"], row["longitude"], row["elevation_m"]) == (48.1, 16.5, 155.0)
    assert (row["depth_from_m"], row["depth_to_m"], row["flag"]) == (0.05, 0.05, "G")


def test_static_variables_of_the_probes_layer(tmp_path):
    row = load_readings(write_ismn(tmp_path, GOOD)).table.iloc[0]
    assert row["clay_percent"] == 21.0  # of the upper layer
    assert row["sand_percent"] == 55.5  # measured goes before the map
    assert np.isnan(row["silt_percent"])  # -99.9 is no share
    assert (row["land_cover"], row["climate"]) == ("130", "Cfb")


def test_static_variables_are_of_their_own_station(tmp_path):
    folder = write_ismn(tmp_path, GOOD) / "NET" / "Upper-Meadow"
    header = HEADER.replace("Upper-Meadow", "Upper")
    write_ismn(tmp_path, GOOD, header=header, name=name_stm("Upper"))
    (folder / "NET_NET_Upper_static_variables.csv").write_text(STATIC.replace("Cfb", "Dfb"))
    table = load_readings(tmp_path).table.astype({"station": str, "climate": str})
    climates = table.groupby("station")["climate"].unique().map(list).to_dict()
    assert climates == {"Upper": ["Dfb"], "Upper-Meadow": ["Cfb"]}


def test_every_reading_is_accounted_for(tmp_path):
    account = load_readings(write_ismn(tmp_path, GOOD + BAD)).account
    assert dict(account.dropped) == DROPPED
    assert (account.rows, account.kept) == (11, 2)


def test_ceop_gives_the_same_as_header_values(tmp_path):
    probe = "NET NET Upper-Meadow 48.10000 16.50000 155.00 0.05 0.05"
    lines = []
    for line in GOOD + BAD[:7]:
        moment, rest = line[:16], line[16:]
        lines.append(f"{moment} {moment} {probe} {rest}")
    lines = [line for line in lines if "23:59:60" not in line]
    ceop = load_readings(write_ismn(tmp_path / "ceop", lines, header="")).table
    plain = load_readings(write_ismn(tmp_path / "plain", GOOD)).table
    pd.testing.assert_frame_equal(ceop, plain)


def test_ceop_of_several_probes_is_left_out(tmp_path):
    lines = [
        "2020/05/01 00:00 2020/05/01 00:00 NET NET A 48.1 16.5 155.0 0.05 0.05 0.2 G M",
        "2020/05/01 00:00 2020/05/01 00:00 NET NET B 48.2 16.5 155.0 0.05 0.05 0.2 G M",
    ]
    with pytest.raises(InsituError, match="several probes"):
        load_readings(write_ismn(tmp_path, lines, header=""))


def test_zip_gives_the_same_as_folder(tmp_path):
    folder = write_ismn(tmp_path / "folder", GOOD + BAD)
    zipped = zip_folder(folder, tmp_path / "archive.zip")
    one, other = load_readings(folder), load_readings(zipped)
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.account == other.account


def test_station_names_with_blanks(tmp_path):
    header = HEADER.replace("Upper-Meadow", "Upper Meadow 3")
    assert set(load_readings(write_ismn(tmp_path, GOOD, header=header)).table["station"]) == {
        "Upper Meadow 3"
    }


def test_unwanted_files_are_counted_and_not_read(tmp_path):
    write_ismn(tmp_path, GOOD)
    deep = HEADER.replace("0.05 0.05", "0.50 0.50")
    write_ismn(tmp_path, ["not to be read"], header=deep, name=name_stm(depth="0.500000"))
    write_ismn(tmp_path, ["not to be read"], name=name_stm(variable="ts"))
    account = load_readings(tmp_path).account
    assert dict(account.set_aside) == {"deeper than 0.05 m": 1, "variable 'ts'": 1}
    assert account.kept == 2


def test_a_renamed_file_may_hold_anything(tmp_path):
    with pytest.raises(InsituError, match="give it its own name back"):
        load_readings(write_ismn(tmp_path, GOOD, name="my_station.stm"))


def test_two_inches_are_five_centimetres(tmp_path):
    header = HEADER.replace("0.05 0.05", "0.0508 0.0508")
    assert load_readings(write_ismn(tmp_path, GOOD, header=header)).account.kept == 2
    header = HEADER.replace("0.05 0.05", "0.0000 0.1000")
    account = load_readings(write_ismn(tmp_path, GOOD, header=header)).account
    assert (account.kept, dict(account.set_aside)) == (0, {"deeper than 0.05 m": 1})


def test_flags_let_through(tmp_path):
    rules = ReadingRules(flags=("G", "D03", "D05"))
    account = load_readings(write_ismn(tmp_path, GOOD + BAD[:1]), rules=rules).account
    assert account.kept == 3


def test_a_broken_file_costs_only_itself(tmp_path):
    write_ismn(tmp_path, GOOD)
    write_ismn(tmp_path, [], header="rubbish\n", name=name_stm(station="Other"))
    write_ismn(tmp_path, [], header="", name=name_stm(station="Empty"))
    write_ismn(tmp_path, [], name=name_stm(station="Bare"))
    account = load_readings(tmp_path).account
    assert account.kept == 2
    reasons = {name.split("_")[2]: reason for name, reason in account.left_out.items()}
    assert "neither ISMN layout" in reasons["Other"]
    assert "neither ISMN layout" in reasons["Empty"]
    assert "no line of readings" in reasons["Bare"]


@pytest.mark.parametrize("place", ["0.00000 0.00000", "95.00000 16.50000", "48.10000 216.50000"])
def test_no_place_on_earth(tmp_path, place):
    header = HEADER.replace("48.10000 16.50000", place)
    account = load_readings(write_ismn(tmp_path, GOOD, header=header)).account
    assert account.kept == 0
    assert next(iter(account.dropped)).startswith("no place on Earth")


def test_damaged_archives(tmp_path):
    folder = write_ismn(tmp_path / "folder", GOOD * 400)
    data = zip_folder(folder, tmp_path / "whole.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(data[: len(data) // 2])
    with pytest.raises(InsituError, match="cut short"):
        load_readings(tmp_path / "cut.zip")
    (tmp_path / "empty.zip").write_bytes(b"")
    with pytest.raises(InsituError, match=r"empty\.zip"):
        load_readings(tmp_path / "empty.zip")
    at = data.index(b"0.2140")
    (tmp_path / "spoilt.zip").write_bytes(data[:at] + b"9" + data[at + 1 :])
    with pytest.raises(InsituError, match="cannot be read"):
        load_readings(tmp_path / "spoilt.zip")


def test_nothing_there(tmp_path):
    with pytest.raises(InsituError, match="no such file"):
        load_readings(tmp_path / "nowhere")
    with pytest.raises(InsituError, match="holds no file"):
        load_readings(tmp_path)
    (tmp_path / "letter.txt").write_text("dear colleague")
    with pytest.raises(InsituError, match="--kind"):
        load_readings(tmp_path)
    with pytest.raises(InsituError, match="no kind 'csv'"):
        load_readings(tmp_path, kind="csv")
    with pytest.raises(InsituError, match="no file of kind 'ismn'"):
        load_readings(tmp_path, kind="ismn")
