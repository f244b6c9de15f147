"""Items written from providers' documentation, where no real one is at hand: see tests/fixtures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "fixtures" / "stac"


def list_documented() -> list[str]:
    """Definitions that there are such items for."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load_documented(name: str) -> list[dict[str, Any]]:
    """The items for a definition; each file says what it was written from."""
    content = json.loads((FOLDER / f"{name}.json").read_text())
    if content["real"] or not content["written_from"]:
        raise ValueError(f"{name}: say what the items were written from")
    return content["items"]


def write_catalog(folder: Path, items: list[dict[str, Any]]) -> str:
    """A static catalogue of the items; answers with its folder."""
    links = []
    for item in items:
        (folder / f"{item['id']}.json").write_text(json.dumps(item))
        links.append({"rel": "item", "href": f"./{item['id']}.json"})
    root = {"type": "Catalog", "stac_version": "1.0.0", "id": "c", "description": "c"}
    (folder / "catalog.json").write_text(json.dumps(root | {"links": links}))
    return str(folder)
