"""A unit as mapping would hand it over."""

from __future__ import annotations

from datetime import UTC, datetime

import pystac
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from smmap.product.item import ItemFacts
from smmap.product.layout import LAYOUT
from smmap.product.names import compute_item_id
from smmap.product.stored_file import StoredFile
from smmap.spec.card import Golden, Member, MinMaxScaling, ModelCard, ModelInput, ModelOutput
from smmap.spec.overpass import Overpass
from smmap.spec.tile import Block, Tile
from smmap.spec.unit import Unit, compute_fingerprint


def make_scene(name, collection="s1", **properties):
    moment = datetime(2023, 4, 2, 5, 40, 11, tzinfo=UTC)
    return pystac.Item(
        name, None, None, moment, properties, href=f"/scenes/{collection}/{name}.json"
    )


@pytest.fixture
def tile():
    affine = Affine(10, 0, 614400, 0, -10, 5632000)
    return Tile("31N_6_54", GeoBox((10240, 10240), affine, "EPSG:32631"), "utm-10m")


@pytest.fixture
def unit(tile):
    radar = {
        "start_datetime": "2023-04-02T05:40:11.000000Z",
        "end_datetime": "2023-04-02T05:40:36.500000Z",
        "sar:polarizations": ["VV", "VH"],
        "sar:instrument_mode": "IW",
        "sar:frequency_band": "C",
        "sat:absolute_orbit": 47918,
    }
    overpass = Overpass(
        id="sentinel-1a-047918",
        platform="sentinel-1a",
        orbit_state="descending",
        relative_orbit=37,
        datetime=datetime(2023, 4, 2, 5, 40, 23, 750000, tzinfo=UTC),
        items=(make_scene("S1A_one", **radar), make_scene("S1A_two", **radar)),
    )
    return Unit(
        id=compute_item_id(tile.id, overpass, "10m"),
        tile=tile,
        overpass=overpass,
        inputs={"sentinel2": (make_scene("S2A_x", "s2"),), "dem": (make_scene("N50E004", "dem"),)},
        fingerprint=compute_fingerprint({"a": 1}),
        area=Block(tile.geobox, 100, 200, 300, 400),
    )


@pytest.fixture
def facts(unit):
    fingerprint = compute_fingerprint({"b": 2})
    pixels = LAYOUT.pixels(unit, fingerprint)
    names = {"sm": "a_sm.tif", "sm_uncertainty": "a_sm_uncertainty.tif", "sm_quality": "a_q.tif"}
    files = {key: StoredFile(f"{pixels}/{one}", "ab" * 32, 1000) for key, one in names.items()}
    files |= {
        "slice": StoredFile(f"{pixels}/slice.zarr"),
        "thumbnail": StoredFile(f"{pixels}/a.png", "cd" * 32, 10),
        "style": StoredFile(f"{pixels}/a_sm.qml", "ef" * 32, 10),
    }
    return ItemFacts(
        gsd=10.0,
        status="done",
        created=datetime(2024, 1, 1, tzinfo=UTC),
        model="physics-1.0",
        fingerprint=fingerprint,
        files=files,
        lineage="Despeckled backscatter, inverted by a network",
        statistics={"minimum": 0.05, "maximum": 0.4, "mean": 0.2, "stddev": 0.1},
        effective_looks=60.0,
        effective_resolution_m=90.0,
        incidence_deg=38.5,
        provider={"asked": "auto", "got": "cpu"},
        skipped=("S1A_three: truncated",),
    )


@pytest.fixture
def card():
    return ModelCard(
        name="physics",
        version="1.0",
        title="Physics",
        description="Fitted on a simulated database",
        architecture="MLP 2-32-2 tanh",
        licence="Apache-2.0",
        citations=("10.3390/rs9121292",),
        radiometry="sigma0_ellipsoid",
        missing="invalid",
        inputs=(
            ModelInput(
                name="vv",
                feature="sigma0_db",
                units="dB",
                scaling=MinMaxScaling(method="min-max", low=-30, high=5, to=(-1, 1)),
                training_range=(-30, 0),
            ),
            ModelInput(name="ndvi", feature="ndvi", units="1"),
        ),
        members=(Member(file="a.onnx", sha256="0" * 64), Member(file="b.onnx", sha256="1" * 64)),
        output=ModelOutput(columns=("sm", "log_variance")),
        golden=Golden(file="golden.npz", sha256="2" * 64),
    )
