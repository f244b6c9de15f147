"""What files of a coarse source say: amounts, units, packing, and what they lack."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from coarse_days import MOMENT, NEAREST, make_hours, read_join

from smmap.spec.errors import ConfigError, SceneError
from smmap.spec.tile import Block
from smmap.stack.fields import FieldBlock


def test_accumulated_amounts_become_rates_across_days(tmp_path, tile, make_days):
    hourly = np.random.default_rng(1).random(72) * 0.002
    sums = [hourly[(h - 1) // 24 * 24 : h].sum() if h else 0.0 for h in range(72)]
    data = make_hours()
    data["swvl1"][:] = np.array(sums, "f4")[:, None, None]
    data.to_netcdf(tmp_path / "a.nc")
    scenes = make_days(tmp_path / "a.nc", bands={"accumulated": "from 00 UTC"})
    block = Block(tile, 0, 0, 2, 3)
    rule = read_join(rule="mean", days_before=1)
    moment = datetime(2023, 5, 4, 6, tzinfo=UTC)
    field = FieldBlock(block).load(scenes, "soil_moisture", rule, moment)
    np.testing.assert_allclose(field, hourly[30:54].sum(), rtol=1e-5)
    daily = FieldBlock(block).load(scenes, "soil_moisture", read_join(rule="day-mean"), MOMENT)
    np.testing.assert_allclose(daily, hourly[24:48].sum(), rtol=1e-5)
    data["swvl1"][:] = np.array(hourly, "f4")[:, None, None]
    data.to_netcdf(tmp_path / "b.nc")
    wrong = make_days(tmp_path / "b.nc", bands={"accumulated": "from 00 UTC"})
    with pytest.raises(ConfigError, match=r"b\.nc: 'soil_moisture': .* not accumulated"):
        FieldBlock(block).load(wrong, "soil_moisture", rule, moment)


def test_amounts_of_one_wet_day_among_dry_ones_stop_everything(tmp_path, tile, make_days):
    """Left out alone, the wet day would leave a dry week."""
    data = make_hours()
    amounts = np.zeros(72, "f4")
    amounts[30:33] = 0.004, 0.006, 0.001
    data["swvl1"][:] = amounts[:, None, None]
    data.to_netcdf(tmp_path / "a.nc")
    scenes = make_days(tmp_path / "a.nc", bands={"accumulated": "from 00 UTC"})
    week = read_join(rule="mean", days_before=7, least_share=0.1)
    with pytest.raises(ConfigError, match="an amount falls at 2023-05-03T08"):
        FieldBlock(Block(tile, 0, 0, 2, 3)).load(
            scenes, "soil_moisture", week, datetime(2023, 5, 4, 6, tzinfo=UTC)
        )


@pytest.mark.parametrize(
    "stated, bands", [("%", None), ("kg m**-2", {"accumulated": "from 00 UTC"})]
)
def test_a_files_own_units_count(stated, bands, tmp_path, tile, make_days):
    data = make_hours()
    data["swvl1"].attrs["units"] = stated
    data.to_netcdf(tmp_path / "a.nc")
    scenes = make_days(tmp_path / "a.nc", bands=bands)
    with pytest.raises(SceneError, match=r"is in '.*', but is read as 'm3 m-3'") as caught:
        FieldBlock(Block(tile, 0, 0, 2, 3)).load(scenes, "soil_moisture", NEAREST, MOMENT)
    assert caught.value.scene == "day-20230502"


def test_packed_values_are_unpacked_once(tmp_path, tile, make_days):
    data = make_hours()
    packing = {"dtype": "int16", "scale_factor": 1e-4, "add_offset": 0.5, "_FillValue": -32767}
    data.to_netcdf(tmp_path / "a.nc", encoding={"swvl1": packing})
    data.to_netcdf(tmp_path / "plain.nc")
    one, two = (
        FieldBlock(Block.whole(tile)).load(
            make_days(tmp_path / name), "soil_moisture", NEAREST, MOMENT
        )
        for name in ("a.nc", "plain.nc")
    )
    np.testing.assert_allclose(one, two, atol=6e-5)


def test_missing_hours_are_nan_and_missing_days_cost_their_scene(tmp_path, tile, make_days):
    data = make_hours()
    data.isel(valid_time=[*range(38), *range(44, 72)]).to_netcdf(tmp_path / "a.nc")
    block = Block(tile, 0, 0, 2, 2)
    hour = read_join(rule="nearest", days_before=0.05)
    scenes = make_days(tmp_path / "a.nc", days=4)
    field = FieldBlock(block).load(scenes[:3], "soil_moisture", hour, MOMENT)
    assert np.isnan(field).all()
    with pytest.raises(SceneError, match="holds nothing of 2023-05-05") as caught:
        FieldBlock(block).load(scenes, "soil_moisture", hour, MOMENT)
    assert caught.value.scene == "day-20230505"
    assert np.isnan(FieldBlock(block).load([], "soil_moisture", hour, MOMENT)).all()


def test_another_grid_is_refused_by_the_name_of_the_scene(tmp_path, tile, make_days):
    make_hours().to_netcdf(tmp_path / "a.nc")
    shifted = make_hours()
    shifted.assign_coords(latitude=shifted.latitude + 0.03).to_netcdf(tmp_path / "b.nc")
    scenes = [*make_days(tmp_path / "a.nc")[:1], *make_days(tmp_path / "b.nc")[1:2]]
    with pytest.raises(SceneError, match=r"b\.nc: its pixels .* are not those") as caught:
        FieldBlock(Block.whole(tile)).load(scenes, "soil_moisture", NEAREST, MOMENT)
    assert caught.value.scene == "day-20230503"


def test_what_changes_with_time_needs_a_rule(tmp_path, tile, make_days):
    make_hours().to_netcdf(tmp_path / "a.nc")
    with pytest.raises(ConfigError, match="name a 'join'"):
        FieldBlock(Block.whole(tile)).load(
            make_days(tmp_path / "a.nc"), "soil_moisture", None, MOMENT
        )


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"latitude": lambda one: one + 60}, "axes are swapped"),
        ({"longitude": lambda one: one**2}, "not evenly spaced"),
        ({"valid_time": lambda one: one[::-1]}, "times that do not increase"),
    ],
)
def test_damaged_axes_are_refused(tmp_path, tile, make_days, changes, words):
    data = make_hours()
    data = data.assign_coords({k: (k, f(data[k].to_numpy())) for k, f in changes.items()})
    data.to_netcdf(tmp_path / "a.nc")
    with pytest.raises(SceneError, match=words):
        FieldBlock(Block.whole(tile)).load(
            make_days(tmp_path / "a.nc"), "soil_moisture", NEAREST, MOMENT
        )
