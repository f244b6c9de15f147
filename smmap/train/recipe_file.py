"""Where recipes of trainings are: files of the user's, and those beside the packaged models."""

from __future__ import annotations

from pathlib import Path

from smmap.data import get_folder

RECIPE = "recipe.yaml"


def find_recipe(name_or_path: str) -> Path | None:
    """A recipe's file by its path, its folder, or a packaged name; None: there is none."""
    given = Path(name_or_path)
    places = (given, given / RECIPE, get_folder("models") / name_or_path / RECIPE)
    return next((path for path in places if path.is_file()), None)


def list_all_recipes() -> list[str]:
    """Names of all packaged recipes."""
    return sorted(path.parent.name for path in get_folder("models").glob(f"*/{RECIPE}"))
