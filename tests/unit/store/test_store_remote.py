import socket

import pytest

from smmap.spec.errors import SceneError, TransientError
from smmap.store import retry as retry_module
from smmap.store.fetch import read_small_file
from smmap.store.retry import retry


@pytest.fixture(autouse=True)
def hurry(monkeypatch) -> None:
    """Waits between attempts are cut short."""
    monkeypatch.setattr(retry_module, "FIRST_WAIT_S", 0.001)


@pytest.fixture
def closed_port() -> str:
    """An address where nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{one.getsockname()[1]}"


def test_what_passes_is_tried_again(server, asked):
    assert read_small_file(f"{server}/late-3/annotation.xml") == b"hello"
    assert asked["/late-3/annotation.xml"] == 4
    with pytest.raises(TransientError, match="503"):
        read_small_file(f"{server}/late-6/annotation.xml")
    assert asked["/late-6/annotation.xml"] == 6


def test_what_is_gone_is_asked_for_once(server, asked):
    with pytest.raises(SceneError):
        read_small_file(f"{server}/404/annotation.xml")
    assert asked["/404/annotation.xml"] == 1


def test_waits_grow_and_are_never_equal(monkeypatch):
    """About 0.25, 0.5, 1, 2 and 4 s, each with half of it more or less."""
    waits: list[float] = []
    monkeypatch.setattr(retry_module, "FIRST_WAIT_S", 0.25)
    monkeypatch.setattr(retry_module.time, "sleep", waits.append)

    def fail() -> None:
        raise TransientError("busy")

    for _ in range(50):
        with pytest.raises(TransientError):
            retry(fail)
    assert len(waits) == 250
    for turn, middle in enumerate((0.25, 0.5, 1.0, 2.0, 4.0)):
        some = waits[turn::5]
        assert 0.5 * middle <= min(some) < max(some) <= 1.5 * middle
        assert len(set(some)) > 40


def test_other_errors_come_through_at_once():
    calls = []

    def fail() -> None:
        calls.append(1)
        raise SceneError("broken")

    with pytest.raises(SceneError):
        retry(fail)
    assert len(calls) == 1


def test_reads_what_is_there(server, tmp_path):
    assert read_small_file(f"{server}/200/item.json") == b"hello"
    (tmp_path / "item.json").write_bytes(b"here")
    assert read_small_file(str(tmp_path / "item.json")) == b"here"


@pytest.mark.parametrize("status", [404, 410])
def test_a_file_that_is_gone_costs_its_scene(server, status):
    with pytest.raises(SceneError, match=str(status)):
        read_small_file(f"{server}/{status}/annotation.xml")


@pytest.mark.parametrize("path", ["403", "429", "500", "503", "cut", "hang-up"])
def test_a_failure_of_the_moment_may_be_retried(server, path):
    with pytest.raises(TransientError, match="rerun later"):
        read_small_file(f"{server}/{path}/annotation.xml")


def test_nobody_listens(closed_port):
    with pytest.raises(TransientError, match="rerun later"):
        read_small_file(f"{closed_port}/annotation.xml")


def test_local_files_that_cannot_be_read(tmp_path):
    for path in (tmp_path / "none.xml", tmp_path):
        with pytest.raises(SceneError, match=str(path)):
            read_small_file(str(path))
