"""Addresses in object stores become web addresses: signed, plain, or refused in words.

The forms of public addresses are those of the providers' documentation: virtual-hosted style
(docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html), XML path style
(cloud.google.com/storage/docs/request-endpoints), blob addresses
(learn.microsoft.com/azure/storage/blobs/storage-blobs-introduction).
"""

from __future__ import annotations

import hashlib
import hmac
import os
from urllib.parse import parse_qs, urlsplit

import pytest
from s3_server import serve_s3

from smmap.catalog.definitions import load_definition
from smmap.spec.errors import CatalogError, SceneError
from smmap.store import presign as presign_module
from smmap.store.address import is_object
from smmap.store.fetch import read_small_file
from smmap.store.objects import ObjectOutput
from smmap.store.signing import sign_href


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """An environment without credentials or endpoints."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "GOOGLE_", "AZURE_")):
            monkeypatch.delenv(name)


@pytest.fixture
def bucket(bare):
    with serve_s3() as url:
        yield url


@pytest.mark.parametrize(
    "href, address",
    [
        ("s3://dem-30m/N51/a b.tif", "https://dem-30m.s3.amazonaws.com/N51/a%20b.tif"),
        ("gs://scenes/x/y.tif", "https://storage.googleapis.com/scenes/x/y.tif"),
    ],
)
def test_what_is_public_has_a_plain_address(href, address, monkeypatch):
    assert sign_href(href, None) == address
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT_KEY", "{}")
    assert sign_href(href, "anonymous") == address


def test_a_public_container_needs_its_account(monkeypatch):
    with pytest.raises(CatalogError, match="AZURE_STORAGE_ACCOUNT_NAME"):
        sign_href("az://scenes/x.tif", None)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "lake")
    address = "https://lake.blob.core.windows.net/scenes/x.tif"
    assert sign_href("az://scenes/x.tif", None) == address


def test_the_environment_s_endpoint_is_asked_without_credentials_too(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9/")
    assert sign_href("s3://b/x.tif", None) == "http://127.0.0.1:9/b/x.tif"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    assert sign_href("s3://b/x.tif", None) == "http://127.0.0.1:9/b/x.tif"


def test_a_signature_is_that_of_amazon_s_specification(monkeypatch):
    """Recomputed by hand (docs.aws.amazon.com, Signature Version 4, query parameters)."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_REQUEST_PAYER", "requester")
    signed = urlsplit(sign_href("s3://scenes/x/vv.tif", None))
    query = {key: one[0] for key, one in parse_qs(signed.query).items()}
    assert signed.hostname == "s3.eu-central-1.amazonaws.com"
    assert query["x-amz-request-payer"] == "requester"
    plain, _, signature = signed.query.rpartition("&X-Amz-Signature=")
    ordered = "&".join(sorted(plain.split("&")))
    request = f"GET\n{signed.path}\n{ordered}\nhost:{signed.hostname}\n\nhost\nUNSIGNED-PAYLOAD"
    stamp = query["X-Amz-Date"]
    scope = f"{stamp[:8]}/eu-central-1/s3/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = b"AWS4secret"
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
    assert signature == hmac.digest(key, text.encode(), "sha256").hex()


def test_a_signed_address_is_used_again_for_a_while(bucket, monkeypatch):
    first = sign_href(f"{bucket}/x.tif", None)
    assert sign_href(f"{bucket}/x.tif", None) is first
    monkeypatch.setattr(presign_module, "_KEPT_S", 1e-6)
    assert sign_href(f"{bucket}/x.tif", None) is not first


def test_what_lies_there_and_what_does_not(bucket, tmp_path):
    ObjectOutput(bucket).put("a b/x+y.json", b"{}", tmp_path)
    assert read_small_file(f"{bucket}/a b/x+y.json") == b"{}"
    with pytest.raises(SceneError, match=f"{bucket}/none.xml cannot be read"):
        read_small_file(f"{bucket}/none.xml")


def test_credentials_that_make_no_sense_are_said(monkeypatch):
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT_KEY", "no key")
    with pytest.raises(CatalogError, match=r"gs://b/x\.tif cannot be signed"):
        sign_href("gs://b/x.tif", None)


def test_other_addresses_stay_as_they_are():
    for href in ("https://host/x.tif", "/data/x.tif", "C://x.tif", "file:///x.tif"):
        assert not is_object(href)
        assert sign_href(href, None) == href
        assert sign_href(href, "anonymous") == href


def test_earth_search_s_buckets_are_read_without_credentials():
    for name in ("earth-search-cop-dem-glo-30", "earth-search-sentinel-2-l2a"):
        assert load_definition(name).sign == "anonymous"
