"""Signatures of addresses: made anew once, told from the rest, and never shown."""

from __future__ import annotations

import pytest

from smmap.spec.errors import TransientError
from smmap.store import remote_file
from smmap.store.remote_file import PAGE, RemoteFile
from smmap.store.signing import strip_signature

SIZE = 5 * PAGE + 1234


def test_a_signature_that_has_expired_is_made_anew_once(server, content, monkeypatch):
    """The signer's part is played by a list of signatures, of which the last is good."""
    made = iter(["old", "new", "newer"])
    kept: list[str] = []
    forgotten: list[str] = []

    def sign(href, signer):
        if not kept:
            kept.append(next(made))
        return f"{href}?sig={kept[0]}"

    def forget(href, signer):
        forgotten.append(kept.pop())

    monkeypatch.setattr(remote_file, "sign_href", sign)
    monkeypatch.setattr(remote_file, "forget_signature", forget)
    server.signature = "old"
    file = RemoteFile(f"{server.address}/a.tif")
    server.signature = "new"
    assert file.read(0, SIZE) == content
    assert forgotten == ["old"]


def test_a_refusal_that_stays_is_an_error_without_the_signature(server, read_all):
    server.signature = "good"
    with pytest.raises(TransientError, match=r"refused \(HTTP 403\)") as caught:
        read_all("a.tif?sig=secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "query, kept",
    [
        ("", ""),
        ("version=3&sv=of-its-own", "version=3&sv=of-its-own"),  # not signed
        ("sv=2020-10-02&st=a&se=b&skoid=c&sktid=d&sp=rl&sig=e%3D", ""),
        ("versionId=9&X-Amz-Algorithm=a&X-Amz-Date=b&X-Amz-Signature=c", "versionId=9"),
        ("generation=9&X-Goog-Expires=1&X-Goog-Signature=c", "generation=9"),
        ("Expires=1&Signature=a&Key-Pair-Id=b&Policy=c&format=tif", "format=tif"),
    ],
)
def test_signatures_are_told_from_the_rest(query, kept):
    """As Azure (SAS), Amazon (v4), Google (v4) and CloudFront write them."""
    address = "https://host/container/a%20b.tif"
    joined = f"{address}?{query}" if query else address
    assert strip_signature(joined) == (f"{address}?{kept}" if kept else address)


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><title>Log in</title>", b"\n <HTML lang=en>"])
def test_a_page_to_log_in_is_no_file(page, server):
    """As a server that wants a login may send it, with the state of a file that was found."""
    (server.folder / "a.tif").write_bytes(page)
    with pytest.raises(TransientError, match=r"a\.tif: a web page came instead of the file"):
        RemoteFile(f"{server.address}/a.tif")
