"""A plain radar item."""

from __future__ import annotations

DOCUMENT = {
    "type": "Feature",
    "stac_version": "1.1.0",
    "id": "S1A_x",
    "collection": "sentinel-1-grd",
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[4, 50], [7, 50], [7, 52], [4, 52], [4, 50]]],
    },
    "bbox": [4, 50, 7, 52],
    "properties": {
        "datetime": "2023-04-01T05:58:00Z",
        "updated": "2023-04-02T00:00:00Z",
        "platform": "sentinel-1a",
        "sar:polarizations": ["VV", "VH"],
        "sat:orbit_state": "descending",
        "sat:relative_orbit": 110,
    },
    "links": [{"rel": "self", "href": "/scenes/a/a.json"}],
    "assets": {"vv": {"href": "./vv.tif", "roles": ["data"]}},
}
