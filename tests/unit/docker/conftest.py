"""What the tests of the deployment's files share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from distributed.cli.dask_scheduler import main as dask_scheduler
from distributed.cli.dask_worker import main as dask_worker

from smmap.cli.app import app

REPOSITORY = Path(__file__).parents[3]
PROGRAMS = {
    "scheduler": dask_scheduler,
    "worker": dask_worker,
    **typer.main.get_command(app).commands,
}


@pytest.fixture(scope="session")
def instructions() -> list[tuple[str, str]]:
    """Instructions of the Dockerfile and their arguments."""
    text = (REPOSITORY / "docker" / "Dockerfile").read_text()
    lines = "\n".join(one for one in text.splitlines() if not one.lstrip().startswith("#"))
    joined = lines.replace("\\\n", " ").splitlines()
    return [(one.split()[0], one.split(maxsplit=1)[1]) for one in joined if one.strip()]


@pytest.fixture(scope="session")
def check_options():
    """Checks that each option is one that the program has."""

    def check(program: str, words: list[str]) -> None:
        known = {option for one in PROGRAMS[program].params for option in one.opts}
        given = {word.split("=")[0] for word in words if word.startswith("--")}
        assert given <= known, f"{program} has no {sorted(given - known)}"

    return check


@pytest.fixture(scope="session")
def run_linter():
    """Runs a linter of this environment."""

    def run(program: str, *arguments: str) -> None:
        command = [str(Path(sys.executable).parent / program), *arguments]
        done = subprocess.run(command, check=False, cwd=REPOSITORY, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    return run
