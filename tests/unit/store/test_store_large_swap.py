"""Large objects are replaced under the store's own condition, not only after a look."""

from __future__ import annotations

import pytest
from s3_server import serve_s3

from smmap.store.objects import ObjectOutput


@pytest.fixture(scope="module")
def bucket():
    with serve_s3() as url:
        yield url


def test_an_old_version_of_a_large_object_is_not_replaced(bucket, tmp_path):
    """Beyond the size from which a library may write in parts, without conditions."""
    store = ObjectOutput(f"{bucket}/large")
    large = b"x" * (6 * 1024**2)
    store.put("a.json", large, tmp_path)
    _, version = store._read_version("a.json")
    store.put("a.json", large + b"1", tmp_path)
    assert not store._put_if(version, "a.json", large + b"2")
    assert not store._put_if("create", "a.json", large + b"2")
    assert store.read("a.json") == large + b"1"
