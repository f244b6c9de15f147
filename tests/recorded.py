"""What an output holds, told so that two outputs and two moments can be compared."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from smmap.store.checksum import compute_sha256
from smmap.store.output import OutputStore

_PRODUCT, _CUBES = "soil-moisture", "cubes"


def digest_pixels(store: OutputStore) -> dict[str, str]:
    """Checksums of all arrays and images by path."""
    paths = [
        path
        for folder in (_PRODUCT, _CUBES)
        for path in store.list_files(folder)
        if not path.endswith(".json") or path.endswith("/zarr.json")
    ]
    return {
        path: hashlib.sha256(data).hexdigest()
        for path, data in zip(paths, store.read_many(paths), strict=True)
        if data is not None
    }


def read_items(store: OutputStore) -> dict[str, dict[str, Any]]:
    """Items of all units by path."""
    paths = [path for path in store.list_files(_PRODUCT) if path.count("/") == 5]
    paths = [path for path in paths if path.endswith(".json")]
    return {
        path: json.loads(data)
        for path, data in zip(paths, store.read_many(paths), strict=True)
        if data is not None
    }


def leave_out_moments(item: dict[str, Any]) -> dict[str, Any]:
    """An item without when it was made, and without where its scenes lay."""
    properties = {key: value for key, value in item["properties"].items() if key != "created"}
    links = [(one["rel"], one.get("title")) for one in item["links"]]
    return item | {"properties": properties, "links": links}


def list_staged(place: Path) -> list[Path]:
    """Units at work in a folder of stagings, whoever they belong to."""
    return list(place.glob("*/SMMAP*"))


def list_stagings(place: Path) -> list[Path]:
    """Staging folders, each of one run or worker."""
    return [one for one in place.glob("*") if one.is_dir()]


def check_whole(out: Path) -> None:
    """Everything that an item names lies there and matches its checksum."""
    for path in out.glob("soil-moisture/*/*/*/*/*.json"):
        for asset in json.loads(path.read_text())["assets"].values():
            target = path.parent / asset["href"]
            assert target.exists()
            if "file:checksum" in asset:
                assert asset["file:checksum"] == f"1220{compute_sha256(target)}"
