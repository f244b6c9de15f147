"""The Dockerfile: what it refers to is there, and it stays small, pinned and without root."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parents[3]


def test_the_base_is_pinned_by_digest_for_every_stage(instructions):
    (base,) = [rest for word, rest in instructions if rest.startswith("PYTHON=")]
    assert re.search(r"@sha256:[0-9a-f]{64}$", base)
    stages = [rest for word, rest in instructions if word == "FROM"]
    assert len(stages) == 2
    assert all(one.startswith("${PYTHON}") for one in stages)


def test_what_the_image_copies_is_here_and_let_through(instructions):
    allowed = {
        one[1:] for one in (REPOSITORY / ".dockerignore").read_text().split() if one[0] == "!"
    }
    copied = set()
    for word, rest in instructions:
        if word == "COPY" and not rest.startswith("--from"):
            copied.update(rest.split()[:-1])
    assert copied == allowed
    assert all((REPOSITORY / one).exists() for one in copied)


def test_the_image_runs_as_a_number_that_is_not_root(instructions):
    users = [rest for word, rest in instructions if word == "USER"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])


def test_the_image_takes_extras_that_exist_and_no_torch(instructions):
    extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    (chosen,) = [rest for word, rest in instructions if rest.startswith("EXTRAS=")]
    for extra in chosen.removeprefix("EXTRAS=").split(","):
        assert not any("torch" in one for one in extras["optional-dependencies"][extra])


def test_the_image_s_health_check_passes_where_smmap_is_whole(instructions, tmp_path):
    (rest,) = [rest for word, rest in instructions if word == "HEALTHCHECK"]
    command = yaml.safe_load(rest.split("CMD", 1)[1])
    assert command[0] == "smmap"
    done = subprocess.run(
        [sys.executable, "-m", *command], check=False, cwd=tmp_path, capture_output=True
    )
    assert done.returncode == 0, done.stderr


def test_hadolint_has_nothing_to_say(run_linter):
    run_linter("hadolint", "docker/Dockerfile")


def test_shellcheck_has_nothing_to_say(run_linter):
    run_linter("shellcheck", "docker/check.sh")
