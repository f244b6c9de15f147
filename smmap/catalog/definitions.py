"""Catalogue definitions: the packaged YAML files of ``catalogs/``, or one's own."""

from __future__ import annotations

from pathlib import Path

from smmap.data import get_folder
from smmap.spec.definition import Definition
from smmap.spec.errors import ConfigError
from smmap.store.documents import load_yaml


def list_definitions() -> list[str]:
    """Names of the packaged definitions, sorted."""
    return sorted(path.stem for path in get_folder("catalogs").glob("*.yaml"))


def load_definition(name_or_path: str | Path) -> Definition:
    """Read one definition.

    Parameters
    ----------
    name_or_path
        A packaged name such as ``local-sentinel-1``, or the path of a YAML file.

    Raises
    ------
    ConfigError
        If there is none of that name, the file cannot be read or does not validate, or its
        ``id`` is not its file's name.
    """
    path = _find(str(name_or_path))
    definition = Definition.parse(load_yaml(path), str(path))
    if definition.id != path.stem:
        raise ConfigError(
            f"{path}: key 'id' is '{definition.id}' but the file is named '{path.stem}'; "
            "rename one of them"
        )
    return definition


def _find(name: str) -> Path:
    if Path(name).suffix in (".yaml", ".yml"):
        path = Path(name).expanduser()
        if path.is_file():
            return path
        raise ConfigError(f"no catalogue definition at {path.absolute()}; correct the path")
    if name in list_definitions():
        return get_folder("catalogs") / f"{name}.yaml"
    raise ConfigError(
        f"no catalogue definition is called '{name}'; there are {', '.join(list_definitions())}, "
        "or give the path of a .yaml file"
    )
