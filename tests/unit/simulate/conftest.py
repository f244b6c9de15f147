"""A small world, simulated once."""

import pytest

from smmap.simulate.area import list_areas
from smmap.simulate.landscape import draw_landscape
from smmap.simulate.world import simulate_world

SIZE = 160


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    return simulate_world(tmp_path_factory.mktemp("simulated") / "world", seed=3, size=SIZE)


@pytest.fixture(scope="session")
def area():
    return list_areas(1, SIZE)[0]


@pytest.fixture(scope="session")
def landscape(area):
    return draw_landscape(area, 3)
