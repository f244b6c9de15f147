"""Angles that others computed or measured: none of them went into ours, save where said."""

import csv
import json
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from pyproj import Transformer

from smmap.features.geolocation import fit_incidence
from smmap.features.incidence import compute_incidence

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def rome(shared_data):
    """Longitude, latitude, angle, range pixel and height of the grid, and the mid-swath angle."""
    (path,) = (shared_data / "rome-annotation" / "SAFE" / "annotation").glob("s1b-iw-grd-*.xml")
    tree = ET.parse(path)
    columns = [
        np.array([float(point.find(key).text) for point in tree.iter("geolocationGridPoint")])
        for key in ("longitude", "latitude", "incidenceAngle", "pixel", "height")
    ]
    middle = float(next(tree.iter("incidenceAngleMidSwath")).text)
    return *columns, middle


def test_an_annotation_anchored_on_its_middle(rome):
    lon, lat, angle, _, _, middle = rome
    theta = compute_incidence(
        lon, lat, orbit_state="descending", anchor=(lon.mean(), lat.mean(), middle)
    )
    assert np.abs(theta - angle).max() < 0.15


def test_an_annotation_anchored_on_its_mean(rome):
    """The mean lies below the middle by what the angle's curvature makes of it."""
    lon, lat, angle, _, _, _ = rome
    theta = compute_incidence(
        lon, lat, orbit_state="descending", anchor=(lon.mean(), lat.mean(), angle.mean())
    )
    error = theta - angle
    assert np.abs(error.mean()) < 0.3
    assert np.abs(error).max() < 0.35
    assert np.ptp(error) < 0.15


def test_an_annotation_from_its_orbit_number_alone(rome):
    """The radius and node come from this product's state vectors, its angles do not."""
    lon, lat, angle, _, _, _ = rome
    theta = compute_incidence(lon, lat, orbit_state="descending", relative_orbit=22)
    assert np.abs(theta - angle).max() < 0.1


def test_grows_with_the_range_pixel(rome):
    lon, lat, _, pixel, _, middle = rome
    theta = compute_incidence(
        lon, lat, orbit_state="descending", anchor=(lon.mean(), lat.mean(), middle)
    )
    line = np.flatnonzero(np.diff(pixel) > 0)
    assert (theta[line + 1] > theta[line]).all()


def test_the_annotations_own_field(rome):
    """Its points lie on the terrain, up to 1845 m: the field has it taken out."""
    lon, lat, angle, _, height, _ = rome
    assert fit_incidence(lon, lat, angle, height).residual_deg < 0.02
    fitted = np.arange(lon.size) % 3 > 0
    field = fit_incidence(lon[fitted], lat[fitted], angle[fitted], height[fitted])
    low = ~fitted & (height < 300)
    theta = field.compute(lon[low], lat[low])
    assert low.sum() > 30
    assert np.abs(theta - angle[low]).max() < 0.02


def test_polish_fields(shared_data):
    """Orbits 29 and 102, ascending, at 52 N: one published angle for all fields of an area."""
    with (shared_data / "poland-insitu-2024" / "samples.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) > 600
    for orbit in {row["orbit"] for row in rows}:
        here = [row for row in rows if row["orbit"] == orbit]
        lon, lat, angle = (
            np.array([float(row[key]) for row in here])
            for key in ("Longitude", "Latitude", "incidence_angle")
        )
        theta = compute_incidence(
            lon,
            lat,
            orbit_state="ascending" if orbit[0] == "A" else "descending",
            relative_orbit=int(orbit[1:]),
        )
        assert np.abs(theta - angle).max() < 0.55
        assert np.abs((theta - angle).mean()) < 0.2


@pytest.mark.parametrize(
    "orbit, orbit_state, angle, within",
    [
        (110, "descending", 32.5, 0.3),
        (37, "descending", 41.3, 0.3),
        # Themselves from a rougher geometry: measured angles in Poland agree with ours instead.
        (88, "ascending", 35.5, 0.8),
        (161, "ascending", 43.9, 0.8),
    ],
)
def test_belgian_items(shared_data, orbit, orbit_state, angle, within):
    folder = shared_data / "belgium-2023" / "sentinel-1-grd"
    path = next(folder.glob(f"*_R{orbit:03d}/*.json"))
    item = json.loads(path.read_text())
    west, south, east, north = item["bbox"]
    assert item["properties"]["sat:orbit_state"] == orbit_state
    assert item["properties"]["view:incidence_angle"] == angle
    theta = compute_incidence(
        np.array([(west + east) / 2]),
        np.array([(south + north) / 2]),
        orbit_state=orbit_state,
        relative_orbit=orbit,
    )
    assert theta[0] == pytest.approx(angle, abs=within)


def test_footprints_of_terrain_corrected_scenes(shared_data):
    """Both hemispheres, both directions: their rims lie at the swath's edges, 30 and 46 degrees."""
    folder = shared_data / "stac-items" / "planetary_computer"
    seen = 0
    for path in sorted(folder.glob("S1A_IW_GRDH_*_rtc.json")):
        item = json.loads(path.read_text())
        if "geometry" not in item:
            continue
        fields = item["properties"]
        corners = np.array(item["geometry"]["coordinates"][0])
        project = Transformer.from_crs(fields["proj:epsg"], 4326, always_xy=True)
        theta = compute_incidence(
            *project.transform(corners[:, 0], corners[:, 1]),
            orbit_state=fields["sat:orbit_state"],
            relative_orbit=fields["sat:relative_orbit"],
        )
        assert theta.min() == pytest.approx(30.3, abs=1.0), path.name
        assert theta.max() == pytest.approx(45.8, abs=1.0), path.name
        seen += 1
    assert seen >= 8
