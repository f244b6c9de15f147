"""What is wrong with a model is said of the model, not of a recipe that it is not."""

import shutil

import pytest

from smmap.cli.inspect import describe
from smmap.data import get_folder
from smmap.spec.errors import ConfigError, ModelError


@pytest.fixture
def package(tmp_path):
    return shutil.copytree(get_folder("models") / "poland2024", tmp_path / "poland2024")


@pytest.mark.parametrize("content", [b"", b"TreeEnsemble", b"name: value", b"\xff" * 99])
def test_a_file_that_is_no_onnx(tmp_path, content):
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"m\.onnx: ONNX Runtime cannot open it"):
        describe(str(tmp_path / "m.onnx"))


def test_a_truncated_file(package):
    path = package / "xgboost.onnx"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError, match=r"xgboost\.onnx: ONNX Runtime cannot open it"):
        describe(str(path))
    with pytest.raises(ModelError, match=r"xgboost\.onnx: checksum"):
        describe(str(package))


def test_a_kernel_that_there_is_not(package, monkeypatch):
    monkeypatch.setenv("SMMAP_TREE_KERNEL", "sse")
    with pytest.raises(ConfigError, match="SMMAP_TREE_KERNEL=sse"):
        describe(str(package / "xgboost.onnx"))


def test_a_folder_without_a_card(tmp_path):
    with pytest.raises(ModelError, match=r"give a folder with card\.yaml"):
        describe(str(tmp_path))
