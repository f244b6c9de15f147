"""The test server itself is a STAC API that serves byte ranges."""

from __future__ import annotations

import json
from urllib.request import Request, urlopen

from catalog_contract import write_world
from stac_server import serve_stac


def test_server_serves_byte_ranges_and_pages(tmp_path):
    with serve_stac(write_world(tmp_path)) as address:
        file = Request(f"{address}/files/radar/first/first.tif", headers={"Range": "bytes=1-3"})
        with urlopen(file) as answer:
            assert (answer.status, answer.read()) == (206, b"irs")
        with urlopen(f"{address}/search?collections=radar") as answer:
            page = json.load(answer)
        assert len(page["features"]) == 5
        assert [link["rel"] for link in page["links"]] == ["next"]
