"""What a definition lacks on this machine, and whether its place answers."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from page_server import serve_pages

from smmap.catalog.definitions import list_definitions, load_definition
from smmap.catalog.readiness import ask_places, judge_readiness
from smmap.store.network import use_network

VARIABLES = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "PC_SDK_SUBSCRIPTION_KEY",
    "THEIR_TOKEN",
    "EARTHENGINE_SERVICE_ACCOUNT",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "SMMAP_EARTH_ENGINE_URL",
    "CLOUDSDK_CONFIG",
    "NETRC",
]


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def define(name="earth-search-sentinel-2-l2a", **changes):
    return load_definition(name).model_copy(update=changes)


def judge(definition, place=None):
    found = judge_readiness(definition, place)
    return list(found.missing), list(found.advice)


@pytest.mark.parametrize("name", list_definitions())
def test_every_packaged_definition_is_judged(name):
    found = judge_readiness(load_definition(name), "/somewhere")
    assert found.place == (found.definition.endpoint or "/somewhere")


def test_what_has_no_place_is_to_be_told_one():
    assert judge(load_definition("local-dem")) == (
        ["set 'catalog' in a recipe: a folder or address"],
        [],
    )
    assert judge(load_definition("local-dem"), "/") == ([], [])
    (missing,), _ = judge(load_definition("local-dem"), "/not/here")
    assert "there is no /not/here" in missing
    for name in ("soilgrids", "zarr-era5-land"):
        (missing,), _ = judge(load_definition(name))
        assert "under 'catalogs' in a recipe" in missing


def test_credentials(monkeypatch):
    theirs = define(credential="THEIR_TOKEN")
    assert judge(theirs) == (["set THEIR_TOKEN"], [])
    monkeypatch.setenv("THEIR_TOKEN", "x")
    assert judge(theirs) == ([], [])


def test_earth_engine_wants_a_login_of_any_kind(monkeypatch):
    pytest.importorskip("ee")
    images = load_definition("earth-engine-sentinel-1")
    (missing,), _ = judge(images)
    assert "EARTHENGINE_SERVICE_ACCOUNT" in missing
    assert "earthengine authenticate" in missing
    for name in ("EARTHENGINE_SERVICE_ACCOUNT", "GOOGLE_APPLICATION_CREDENTIALS"):
        with monkeypatch.context() as told:
            told.setenv(name, "/key.json")
            assert judge(images) == ([], [])
    for place in ("earthengine/credentials", "gcloud/application_default_credentials.json"):
        left = Path.home() / ".config" / place
        left.parent.mkdir(parents=True)
        left.write_text("{}")
        assert judge(images) == ([], [])
        left.unlink()
    assert judge(images)[0] == [missing]


def test_a_key_needs_its_secret_and_a_role_needs_neither(monkeypatch):
    bucket = define(credential="AWS_ACCESS_KEY_ID")
    assert judge(bucket) == (["set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"], [])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    assert judge(bucket) == (["set AWS_SECRET_ACCESS_KEY"], [])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    assert judge(bucket) == ([], [])
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/token")
    assert judge(bucket) == ([], [])


def test_a_login_at_nasa(monkeypatch, tmp_path):
    """Where the library that asks looks for it: in the file that NETRC names, else ~/.netrc."""
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    opera = load_definition("asf-opera-rtc-s1")
    assert judge(opera) == (["write a login for urs.earthdata.nasa.gov into ~/.netrc"], [])
    line = "machine urs.earthdata.nasa.gov login me password secret"
    (tmp_path / "netrc").write_text(line)
    assert judge(opera) == ([], [])


def test_what_works_without_is_advice():
    pytest.importorskip("planetary_computer")
    found = judge(load_definition("planetary-computer-sentinel-2-l2a"))
    assert found == ([], ["set PC_SDK_SUBSCRIPTION_KEY"])


def test_what_is_not_installed_is_named_with_its_extra(monkeypatch):
    monkeypatch.setattr("smmap.catalog.readiness.find_spec", lambda name: None)
    missing, _ = judge(load_definition("planetary-computer-sentinel-2-l2a"))
    assert missing == ["pip install 'smmap[sign]'"]
    missing, _ = judge(define(kind="earth-engine", endpoint=None))
    assert missing[0] == "pip install 'smmap[gee]'"
    missing, advice = judge(load_definition("cds-era5-land"), "/")
    assert missing == []  # classic NetCDF is read without it
    assert advice == ["pip install 'smmap[netcdf]', for NetCDF 4 and HDF5"]
    assert judge(load_definition("soilgrids"), "/") == ([], [])  # GeoTIFF


def ask(*definitions, place=None):
    return ask_places([judge_readiness(one, place) for one in definitions])


def test_each_place_is_asked_once(tmp_path):
    collections = tmp_path / "v1" / "collections"
    collections.mkdir(parents=True)
    (collections / "here").write_text("{}")
    with serve_pages(tmp_path) as server:
        here = define(endpoint=f"{server.address}/v1/", collections=("here",))
        away = here.model_copy(update={"collections": ("away",)})
        found = ask(here, away, here)
        assert len(server.asked) == 2
        assert found[0] == found[2] == ""
        assert found[1] == "has no /v1/collections/away (HTTP 404): correct the address"
        for fault, said in (("403", "check the credentials"), ("500", "try again later")):
            server.faults = [fault]
            (answer,) = ask(here)
            assert fault in answer
            assert said in answer


def test_a_folder_need_not_answer_by_itself(tmp_path):
    """An archive behind a token, a static catalogue: whoever says no is there."""
    with serve_pages(tmp_path) as server:
        archive = define(kind="zarr", endpoint=f"{server.address}/archive.zarr")
        local = load_definition("local-dem")
        for fault in ("401", "404"):
            server.faults = [fault]
            assert ask(archive) == [""]
        server.faults = ["503"]
        assert ask(archive) == ["is out of order (HTTP 503): try again later"]
        (answer,) = ask(local, place=f"{server.address}/catalog.json")
        assert answer == "has no /catalog.json (HTTP 404): correct the address"


def test_nobody_answers():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    assert ask(define(endpoint=address)) == ["does not answer (ConnectionError): try again later"]


def test_folders_are_looked_for(tmp_path):
    local = load_definition("local-dem")
    assert ask(local, place=str(tmp_path)) == [""]
    assert "correct the recipe" in ask(local, place=str(tmp_path / "gone"))[0]
    assert ask(local) == [None]


def test_offline_nobody_is_asked(tmp_path):
    with serve_pages(tmp_path) as server:
        use_network(offline=True, cache=None)
        try:
            (answer,) = ask(define(endpoint=server.address))
        finally:
            use_network(offline=False, cache=None)
        assert "offline" in answer
        assert server.asked == []
