"""The base of everything a user writes in YAML, and how its mistakes are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from smmap.spec.errors import ConfigError


class Options(BaseModel):
    """Frozen options: unknown keys are refused, every field is described."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )

    @classmethod
    def parse(cls, data: Mapping[str, Any], where: str) -> Self:
        """Validate a mapping read from ``where`` (a file's name, for the message).

        Raises
        ------
        ConfigError
            One message with file, key, what is wrong and the allowed values.
        """
        if not isinstance(data, Mapping):
            raise ConfigError(f"{where}: expected keys and values, found {type(data).__name__}")
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            message = f"{where}: " + "; ".join(_explain(cls, row) for row in error.errors())
        raise ConfigError(message)


def _explain(model: type[Options], row: Any) -> str:
    key = ".".join(str(part) for part in row["loc"]) or "(top level)"
    if row["type"] == "extra_forbidden":
        keys = ", ".join(_keys_at(model, row["loc"][:-1])) or "none"
        return f"unknown key '{key}' (allowed here: {keys})"
    if row["type"] == "missing":
        return f"key '{key}' is missing"
    text = str(row["msg"]).removeprefix("Value error, ")
    return f"key '{key}': {text}, got {row['input']!r}"


def _keys_at(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    """Field names of the model that sits at ``path``, as far as it can be followed."""
    current: Any = model
    for part in path:
        if isinstance(part, int) or not hasattr(current, "model_fields"):
            continue
        field = current.model_fields.get(part)
        if field is None:
            continue
        found = _models_in(field.annotation)
        if len(found) != 1:
            return sorted({name for one in found for name in one.model_fields})
        current = found[0]
    return list(current.model_fields) if hasattr(current, "model_fields") else []


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    parts = getattr(annotation, "__args__", ())
    return [one for part in parts for one in _models_in(part)]
