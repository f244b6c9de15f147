"""Small models, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from smmap.bench.make_models import make_models


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Path:
    """Folder of all shapes with few trees."""
    folder = tmp_path_factory.mktemp("models")
    list(make_models(folder, small=True))
    return folder
