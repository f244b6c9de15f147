"""Simulated items against the extensions' own schemas."""

import json

import jsonschema
import pystac
import pytest

from smmap.simulate.world import simulate_world

KEPT = ("projection", "sar", "sat", "view", "eo")


@pytest.mark.realdata
def test_items_fit_the_extension_schemas(shared_data, tmp_path):
    simulate_world(tmp_path / "world", days=3, size=64)
    schemas = {}
    for name in KEPT:
        schema = json.loads((shared_data / "stac-schemas" / name / "schema.json").read_bytes())
        schemas[schema["$id"].rstrip("#")] = schema
    checked = set()
    catalog = pystac.Catalog.from_file(str(tmp_path / "world" / "catalog.json"))
    for item in catalog.get_items(recursive=True):
        for address in set(item.stac_extensions) & set(schemas):
            jsonschema.validate(item.to_dict(), schemas[address])
            checked.add(address)
    assert checked == set(schemas)
