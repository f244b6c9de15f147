import socket

import pytest

from smmap.spec.errors import SceneError, TransientError
from smmap.store.fetch import read_small_file
from smmap.store.probe import is_gone


@pytest.fixture
def closed_port() -> str:
    """An address where nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{one.getsockname()[1]}"


@pytest.mark.parametrize(
    "status, gone",
    [(200, True), (404, True), (410, True), (403, False), (429, False), (500, False), (503, False)],
)
def test_what_an_answer_says_of_a_file(server, status, gone):
    assert is_gone(f"{server}/{status}/file.tif") is gone


def test_no_answer_says_nothing(server, closed_port):
    assert is_gone(f"{closed_port}/file.tif") is False
    assert is_gone(f"{server}/hang-up/file.tif") is False
    assert is_gone("/no/such/file.tif") is False


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
