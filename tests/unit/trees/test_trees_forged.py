"""Packed forms that are wrong in themselves under checksums that are right: made again."""

import hashlib
import json

import numpy as np
import pytest
from tree_files import make_forest, make_pixels, walk, write_forest

from smmap.trees import packed
from smmap.trees.engine import load_engine

FOREST = make_forest(np.random.default_rng(5), trees=8, depth=6)
PIXELS = make_pixels(np.random.default_rng(6), FOREST, 50)
EXPECTED = walk(FOREST, PIXELS)
FRONT = len(packed.MAGIC) + 32


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return write_forest(FOREST, tmp_path / "model.onnx")


def kept(path):
    return path.with_name("model.onnx.trees")


def check_made_again(path, whole):
    np.testing.assert_array_equal(load_engine(path).predict(PIXELS), EXPECTED)
    assert kept(path).read_bytes() == whole


def forge_text(path, whole, text):
    """A header of spaces behind the text, which JSON allows."""
    text = text.ljust(packed.HEADER - FRONT)
    front = packed.MAGIC + hashlib.sha256(text).digest() + text
    kept(path).write_bytes(front + whole[packed.HEADER :])


@pytest.mark.parametrize("text", [b"", b"[1, 2", b"[]", b"7", b"{}"])
def test_a_header_of_another_kind(path, text):
    load_engine(path)
    whole = kept(path).read_bytes()
    forge_text(path, whole, text)
    check_made_again(path, whole)


@pytest.mark.parametrize("name", ["format", "wide", "bits", "needs", "sources", "counts", "sha256"])
@pytest.mark.parametrize("value", [None, "x", -1, 2**40, {}])
def test_a_header_with_an_odd_value(path, name, value):
    load_engine(path)
    whole = kept(path).read_bytes()
    header = json.loads(whole[FRONT : packed.HEADER].rstrip(b"\0"))
    forge_text(path, whole, json.dumps({**header, name: value}).encode())
    check_made_again(path, whole)


@pytest.mark.parametrize("edit", ["one more", "one less"])
def test_a_header_with_other_names(path, edit):
    load_engine(path)
    whole = kept(path).read_bytes()
    header = json.loads(whole[FRONT : packed.HEADER].rstrip(b"\0"))
    header.pop("needs") if edit == "one less" else header.update(more=1)
    forge_text(path, whole, json.dumps(header).encode())
    check_made_again(path, whole)


@pytest.mark.parametrize("feature", [3, 2**31, 2**32 - 1])
def test_a_column_of_a_feature_that_there_is_not(path, feature):
    load_engine(path)
    whole = kept(path).read_bytes()
    forged = np.frombuffer(bytearray(whole), np.uint8)
    form = packed.read_packed(forged)
    assert form.features == 3
    form.arrays["columns"]["feature"][0] = feature
    packed.write_header(forged, form)
    kept(path).write_bytes(forged.tobytes())
    check_made_again(path, whole)
