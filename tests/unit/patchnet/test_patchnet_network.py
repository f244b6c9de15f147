"""The two-branch network: what a cell sees, and that a map is its sliding window."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from smmap.patchnet.encoder import FineEncoder
from smmap.patchnet.network import CentrePooling, FusionHead, TwoBranchNetwork, compute_windows
from smmap.spec.training_member import TwoBranch

SMALL = {"width": 0.03, "middle": 1, "coarse_width": 0.01, "coarse_middle": 1}


def make_network(**options):
    spec = TwoBranch(kind="two-branch", **SMALL | options)
    torch.manual_seed(3)
    network = TwoBranchNetwork((3, 2, 1), spec, 0.2)
    for name, values in network.named_buffers():
        if name.endswith("running_var"):
            values.uniform_(0.5, 2.0)
    network.second[-1].weight.data.normal_()  # which begins at 0
    return network.eval(), compute_windows(spec.features)


def draw(*shape):
    return torch.randn(*shape)


@pytest.mark.parametrize("features", [1, 2, 3])
def test_a_large_image_gives_what_each_window_gives(features):
    network, (fine, coarse) = make_network(features=features)
    images = draw(1, 3, fine + 64, fine + 96), draw(1, 2, coarse + 4, coarse + 6)
    numbers = draw(1, 1, 3, 4)
    with torch.inference_mode():
        whole = network(*images, numbers)
        assert whole.shape == (1, 1, 3, 4)
        assert whole.std() > 1e-3
        for row in range(3):
            for col in range(4):
                one = network(
                    images[0][:, :, 32 * row : 32 * row + fine, 32 * col : 32 * col + fine],
                    images[1][:, :, 2 * row : 2 * row + coarse, 2 * col : 2 * col + coarse],
                    numbers[:, :, row : row + 1, col : col + 1],
                )
                assert one.shape == (1, 1, 1, 1)
                assert float(one) == pytest.approx(float(whole[0, 0, row, col]), abs=1e-5)


def test_every_pixel_of_a_window_counts_and_none_is_left_over():
    """The gradient reaches all four edges, so the window is neither too wide nor off the middle."""
    network, (fine, coarse) = make_network(features=2)
    images = draw(1, 3, fine, fine), draw(1, 2, coarse, coarse)
    seen = [torch.zeros_like(one) for one in images]
    for _ in range(4):  # a relu may be closed in one draw
        images = tuple(torch.randn_like(one).requires_grad_() for one in images)
        network(*images, draw(1, 1, 1, 1)).sum().backward()
        seen = [total + one.grad.abs() for total, one in zip(seen, images, strict=True)]
    for total in seen:
        across = total[0].sum(0)
        for edge in (across[0], across[-1], across[:, 0], across[:, -1]):
            assert edge.sum() > 0


def test_windows_of_the_study():
    assert compute_windows(8) == (476, 28)
    encoder = FineEncoder(2, width=0.02, middle=0, keep=1.0).eval()
    with torch.inference_mode():
        assert encoder(draw(1, 2, 476, 476)).shape[-2:] == (8, 8)


def test_the_middle_weighs_most():
    pooling = CentrePooling(1, 4)
    # Ramps 1 2 2 1 along both axes: the middle four weigh 4 / 36 each.
    expected = np.outer([1, 2, 2, 1], [1, 2, 2, 1]) / 36
    np.testing.assert_allclose(pooling.kernels[0, 0], expected, rtol=1e-6)
    features = torch.zeros(1, 1, 4, 4)
    features[0, 0, 1, 2] = 9.0
    assert float(pooling(features)) == pytest.approx(1.0)


def test_heads_are_as_printed():
    head = FusionHead(10, (128, 64, 1), (0.5, 0.5, 0.6))
    kinds = [type(one).__name__ for one in head]
    block = ["Dropout", "Conv2d", "BatchNorm2d", "SiLU"]
    assert kinds == [*block, *block, "Dropout", "Conv2d"]
    assert [one.p for one in head if isinstance(one, torch.nn.Dropout)] == [0.5, 0.5, 0.4]
    assert [one.out_channels for one in head if isinstance(one, torch.nn.Conv2d)] == [128, 64, 1]


def test_full_size_has_the_layers_of_xception_65():
    encoder = FineEncoder(10, width=1.0, middle=16, keep=0.6)
    assert encoder.outputs == 2048
    widths = [one.layers[-1][-1].num_features for one in encoder if hasattr(one, "shortcut")]
    assert widths == [128, 256, 728, *[728] * 16, 1024]


def test_dropped_paths_keep_the_mean():
    """In training a block is dropped or counts more, so that its mean stays what it is."""
    network, _ = make_network(keep_path=0.5)
    block = network.coarse[3]
    block._keep = 0.5
    image = draw(4000, block.layers[0][1].in_channels, 7, 7)[:1].expand(4000, -1, -1, -1)
    with torch.inference_mode():
        expected = block(image[:1])
        block.training = True  # its batch norms stay as they are
        found = block(image)
    kinds = {tuple(one.flatten().tolist()) for one in torch.round(found, decimals=4)}
    assert len(kinds) == 2
    scale = float((found - expected).abs().max())
    assert float((found.mean(0) - expected[0]).abs().max()) < 0.05 * scale
