"""Runs benchmarks by their names."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from smmap.bench.comparison import Comparison, Comparisons
from smmap.bench.settings import Settings
from smmap.spec.errors import ConfigError
from smmap.store.atomic import write_atomic
from smmap.trees.processors import count_processors

logger = logging.getLogger(__name__)

ALL = "all"
"""Every benchmark, one after the other."""


def run_benchmarks(names: Iterable[str], settings: Settings) -> Iterator[Comparison]:
    """Rows of these benchmarks, each as soon as it is measured.

    Raises
    ------
    ConfigError
        If a library or a model is missing: before anything of that benchmark is measured.
    """
    for name in names:
        logger.info("benchmark %s", name)
        for row in BENCHMARKS[name](settings):
            logger.info("%s", row)
            yield row


def choose_benchmarks(what: str) -> Sequence[str]:
    """Names of what is asked for.

    Raises
    ------
    ConfigError
        If there is no such benchmark; lists those that there are.
    """
    if what == ALL:
        return list(BENCHMARKS)
    if what not in BENCHMARKS:
        raise ConfigError(
            f"no benchmark '{what}'; there are: models, {', '.join(BENCHMARKS)}, {ALL}"
        )
    return [what]


def parse_threads(text: str | None) -> tuple[int, ...]:
    """Numbers of threads from ``1,2``; None: these, as far as this process has processors.

    Raises
    ------
    ConfigError
        If that is no list of numbers from 1, or they are more than this process has processors.
    """
    most = count_processors()
    if text is None:
        return tuple(range(1, min(most, 2) + 1))
    try:
        threads = tuple(int(part) for part in text.split(","))
    except ValueError:
        threads = ()
    if not threads or min(threads) < 1:
        raise ConfigError(f"--threads '{text}': write numbers from 1, for example 1,2")
    if max(threads) > most:
        fitting = sorted({min(count, most) for count in threads})
        raise ConfigError(
            f"--threads {text}: this process may use {most} of the machine's processors; "
            f"write --threads {','.join(map(str, fitting))}"
        )
    return threads


def write_comparisons(path: Path, comparisons: Sequence[Comparison]) -> None:
    """A JSON list of rows; a StoreError where it cannot be written."""
    text = json.dumps([one.to_plain() for one in comparisons], indent=1, allow_nan=False)
    write_atomic(path, f"{text}\n".encode())


def _trees(settings: Settings) -> Comparisons:
    from smmap.bench.trees import compare_trees

    return compare_trees(settings)


def _networks(settings: Settings) -> Comparisons:
    from smmap.bench.networks import compare_networks

    return compare_networks(settings)


def _read(settings: Settings) -> Comparisons:
    from smmap.bench.read import compare_reading

    return compare_reading(settings)


def _write(settings: Settings) -> Comparisons:
    from smmap.bench.write import compare_writing

    return compare_writing(settings)


def _tile(settings: Settings) -> Comparisons:
    from smmap.bench.tile import compare_tile

    return compare_tile(settings)


def _scale(settings: Settings) -> Comparisons:
    from smmap.bench.scale import compare_scale

    return compare_scale(settings)


BENCHMARKS: dict[str, Callable[[Settings], Comparisons]] = {
    "trees": _trees,
    "networks": _networks,
    "read": _read,
    "write": _write,
    "tile": _tile,
    "scale": _scale,
}
"""Imported when it is run: each needs other libraries."""
