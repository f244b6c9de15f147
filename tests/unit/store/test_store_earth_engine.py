"""Opening Earth Engine's client: who one is, what is missing, what failures mean."""

from __future__ import annotations

import json
import subprocess
import sys

import ee
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from earth_engine_server import serve_earth_engine
from faulty_server import serve_faulty

from smmap.spec.errors import CatalogError, ConfigError, OfflineError, TransientError
from smmap.store import earth_engine, retry
from smmap.store.earth_engine import ask, find_endpoint, get_asset_id
from smmap.store.earth_engine_login import KEY, PROJECT, find_login

GOOGLE = "https://earthengine-highvolume.googleapis.com"


@pytest.fixture
def server():
    earth_engine._opened.clear()
    with serve_earth_engine([]) as server:
        yield server
    earth_engine._opened.clear()


@pytest.fixture(autouse=True)
def _nobody(monkeypatch, tmp_path):
    """No credentials on this machine, and no question to a cloud's metadata server."""
    for name in (KEY, PROJECT, earth_engine.ENDPOINT, "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.001)


@pytest.fixture
def write_key(tmp_path):
    """A service account's key, whose tokens a server on loopback gives out."""

    def write(address):
        secret = rsa.generate_private_key(65537, 2048).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        content = {
            "type": "service_account",
            "project_id": "maps-of-one",
            "private_key_id": "1",
            "private_key": secret.decode(),
            "client_email": "maps@maps-of-one.iam.gserviceaccount.com",
            "client_id": "1",
            "token_uri": f"{address}/token",
        }
        path = tmp_path / "key.json"
        path.write_text(json.dumps(content))
        return str(path)

    return write


def list_nothing(server):
    place = f"{server.address}/v1/A/B"
    return ask(place, lambda ee: ee.data.listImages({"parent": "A/B"}), CatalogError)


def test_a_service_accounts_key_is_shown(server, write_key, monkeypatch):
    server.wants_key = True
    with pytest.raises(ConfigError, match="refuses these credentials"):
        list_nothing(server)
    monkeypatch.setenv(KEY, write_key(server.address))
    earth_engine._opened.clear()
    assert list_nothing(server) == {"images": []}
    assert [path for _, path, _ in server.requests].count("/token") == 1


def test_a_key_that_is_no_key(server, monkeypatch, tmp_path):
    monkeypatch.setenv(KEY, str(tmp_path / "none.json"))
    with pytest.raises(ConfigError, match=r"none\.json.*earthengine authenticate"):
        list_nothing(server)


def test_nobody_is_told_what_to_do():
    with pytest.raises(ConfigError, match=r"(?s)no credentials.*set EARTHENGINE_SERVICE_ACCOUNT"):
        find_login(GOOGLE)


def test_offline_no_login_is_looked_for(monkeypatch):
    """Google's library would ask the machine's metadata server, and a login would not help."""
    monkeypatch.setenv("SMMAP_OFFLINE", "1")
    earth_engine._opened.clear()
    with pytest.raises(OfflineError, match="runs offline"):
        ask(f"{GOOGLE}/v1/A/B", lambda ee: ee.data.listImages({"parent": "A/B"}), CatalogError)


def test_googles_own_variable_names_a_key_too(write_key, monkeypatch):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", write_key(GOOGLE))
    credentials, project = find_login(GOOGLE)
    assert credentials.service_account_email == "maps@maps-of-one.iam.gserviceaccount.com"
    assert credentials.scopes == ("https://www.googleapis.com/auth/earthengine",)
    assert project is None, "a service account belongs to a project"


def test_default_credentials_go_to_google_alone(write_key, monkeypatch):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", write_key(GOOGLE))
    for other in ("http://127.0.0.1:9", "https://googleapis.com.example.org"):
        assert find_login(other) == (None, None)


def test_a_person_needs_a_project(monkeypatch, tmp_path):
    person = {"type": "authorized_user", "client_id": "1", "client_secret": "2"}
    path = tmp_path / "me.json"
    path.write_text(json.dumps(person | {"refresh_token": "3"}))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    with pytest.raises(ConfigError, match="wants a project"):
        find_login(GOOGLE)
    monkeypatch.setenv(PROJECT, "maps-of-one")
    assert find_login(GOOGLE)[1] == "maps-of-one"


def test_the_project_is_asked_for(server, monkeypatch):
    monkeypatch.setenv(PROJECT, "maps-of-one")
    ee.Reset()  # it would not ask twice what it can compute
    list_nothing(server)
    assert "/v1/projects/maps-of-one/algorithms" in [path for _, path, _ in server.requests]


def test_the_environment_names_another_server(monkeypatch):
    assert find_endpoint(f"{GOOGLE}/") == GOOGLE
    monkeypatch.setenv(earth_engine.ENDPOINT, "http://127.0.0.1:1/")
    assert find_endpoint(GOOGLE) == "http://127.0.0.1:1"


@pytest.mark.parametrize("stated", [None, "", "/a/folder", "ftp://x"])
def test_what_is_no_server(stated):
    with pytest.raises(CatalogError, match="no web address of an Earth Engine server"):
        find_endpoint(stated)


@pytest.mark.parametrize(
    "name",
    [
        "projects/earthengine-public/assets/COPERNICUS/S1_GRD/S1A",
        f"{GOOGLE}/v1/projects/earthengine-public/assets/COPERNICUS/S1_GRD/S1A",
        "COPERNICUS/S1_GRD/S1A",
    ],
)
def test_ids_of_assets(name):
    assert get_asset_id(name) == "COPERNICUS/S1_GRD/S1A"


def test_assets_of_projects_keep_theirs():
    """As the client turns ids to names: community projects lie under earthengine-legacy."""
    assert get_asset_id("projects/earthengine-legacy/assets/projects/a/b") == "projects/a/b"
    assert get_asset_id("projects/own/assets/b") == "projects/own/assets/b"


@pytest.mark.parametrize("fault", [429, 503, "reset", "short", "torn"])
def test_lists_are_asked_for_again(server, fault):
    list_nothing(server)
    server.faults = [fault] * 2
    assert list_nothing(server) == {"images": []}
    server.faults = [fault] * retry.ATTEMPTS
    with pytest.raises(TransientError):
        list_nothing(server)


def test_nothing_is_asked_for_offline(server, monkeypatch):
    monkeypatch.setenv("SMMAP_OFFLINE", "1")
    with pytest.raises(OfflineError, match="runs offline"):
        list_nothing(server)
    assert server.requests == []


def test_no_server_at_all():
    earth_engine._opened.clear()
    with pytest.raises(TransientError, match="does not answer now"):
        ask("http://127.0.0.1:9/v1/A", lambda ee: ee, CatalogError)


def test_a_server_that_is_no_earth_engine(tmp_path):
    earth_engine._opened.clear()
    with serve_faulty(tmp_path, 0.0) as address, pytest.raises(CatalogError, match="check its"):
        ask(f"{address}/v1/A", lambda ee: ee, CatalogError)


def test_without_the_client_one_is_told_the_extra():
    code = (
        "import sys; sys.modules['ee'] = None\n"
        "from smmap.catalog.earth_engine import EarthEngineCatalog\n"
        "from smmap.catalog.definitions import load_definition\n"
        "definition = load_definition('earth-engine-nasadem')\n"
        "EarthEngineCatalog('https://x.org').search(definition, (0, 0, 1, 1), None)\n"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, check=False, capture_output=True, text=True)
    assert "ConfigError: Earth Engine's client is not installed: pip install 'smmap[gee]'" in (
        done.stderr
    )


def test_the_client_is_loaded_when_it_is_used_only():
    code = (
        "import sys, smmap.catalog.registry, smmap.stack.load_band\n"
        "print({'ee', 'google.auth', 'googleapiclient', 'httplib2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
