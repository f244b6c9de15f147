"""The Copernicus Data Space's own keys, on a real S3 server."""

from __future__ import annotations

import os
from urllib.request import urlopen

import obstore
import pytest
from s3_server import serve_s3

from smmap.spec.errors import CatalogError
from smmap.store.connect import connect
from smmap.store.signing import sign_href

KEYS = {"CDSE_S3_ACCESS_KEY": "mine", "CDSE_S3_SECRET_KEY": "secret"}


def test_files_are_read_with_keys_and_endpoint_of_their_own(monkeypatch):
    with serve_s3() as bucket:
        obstore.put(connect(bucket), "Sentinel-2/a b.jp2", b"pixels")
        monkeypatch.setenv("CDSE_S3_ENDPOINT", os.environ["AWS_ENDPOINT_URL"])
        # What the output's settings say has nothing to do with it.
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")
        for key, value in KEYS.items():
            monkeypatch.setenv(key, value)
        address = sign_href(f"{bucket}/Sentinel-2/a b.jp2", "copernicus-data-space")
        assert "Credential=mine%2F" in address
        assert "secret" not in address
        with urlopen(address) as answer:
            assert answer.read() == b"pixels"
        assert sign_href(f"{bucket}/Sentinel-2/a b.jp2", "copernicus-data-space") == address


@pytest.mark.parametrize("missing", KEYS)
def test_missing_keys_are_named(monkeypatch, missing):
    for key, value in KEYS.items():
        monkeypatch.setenv(key, value)
    monkeypatch.delenv(missing)
    with pytest.raises(CatalogError, match="CDSE_S3_ACCESS_KEY and CDSE_S3_SECRET_KEY"):
        sign_href("s3://eodata/Sentinel-2/a.jp2", "copernicus-data-space")


def test_web_addresses_stay_as_they_are():
    assert sign_href("https://a.b/c.tif", "copernicus-data-space") == "https://a.b/c.tif"
