from collections.abc import Callable

import pytest

from smmap.spec.card import ModelCard


@pytest.fixture(scope="session")
def make_card() -> Callable[..., ModelCard]:
    """A card with these inputs, and the least of everything else."""

    def make(
        inputs=({"name": "ndvi", "feature": "ndvi", "units": "1"},),
        radiometry="sigma0_ellipsoid",
        quality=(),
    ):
        digest = "0" * 64
        return ModelCard.parse(
            {
                "name": "trial",
                "version": "1",
                "title": "Trial",
                "description": "For tests.",
                "architecture": "none",
                "licence": "Apache-2.0",
                "radiometry": radiometry,
                "missing": "invalid",
                "inputs": inputs,
                "quality": quality,
                "members": [{"file": "model.onnx", "sha256": digest}],
                "output": {},
                "golden": {"file": "golden.npz", "sha256": digest},
            },
            "card.yaml",
        )

    return make
