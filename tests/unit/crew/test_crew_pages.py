"""Dask's pages are served where they are asked for."""

from __future__ import annotations

from importlib.util import find_spec
from urllib.parse import urljoin
from urllib.request import urlopen

import pytest
from share_job import ShareJob

from smmap.crew.open_crew import open_crew
from smmap.spec.cluster import LocalCluster


@pytest.mark.parametrize("asked", [False, True, None])
def test_pages_are_served_where_they_are_asked_for(asked):
    told = {"kind": "local", "workers": 1, "dashboard": asked}
    with open_crew(LocalCluster.parse(told, "test"), ShareJob(), 1) as crew:
        if not (find_spec("bokeh") if asked is None else asked):
            assert crew.dashboard is None
            return
        with urlopen(urljoin(crew.dashboard, "/health"), timeout=20) as answer:
            assert answer.status == 200
