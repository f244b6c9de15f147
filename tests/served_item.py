"""An item and its files as a provider serves them."""

from __future__ import annotations

import json
import shutil


def write_item(out, item, files, **properties):
    """An item below ``out`` without anything that its provider does not say."""
    folder = out / item["collection"] / item["id"]
    folder.mkdir(parents=True)
    assets = {}
    for key, path in files.items():
        place = folder / f"{key}.tif"
        if path != place:
            shutil.copy(path, place)
        assets[key] = {"href": f"./{place.name}", "type": "image/tiff", "roles": ["data"]}
    known = {**item["properties"], **properties}
    known = {key: value for key, value in known.items() if not key.startswith("proj:")}
    document = {**item, "assets": assets, "properties": known, "links": []}
    (folder / f"{item['id']}.json").write_text(json.dumps(document))
