"""What GDAL is told, whatever else the environment holds."""

import rasterio.env

from smmap.store.gdal import READ_SETTINGS, open_environment


def test_keys_of_a_bucket_are_not_told_to_gdal(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "of the output")
    with open_environment():
        told = rasterio.env.getenv()
    assert told.items() >= READ_SETTINGS.items()
    assert not [name for name in told if name.startswith("AWS_")]
