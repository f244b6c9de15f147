"""``smmap bench``: our figures beside their yardsticks."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smmap.spec.errors import ConfigError

if TYPE_CHECKING:
    from smmap.bench.comparison import Comparison

_MODELS = Path("bench-models")
_MISSED = 8


def bench(
    what: Annotated[
        str,
        typer.Argument(help="models (makes them), trees, networks, read, write, tile, scale, all."),
    ],
    *,
    models: Annotated[Path, typer.Option(help="Folder that `bench models` made.")] = _MODELS,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="models: folder to make them in.")
    ] = _MODELS,
    small: Annotated[
        bool, typer.Option("--small", help="models: few trees, made in seconds; to try things.")
    ] = False,
    threads: Annotated[
        str | None,
        typer.Option(metavar="1,2", help="Each is measured; else 1, and 2 where they are."),
    ] = None,
    size: Annotated[
        int | None, typer.Option(min=64, max=10240, help="Pixels a side; even.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Little work; figures say little.")
    ] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the rows there as JSON.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 8 if a goal is missed.")
    ] = False,
) -> None:
    """Measure side by side with other libraries, each goal with its ratio (extra `bench`)."""
    from smmap.bench.run import (
        choose_benchmarks,
        parse_threads,
        run_benchmarks,
        write_comparisons,
    )
    from smmap.bench.settings import Settings
    from smmap.cli.bench_table import print_machine, print_models, print_table
    from smmap.store.target import check_file, check_folder

    logging.getLogger("smmap.bench").setLevel(logging.INFO)
    if what == "models":
        check_folder(out)
        print_models(out, small=small)
        return
    names = choose_benchmarks(what)
    if size is not None and size % 2:
        raise ConfigError(f"--size {size}: must be even")
    counts = parse_threads(threads)
    if json_file is not None:
        check_file(json_file)
    print_machine()
    rows: list[Comparison] = []
    with tempfile.TemporaryDirectory(prefix="smmap-bench-") as scratch:
        settings = Settings(models, Path(scratch), counts, size=size, quick=quick)
        for name in names:
            measured: list[Comparison] = []
            for row in run_benchmarks([name], settings):
                measured.append(row)
                if json_file is not None:  # at once: what is interrupted has lost nothing
                    write_comparisons(json_file, [*rows, *measured])
            rows += measured
            print_table(name, measured)
    if strict and any(row.met is False for row in rows):
        raise typer.Exit(_MISSED)
