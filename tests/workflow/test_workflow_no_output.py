"""Where there is no output, or no answer, the verbs say so."""

from __future__ import annotations

import command_line
import pytest

from smmap.store import connect


@pytest.mark.parametrize("verb", ["status", "verify", "gc", "mosaic"])
def test_no_output_has_its_own_exit_code(verb, tmp_path):
    nothing = command_line.smmap(verb, tmp_path / "typo")
    assert (nothing.returncode, nothing.stdout) == (6, "")
    assert "typo is not an output of smmap" in nothing.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("verb", ["gc", "mosaic"])
def test_no_answer_has_its_own_exit_code(verb, monkeypatch):
    monkeypatch.setattr(connect, "RETRIES", 1)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    done = command_line.smmap(verb, "s3://maps/out")
    assert (done.returncode, done.stdout) == (7, "")
    assert "rerun later" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
