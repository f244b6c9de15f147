"""``smmap validate``: what predictions are worth, as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from smmap.spec.errors import InsituError


def validate(
    table: Annotated[
        Path,
        typer.Argument(
            help="CSV or Parquet with predicted, soil_moisture (m3/m3), network, station."
        ),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="PAGE.html", help="Page to write.")],
    model: Annotated[
        str | None,
        typer.Option(
            help="That predicted: its card says what its tables call their columns, and which "
            "sites it was trained on."
        ),
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option(help="Further column to score class by class; repeatable.")
    ] = None,
    collocate: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="COLUMN COLUMN",
            help="Two independent estimates (m3/m3) for triple collocation (extra `validate`).",
        ),
    ] = None,
    title: Annotated[str, typer.Option(help="Of the page.")] = "Predicted and measured",
    draws: Annotated[int, typer.Option(min=0, help="Resamples for intervals; 0: none.")] = 1000,
) -> None:
    """Score predictions beside measured soil moisture, with intervals, into one HTML page."""
    from smmap.model.package import find_package, load_card
    from smmap.report.predictions import load_predictions
    from smmap.report.validation_report import write_validation_report
    from smmap.train.table_file import check_outputs
    from smmap.train.table_notes import check_notes, load_notes
    from smmap.train.trained_on import describe_seen
    from smmap.validation.bootstrap import Bootstrap

    check_outputs([out], table)
    if out.suffix != ".html":
        raise InsituError(f"--out {out}: name a file that ends with .html")
    card = load_card(find_package(model)) if model is not None else None
    if card is not None:
        check_notes(load_notes(table), card, str(table))
    samples = load_predictions(table, card)
    notes = [describe_seen(samples, card)]
    said = write_validation_report(
        out,
        samples,
        title=title,
        by=by or (),
        collocate=collocate or (),
        notes=[note for note in notes if note],
        bootstrap=Bootstrap(draws),
    )
    for sentence in said:
        typer.echo(sentence)
    typer.echo(f"page: {out}", err=True)
