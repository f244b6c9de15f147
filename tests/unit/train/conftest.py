"""A rough physics package, trained once in seconds."""

import pytest

from smmap.train.run import run_training


@pytest.fixture(scope="session")
def rough(tmp_path_factory):
    out = tmp_path_factory.mktemp("models") / "physics"
    run_training("physics", out, cases=20_000, epochs=3)
    return out
