"""The processor that fits a network, and how exactly it computes."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch

from smmap.spec.errors import ConfigError
from smmap.spec.training_member import ProcessorOptions


def find_processor(spec: ProcessorOptions) -> torch.device:
    """The processor that a member asks for; ``auto`` is the GPU where there is one.

    Raises
    ------
    ConfigError
        If there is no GPU, or it does not compute in bfloat16 though ``precision`` is ``mixed``.
    """
    if spec.device == "cpu" or (spec.device == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise ConfigError(
            f"member '{spec.title}': 'device: cuda', but PyTorch finds no GPU; take auto or cpu, "
            "or install PyTorch's CUDA build"
        )
    if spec.precision == "mixed" and not torch.cuda.is_bf16_supported():
        raise ConfigError(
            f"member '{spec.title}': this GPU does not compute in bfloat16; take 'precision: "
            "float32'"
        )
    return torch.device("cuda", torch.cuda.current_device())


def cast(spec: ProcessorOptions, device: torch.device) -> AbstractContextManager[object]:
    """Products in bfloat16 where ``precision`` is ``mixed``; weights and losses stay float32."""
    if spec.precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)
