"""Folders and object stores keep the same promises."""

from __future__ import annotations

import uuid

import pytest
from azure_server import find_azurite, serve_azure
from gcs_server import serve_gcs
from output_contract import OutputContract
from s3_server import serve_s3

from smmap.spec.errors import StoreError, TransientError
from smmap.store import connect
from smmap.store.folder import FolderOutput
from smmap.store.objects import ObjectOutput
from smmap.store.open import open_output_store


class TestFolder(OutputContract):
    @pytest.fixture
    def store(self, tmp_path):
        return FolderOutput(tmp_path / "out")


@pytest.fixture(scope="module")
def bucket():
    with serve_s3() as url:
        yield url


class TestS3(OutputContract):
    @pytest.fixture
    def store(self, bucket):
        return ObjectOutput(f"{bucket}/{uuid.uuid4().hex}")


@pytest.fixture(scope="module")
def gcs_bucket():
    with serve_gcs() as url:
        yield url


class TestGoogle(OutputContract):
    @pytest.fixture
    def store(self, gcs_bucket):
        return ObjectOutput(f"{gcs_bucket}/{uuid.uuid4().hex}")


@pytest.fixture(scope="module", params=["az", "abfs"])
def container(request, tmp_path_factory):
    if find_azurite() is None:
        pytest.skip("Azurite is not installed: make soak does, by npm")
    with serve_azure(tmp_path_factory.mktemp("azurite")) as url:
        yield url.replace("az://", f"{request.param}://")


@pytest.mark.slow
class TestAzure(OutputContract):
    @pytest.fixture
    def store(self, container):
        return ObjectOutput(f"{container}/{uuid.uuid4().hex}")


def test_addresses_find_their_store(bucket, tmp_path):
    assert isinstance(open_output_store(tmp_path), FolderOutput)
    assert isinstance(open_output_store("some/folder"), FolderOutput)
    assert open_output_store(f"file://{tmp_path}").address == str(tmp_path)
    assert isinstance(open_output_store(f"{bucket}/x"), ObjectOutput)
    with pytest.raises(StoreError, match=r"outputs go to a folder or to s3://"):
        open_output_store("ftp://host/x")


def test_a_bucket_that_is_not_there(bucket):
    with pytest.raises((StoreError, TransientError), match=r"s3://nowhere/x/a\.json"):
        ObjectOutput("s3://nowhere/x").put("a.json", b"", None)


def test_a_server_that_does_not_answer_is_said_in_one_line(monkeypatch):
    monkeypatch.setattr(connect, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(connect, "LONGEST_WAIT_S", 0.1)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with pytest.raises(TransientError) as caught:
        ObjectOutput("s3://bucket/x").read("a.json")
    told = str(caught.value)
    assert told.startswith("s3://bucket/x/a.json: the store does not do it now")
    assert told.endswith("rerun later, or check endpoint and credentials")
    assert "\n" not in told
    assert "Debug" not in told
