"""Checks a cube against the slices that it was joined from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from smmap.archive.generation import is_published, list_shards
from smmap.store.output import OutputStore


@dataclass(frozen=True)
class WantedCube:
    """What a cube should hold."""

    path: str
    """The generation that holds them all."""
    times: bytes
    """Stored values of its time coordinate."""
    slices: Mapping[int, str]
    """Position along time -> path of the slice."""


def check_cube(store: OutputStore, cube: str, wanted: WantedCube) -> Iterator[str]:
    """What is wrong with the time axis and the shards of the cube at path ``cube``."""
    if not is_published(store, cube):
        return  # said where the collection's assets are looked at
    if cube != wanted.path:
        yield f"{cube}: was joined from other items than there are; any run repairs it"
        return
    if store.read(f"{cube}/time/c/0") != wanted.times:
        yield f"{cube}: its times are not those of its items; remove it, any run builds it again"
        return
    expected, _ = list_shards(store, wanted.slices)
    there = {path.removeprefix(f"{cube}/") for path in store.list_files(cube)}
    shared = [name for name in expected if name in there]
    for name in expected.keys() - there:
        yield f"{cube}/{name}: the shard of {expected[name]} is missing"
    ours = store.read_marks([f"{cube}/{name}" for name in shared])
    theirs = store.read_marks([expected[name] for name in shared])
    for name, mark, source in zip(shared, ours, theirs, strict=True):
        if mark != source:
            yield f"{cube}/{name}: differs from {expected[name]}"
    extra = (name for name in there - expected.keys() if "/c/" in name and name.count("/") == 4)
    for name in sorted(extra):
        yield f"{cube}/{name}: belongs to no item"
