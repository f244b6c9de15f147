"""Faults on the way to a remote file: right bytes or one error, and nothing wrong is kept."""

from __future__ import annotations

import time

import pytest

from smmap.spec.errors import SceneError, TransientError
from smmap.store import retry
from smmap.store.remote_file import PAGE, RemoteFile

SIZE = 5 * PAGE + 1234


@pytest.mark.parametrize("fault", ["404", "500"])
def test_one_of_several_requests_that_fails_is_one_error(server, content, fault):
    file = RemoteFile(f"{server.address}/a.tif")
    server.faults = ["", *([fault] * 20)]
    spans = [(PAGE, PAGE + 1), (5 * PAGE, SIZE)]
    with pytest.raises((SceneError, TransientError), match=r"a\.tif"), file.hold(spans):
        pytest.fail("held")
    server.faults = []
    with file.hold(spans):
        assert file.read(5 * PAGE, SIZE) == content[5 * PAGE :]


@pytest.mark.parametrize(
    "fault", ["500", "503", "429 0", "408", "reset", "short", "less", "elsewhere", "later", "slow"]
)
def test_faults_that_pass_are_not_seen(server, cache, content, fault, read_all):
    """One at the opening, one at a page; nothing wrong is kept either."""
    server.faults = ["slow"] * 2 if fault == "slow" else [fault, "", fault, fault]
    assert read_all() == content
    assert not server.faults
    server.count_requests()
    assert read_all() == content
    assert server.count_requests() == 1, "it was asked whether it is as it was, and no more"


@pytest.mark.parametrize("fault", ["500", "429 0", "reset", "short", "less", "elsewhere", "later"])
def test_faults_that_stay_are_one_error(server, cache, content, fault):
    file = RemoteFile(f"{server.address}/a.tif")
    server.faults = [fault] * retry.ATTEMPTS
    server.count_requests()
    with pytest.raises(TransientError, match=r"a\.tif: not readable.*rerun later") as caught:
        file.read(PAGE, 10)
    assert server.count_requests() == retry.ATTEMPTS
    assert caught.value.exhausted
    with pytest.raises(TransientError):
        retry.retry(lambda: (_ for _ in ()).throw(caught.value))
    assert file.read(PAGE, SIZE) == content[PAGE:], "nothing of it was kept"


def test_what_the_server_asks_for_is_waited_for(server, content, read_all):
    server.faults = ["429 1"]
    begun = time.monotonic()
    assert read_all() == content
    assert time.monotonic() - begun >= 1.0
    assert server.asked[1][0] - server.asked[0][0] >= 1.0


def test_a_server_that_wants_a_long_pause_is_left_alone(server, read_all):
    server.faults = ["429 900"]
    with pytest.raises(TransientError, match=r"127\.0\.0\.1:\d+ wants no requests for \d+ s"):
        read_all()
    assert server.count_requests() == 1


def test_what_is_gone_costs_one_request(server, read_all):
    with pytest.raises(SceneError, match=r"gone\.tif cannot be read \(HTTP 404\)"):
        read_all("gone.tif")
    assert server.count_requests() == 1


def test_a_name_that_nobody_knows(monkeypatch):
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.002)
    with pytest.raises(TransientError, match=r"nowhere\.invalid/a\.tif: not readable"):
        RemoteFile("http://nowhere.invalid/a.tif?sig=secret").read(0, 1)
