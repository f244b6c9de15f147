"""Opens damaged files by the thousand: refused in words, or predicted as their attributes say.

Run by test_trees_fuzz.py in a process of its own, which must end by itself.
"""

import random
import sys
from itertools import product
from pathlib import Path

import numpy as np
from tree_files import MODES, make_ensemble, make_forest, make_model, make_pixels, make_regressor

from smmap.spec.errors import ModelError
from smmap.trees import _kernel
from smmap.trees.engine import TreeEngine
from smmap.trees.kernels import list_kernels
from smmap.trees.load_ensemble import load_ensemble
from smmap.trees.pack import pack
from smmap.trees.way import WAYS

ODD = (-(2**63), -(2**31), -2, -1, 0, 1, 2, 3, 7, 255, 2**31 - 1, 2**31, 2**40, 2**63 - 1)
ODD_FLOATS = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, 3e38)


def predict(path, pixels):
    ensemble = load_ensemble(path)
    packed = pack(ensemble, {path.name: ""}, lambda size: np.zeros(size, np.uint8))
    assert _kernel.fits(*packed.description)
    width = packed.features or max(packed.needs, pixels.shape[1])
    pixels = np.pad(pixels, ((0, 0), (0, max(0, width - pixels.shape[1]))))[:, :width]
    hows = product(list_kernels(), WAYS)
    results = [TreeEngine(packed, kernel, 1, way).predict(pixels) for kernel, way in hows]
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])
    return results[0]


def walk(attributes, pixels):
    """What the operator's text says of attributes that were found sound."""
    n = len(attributes["nodes_modes"])
    trees = attributes["nodes_treeids"]
    place = {(trees[i], attributes["nodes_nodeids"][i]): i for i in range(n)}
    roots = [i for i in range(n) if i == 0 or trees[i] != trees[i - 1]]
    targets = range(len(attributes["target_ids"]))
    base = attributes.get("base_values") or [0.0] * attributes["n_targets"]
    out = np.zeros((len(pixels), attributes["n_targets"]), np.float32)
    for row, pixel in enumerate(pixels):
        sums = np.array(base, np.float32)
        for root in roots:
            at = root
            while attributes["nodes_modes"][at] != "LEAF":
                x = pixel[attributes["nodes_featureids"][at]]
                t = np.float32(attributes["nodes_values"][at])
                mode = MODES.index(attributes["nodes_modes"][at])
                goes = bool((x <= t, x < t, x >= t, x > t)[mode])
                if np.isnan(x):
                    goes = attributes["nodes_missing_value_tracks_true"][at] == 1
                side = "true" if goes else "false"
                at = place[trees[at], attributes[f"nodes_{side}nodeids"][at]]
            here = (trees[at], attributes["nodes_nodeids"][at])
            for k in targets:
                if (attributes["target_treeids"][k], attributes["target_nodeids"][k]) == here:
                    target = attributes["target_ids"][k]
                    sums[target] += np.float32(attributes["target_weights"][k])
        out[row] = sums
    return out


def damage(attributes, rng):
    """A number, a word or a length is changed."""
    lists = [name for name, value in attributes.items() if isinstance(value, list) and value]
    name = rng.choice(lists)
    values = list(attributes[name])
    place = rng.randrange(len(values))
    kind = rng.random()
    if kind < 0.1:
        values = values[:place]
    elif kind < 0.2:
        values += values[place:]
    elif isinstance(values[0], float):
        values[place] = rng.choice((*ODD_FLOATS, values[rng.randrange(len(values))]))
    elif isinstance(values[0], str):
        values[place] = rng.choice((*MODES, "LEAF", "BRANCH_EQ", "BRANCH", ""))
    else:
        values[place] = rng.choice((*ODD, len(values), values[rng.randrange(len(values))]))
    return {**attributes, name: values}


def try_attributes(path, rng, forest, pixels):
    attributes = make_regressor(forest)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        attributes = damage(attributes, rng)
    try:
        model = make_model(attributes, features=forest.features, targets=forest.targets)
        path.write_bytes(model.SerializeToString())
    except (TypeError, ValueError, OverflowError):  # onnx cannot even write that
        return False
    found = predict(path, pixels)
    np.testing.assert_array_equal(found, walk(attributes, pixels))
    return True


def try_version_5(path, rng, forest, pixels):
    attributes = damage(make_ensemble(forest), rng)
    try:
        model = make_model(attributes, features=forest.features, targets=forest.targets, opset=5)
        path.write_bytes(model.SerializeToString())
    except (TypeError, ValueError, OverflowError):
        return False
    assert predict(path, pixels).shape == (len(pixels), forest.targets)
    return True


def try_bytes(path, rng, forest, pixels):
    opset = rng.choice((3, 5))
    attributes = make_ensemble(forest) if opset == 5 else make_regressor(forest)
    model = make_model(attributes, features=forest.features, targets=forest.targets, opset=opset)
    data = bytearray(model.SerializeToString())
    if rng.random() < 0.2:
        del data[rng.randrange(len(data)) :]
    else:
        for _ in range(rng.choice((1, 1, 2, 8))):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    result = predict(path, pixels)
    assert len(result) == len(pixels)
    return True


def main(folder, seed, count):
    rng = random.Random(seed)
    path = Path(folder, "fuzzed.onnx")
    opened = refused = 0
    np.seterr(all="ignore")
    for number in range(count):
        shape = np.random.default_rng(rng.randrange(2**32))
        targets = rng.choice((1, 1, 2))
        forest = make_forest(shape, trees=3, depth=3, targets=targets, features=4)
        pixels = make_pixels(shape, forest, 3)
        attempt = (try_attributes, try_version_5, try_bytes)[number % 3]
        try:
            opened += attempt(path, rng, forest, pixels)
        except ModelError as error:
            refused += path.name in str(error)
    sys.stdout.write(f"{opened} {refused}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
