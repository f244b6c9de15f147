"""Opens what the tasks of one process share: its model and its own staging."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smmap.model.model import Model
from smmap.model.package import Applicability, load_applicability, load_model
from smmap.model.session import Device
from smmap.pipeline.context import Context
from smmap.pipeline.run_state import RunState
from smmap.product.names import compute_model_id
from smmap.store.open import open_output_store
from smmap.store.output import OutputStore
from smmap.trees.processors import count_processors

_ONE_AT_A_TIME = threading.Lock()


@contextmanager
def open_state(
    context: Context,
    out: str | Path | OutputStore,
    *,
    force: bool = False,
    model_threads: int | None = None,
) -> Iterator[RunState]:
    """A run's state with a staging folder that is gone in the end.

    Parameters
    ----------
    out
        The output, or its address.
    force
        As of ``run``.
    model_threads
        Threads that a prediction may use; None: a share of the processors that the process may
        use, as blocks are computed side by side.
    """
    threads = model_threads or max(1, count_processors() // context.recipe.threads)
    with _ONE_AT_A_TIME:
        identity, package = compute_model_id(context.card), context.package.resolve()
        model, domain = _open_model(package, identity, context.recipe.device, threads)
    store = open_output_store(out)
    with store.open_staging() as staging:
        yield RunState(context, model, domain, store, staging, force)


@functools.lru_cache(maxsize=1)
def _open_model(
    package: Path,
    identity: str,  # noqa: ARG001 (a package that has changed is opened again)
    device: Device,
    threads: int,
) -> tuple[Model, Applicability | None]:
    """Opened once a process: of the last package, device and number of threads."""
    return load_model(package, device, threads), load_applicability(package)
