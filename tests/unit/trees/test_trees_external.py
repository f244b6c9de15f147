"""Constants that lie, or say that they lie, in other files: damaged, missing, out of reach."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto
from tree_files import Branch, Forest, Leaf, make_model, make_regressor

from smmap.spec.errors import ModelError
from smmap.trees.engine import load_engine

FOREST = Forest([Branch(0, "BRANCH_LT", 0.5, False, Leaf({0: 0.25}), Leaf({0: 0.5}))], 1)
PIXELS = np.array([[0.2], [0.7]], np.float32)
OUT_OF_REACH = ["none.bin", ".", "../m.onnx", "/dev/zero", "a\0b", "a" * 300]


def lie_elsewhere(location):
    tensor = TensorProto(name="elsewhere", data_type=TensorProto.FLOAT, dims=[1])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    return tensor


def save(folder, constant=None, unused=()):
    model = make_model(make_regressor(FOREST), features=1, added=constant and [2.0])
    if constant:
        place = model.graph.initializer[0]
        constant.name = place.name
        place.CopyFrom(constant)
    model.graph.initializer.extend(unused)
    (folder / "m.onnx").write_bytes(model.SerializeToString())
    return folder / "m.onnx"


@pytest.mark.parametrize("location", OUT_OF_REACH)
def test_a_constant_that_cannot_be_read(tmp_path, location):
    path = save(tmp_path, lie_elsewhere(location))
    with pytest.raises(ModelError, match=r"m\.onnx: tensor '\w+' cannot be read"):
        load_engine(path)


@pytest.mark.parametrize("location", OUT_OF_REACH)
def test_files_that_nobody_asks_for_are_not_looked_at(tmp_path, location):
    engine = load_engine(save(tmp_path, unused=[lie_elsewhere(location)]))
    assert list(engine.packed.sources) == ["m.onnx"]
    assert engine.predict(PIXELS).ravel().tolist() == [0.25, 0.5]


def test_where_a_constant_lay_once_does_not_matter(tmp_path):
    tensor = onnx.numpy_helper.from_array(np.array([2.0], np.float32))
    tensor.external_data.add(key="location", value="none.bin")
    engine = load_engine(save(tmp_path, tensor))
    assert engine.predict(PIXELS).ravel().tolist() == [2.25, 2.5]
