"""Every registered sink keeps the contract."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sink_contract import SinkContract, compute_digests, make_finished

from smmap.sinks.cog import write_cogs
from smmap.sinks.quicklook import write_picture
from smmap.sinks.registry import SINKS, find_sinks, list_jobs
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


def test_pieces_side_by_side_write_what_the_sinks_write(tmp_path):
    finished, whole, pieces = make_finished(), tmp_path / "whole", tmp_path / "pieces"
    whole.mkdir()
    pieces.mkdir()
    written = [sink(whole, finished) for sink in SINKS.values()]
    jobs = list_jobs(Outputs(), finished)
    with ThreadPoolExecutor(4) as pool:
        found = [job.result() for job in [pool.submit(job, pieces) for job in reversed(jobs)]]
    assert len(jobs) > len(SINKS)
    assert compute_digests(pieces) == compute_digests(whole)
    paths = [
        {name: path.relative_to(folder) for one in parts for name, path in one.items()}
        for folder, parts in ((whole, written), (pieces, found))
    ]
    assert paths[0] == paths[1]
