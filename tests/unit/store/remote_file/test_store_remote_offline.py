"""Without a network: what is kept is read, and nobody is asked."""

from __future__ import annotations

import pytest

from smmap.spec.errors import OfflineError
from smmap.store.network import check_online, get_page_cache, is_offline, use_network
from smmap.store.remote_file import PAGE, RemoteFile


def test_offline_reads_what_is_kept_and_asks_nobody(server, cache, content, read_all):
    RemoteFile(f"{server.address}/a.tif").read(PAGE, PAGE)
    (server.folder / "b.tif").write_bytes(content)
    server.count_requests()
    use_network(offline=True, cache=cache)
    file = RemoteFile(f"{server.address}/a.tif?sig=another&se=2030")
    assert file.read(100, 2 * PAGE - 100) == content[100 : 2 * PAGE]
    with pytest.raises(OfflineError, match=r"a\.tif is in the cache in part"):
        file.read(0, 3 * PAGE)
    with pytest.raises(OfflineError, match=r"b\.tif is not in the cache.*run it once online"):
        read_all("b.tif")
    assert server.count_requests() == 0


def test_the_environment_says_it_too(tmp_path, monkeypatch):
    assert (is_offline(), get_page_cache()) == (False, None)
    for text, meant in (("1", True), ("true", True), ("0", False), ("", False)):
        monkeypatch.setenv("SMMAP_OFFLINE", text)
        assert is_offline() is meant
    monkeypatch.setenv("SMMAP_OFFLINE", "1")
    with pytest.raises(OfflineError, match=r"^the thing: not asked for.*SMMAP_OFFLINE"):
        check_online("the thing")
    monkeypatch.setenv("SMMAP_CACHE", str(tmp_path))
    monkeypatch.setenv("SMMAP_CACHE_GB", "0.5")
    cache = get_page_cache()
    assert (cache._folder, cache._limit) == (tmp_path, 500_000_000)
    assert get_page_cache() is cache
    monkeypatch.setenv("SMMAP_CACHE_GB", "much")
    with pytest.raises(Exception, match=r"SMMAP_CACHE_GB.*gigabytes.*much"):
        get_page_cache()
