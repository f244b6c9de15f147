"""Kinds of archives without STAC under one contract."""

from __future__ import annotations

from archive_contract import ArchiveContract


class TestZarr2(ArchiveContract):
    kind = "zarr"

    def write(self, folder, data):
        data.to_zarr(folder, zarr_format=2, consolidated=True)
        return str(folder)


class TestZarr3(ArchiveContract):
    kind = "zarr"

    def write(self, folder, data):
        if "expver" in data.coords:  # text of fixed length has no specification in this format
            data = data.assign_coords(expver=data.expver.astype("int32"))
        data.to_zarr(folder, zarr_format=3, consolidated=False)
        return str(folder)


class TestFiles(ArchiveContract):
    """One file with all variables."""

    kind = "files"

    def write(self, folder, data):
        folder.mkdir()
        data.to_netcdf(folder / "download.nc")
        return str(folder)


class TestFilesByVariableAndDay(ArchiveContract):
    """As many people download them; the older format."""

    kind = "files"

    def write(self, folder, data):
        for name in ("swvl1", "sde"):
            (folder / name).mkdir(parents=True)
            other = "sde" if name == "swvl1" else "swvl1"
            classic = "expver" not in data.coords
            for number, (_, day) in enumerate(data.drop_vars(other).groupby("valid_time.date")):
                options = {"engine": "scipy", "format": "NETCDF3_64BIT"} if classic else {}
                renamed = day.rename(valid_time="time") if classic else day
                renamed.to_netcdf(folder / name / f"{number}.nc", **options)
        return str(folder)
