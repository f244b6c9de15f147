import socket

import numpy as np
import pytest

from smmap.spec.errors import SceneError, TransientError
from smmap.stack.annotation import load_annotation_angle
from smmap.stack.incidence import choose_angle_source, load_incidence
from smmap.store import retry


@pytest.fixture
def angle_tif(tmp_path, write_tif, block):
    return write_tif(tmp_path / "angle.tif", np.full(block.shape, 41.5, np.float32))


def write_annotation(path, lon, lat, angle, height):
    points = "".join(
        f"<geolocationGridPoint><longitude>{a}</longitude><latitude>{b}</latitude>"
        f"<height>{d}</height><incidenceAngle>{c}</incidenceAngle></geolocationGridPoint>"
        for a, b, c, d in zip(lon, lat, angle, height, strict=True)
    )
    path.write_text(f"<product><geolocationGrid>{points}</geolocationGrid></product>")
    return str(path)


@pytest.fixture
def annotation(tmp_path):
    """A plane of angles: 38 at 10 E, 46 N, 4 degrees more for each degree east."""
    lon, lat = (one.ravel() for one in np.meshgrid(np.linspace(8, 12, 9), np.linspace(45, 47, 7)))
    return write_annotation(tmp_path / "a.xml", lon, lat, 38 + 4 * (lon - 10), 0 * lon)


BEST = {"relative_orbit": 44, "orbit_state": "ascending", "mean_incidence_deg": 38.0}


def test_the_best_source_is_taken(make_scene, annotation, angle_tif):
    bands = {"incidence": angle_tif}
    one = make_scene("s", bands, annotation=annotation, **BEST)
    assert choose_angle_source(one, "auto") == "asset"
    assert choose_angle_source(make_scene("s", {}, annotation=annotation, **BEST), "auto") == (
        "annotation"
    )
    assert choose_angle_source(make_scene("s", {}, **BEST), "auto") == "orbit"
    for choice in ("asset", "annotation", "orbit"):
        assert choose_angle_source(one, choice) == choice


@pytest.mark.parametrize("span_m, taken", [(19_999.0, True), (20_000.0, False), (250_000.0, False)])
def test_a_mean_stands_for_a_small_scene_only(make_scene, span_m, taken):
    scene = make_scene("s", {}, mean_incidence_deg=38.0, span_m=span_m)
    if taken:
        assert choose_angle_source(scene, "auto") == "mean"
        return
    with pytest.raises(SceneError, match="scene s: no incidence angle"):
        choose_angle_source(scene, "auto")


@pytest.mark.parametrize(
    "facts", [{}, {"orbit_state": "ascending"}, {"relative_orbit": 44}, {"span_m": 100.0}]
)
def test_never_a_silent_constant(make_scene, facts):
    with pytest.raises(SceneError, match="no incidence angle") as caught:
        choose_angle_source(make_scene("s", {}, **facts), "auto")
    assert caught.value.scene == "s"


@pytest.mark.parametrize("choice", ["asset", "annotation"])
def test_a_choice_that_is_not_there_is_not_replaced(make_scene, choice):
    with pytest.raises(SceneError, match=f"radar.angle: {choice}"):
        choose_angle_source(make_scene("s", {}, **BEST), choice)


def test_from_an_asset(make_scene, angle_tif, block):
    angle = load_incidence(make_scene("s", {"incidence": angle_tif}), block, "auto")
    assert (angle == 41.5).all()


def test_from_the_mean(make_scene, block):
    scene = make_scene("s", {}, mean_incidence_deg=38.5, span_m=3000.0)
    angle = load_incidence(scene, block, "auto")
    assert angle.shape == block.shape
    assert (angle == 38.5).all()


def test_from_an_annotation(make_scene, annotation, block):
    """The block's first pixel is at 10.2926 E: 38 + 4 x 0.2926."""
    angle = load_incidence(make_scene("s", {}, annotation=annotation), block, "auto")
    assert angle[0, 0] == pytest.approx(38 + 4 * 0.2926, abs=1e-3)
    assert angle.dtype == np.float32


def test_from_the_orbit(make_scene, block):
    """The item's angle holds at the footprint's centre; ascending passes look east."""
    scene = make_scene("s", {}, orbit_state="ascending", mean_incidence_deg=38.0)
    angle = load_incidence(scene, block, "auto")
    assert angle == pytest.approx(38.0, abs=0.2)
    assert (np.diff(angle[0]) > 0).mean() > 0.5
    assert angle[0, 0] < angle[0, -1]
    falling = make_scene("s", {}, orbit_state="descending", mean_incidence_deg=38.0)
    angle = load_incidence(falling, block, "auto")
    assert angle[0, 0] > angle[0, -1]


POINT = (
    "<p><geolocationGridPoint><longitude>{}</longitude><latitude>1</latitude>"
    "<incidenceAngle>1</incidenceAngle><height>0</height></geolocationGridPoint></p>"
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no xml",
        "<product></product>",
        "<p><geolocationGridPoint><longitude>1</longitude></geolocationGridPoint></p>",
        POINT.format("east"),
        "<?xml version='1.0' encoding='nonsense'?><p/>",
    ],
)
def test_files_that_are_no_annotation(tmp_path, text):
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(SceneError, match=r"a\.xml is no Sentinel-1 annotation"):
        load_annotation_angle(str(tmp_path / "a.xml"))


@pytest.mark.parametrize("choice", ["auto", "annotation"])
def test_an_annotation_that_is_not_there(make_scene, block, tmp_path, choice):
    """Without another source it costs the scene, and so where it was asked for by name."""
    orbit = BEST if choice == "annotation" else {}
    scene = make_scene("s", {}, annotation=str(tmp_path / "none.xml"), **orbit)
    with pytest.raises(SceneError, match=r"none\.xml cannot be read"):
        load_incidence(scene, block, choice)


@pytest.mark.parametrize("text", [None, "no xml"])
def test_the_orbit_stands_in_for_an_annotation_that_cannot_be_used(
    make_scene, block, tmp_path, text, caplog
):
    """The same for every block, although the file is put right in between; told once."""
    path = tmp_path / "a.xml"
    if text is not None:
        path.write_text(text)
    scene = make_scene("s", {}, annotation=str(path), **BEST)
    whole = load_incidence(make_scene("t", {}, **BEST), block, "auto")
    top, bottom = block.split(50)[0], block
    np.testing.assert_array_equal(load_incidence(scene, top, "auto"), whole[:50, :50])
    lon, lat = (one.ravel() for one in np.meshgrid(np.linspace(8, 12, 9), np.linspace(45, 47, 7)))
    write_annotation(path, lon, lat, 20 + 0 * lon, 0 * lon)
    np.testing.assert_array_equal(load_incidence(scene, bottom, "auto"), whole)
    assert choose_angle_source(scene, "auto") == "orbit"
    assert len([one for one in caplog.records if "a.xml" in one.getMessage()]) == 1


def test_a_server_that_fails_decides_nothing_about_an_annotation(make_scene, block, monkeypatch):
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.001)
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        href = f"http://127.0.0.1:{one.getsockname()[1]}/a.xml"
    scene = make_scene("s", {}, annotation=href, **BEST)
    for _ in range(2):
        with pytest.raises(TransientError, match="rerun later"):
            load_incidence(scene, block, "auto")
