"""Every registered sink keeps the contract."""

from __future__ import annotations

from sink_contract import SinkContract

from smmap.sinks.cog import write_cogs
from smmap.sinks.quicklook import write_picture
from smmap.sinks.registry import SINKS, find_sinks
from smmap.sinks.zarr_slice import write_cube_slice
from smmap.spec.recipe import Outputs


class TestCog(SinkContract):
    sink = staticmethod(write_cogs)


class TestCube(SinkContract):
    sink = staticmethod(write_cube_slice)


class TestQuicklook(SinkContract):
    sink = staticmethod(write_picture)


def test_every_sink_is_tested_here():
    tested = {one.__dict__["sink"].__func__ for one in SinkContract.__subclasses__()}
    assert tested == set(SINKS.values())


def test_registry_has_the_keys_of_a_recipe():
    assert set(SINKS) == set(Outputs.model_fields)


def test_only_what_is_asked_for():
    assert find_sinks(Outputs(cog=False, cube=True, quicklook=False)) == [write_cube_slice]
