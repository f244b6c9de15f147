"""Which definition an item is shown by, and JSON that is no item."""

from __future__ import annotations

import json

import pytest
from catalog_items import DOCUMENT

from smmap.pipeline.inspection import inspect_item
from smmap.spec.errors import ConfigError


@pytest.fixture
def write(tmp_path):
    def write(document):
        path = tmp_path / "item.json"
        path.write_text(json.dumps(document))
        return str(path)

    return write


@pytest.mark.parametrize(
    "document",
    [
        {"type": "FeatureCollection", "features": []},
        {"type": "Collection", "id": "c", "stac_version": "1.0.0", "links": [], "license": "x"},
        {"type": "Catalog", "id": "c", "stac_version": "1.0.0", "links": [], "description": "d"},
        {},
        [],
        [1, 2],
        "text",
        None,
        {**DOCUMENT, "assets": []},
        {**DOCUMENT, "properties": None},
        {**DOCUMENT, "stac_version": 7},
    ],
)
def test_what_is_no_item_is_one_error(write, document):
    with pytest.raises(ConfigError):
        inspect_item(write(document))


def test_an_item_without_a_collection_goes_to_the_definition_that_knows_most_of_it(write):
    """Products in ESA's own layout, of which OPERA's definition knows ``vv`` too."""
    assets = {key: {"href": f"./{key}"} for key in ("vv", "vh", "schema-product-vv")}
    document = {key: value for key, value in DOCUMENT.items() if key != "collection"}
    assert inspect_item(write({**document, "assets": assets}))["definition"] == "local-sentinel-1"


@pytest.mark.parametrize("platform, found", [("landsat-8", True), ("landsat-7", False)])
def test_an_item_that_a_search_would_pass_over_is_not_shown_as_found(write, platform, found):
    document = {
        **DOCUMENT,
        "collection": "landsat-c2-l2",
        "properties": {"datetime": "2021-03-29T17:57:33Z", "platform": platform},
        "assets": {key: {"href": f"./{key}.tif"} for key in ("red", "nir08", "qa_pixel")},
    }
    if found:
        assert inspect_item(write(document))["definition"] == "local-landsat"
    else:
        with pytest.raises(ConfigError, match="local-landsat: it is not what it asks for"):
            inspect_item(write(document))
        assert inspect_item(write(document), "local-landsat")["bands"]
