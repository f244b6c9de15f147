"""Ghost batch normalisation, made plain for prediction."""

from __future__ import annotations

import copy
from typing import Any

from smmap.spec.errors import ModelError


def fold_ghost_norms(network: Any) -> Any:
    """A copy of a network whose ghost batch norms are plain ones.

    A ghost batch norm (Hoffer et al. 2017, arXiv:1705.08741) cuts a batch into virtual ones, to
    normalise each by its own mean. In prediction all are normalised by the same running mean, so
    that cutting and joining changes nothing; but an export would keep it, with the number of
    pieces that its example happened to have.

    Parameters
    ----------
    network
        A ``torch.nn.Module`` ready for prediction (``eval``), for example pytorch-tabnet's
        ``TabNet``. A ghost batch norm is a module with ``virtual_batch_size`` whose one child is a
        batch norm.

    Raises
    ------
    ModelError
        If it is still in training: then the two differ.
    """
    from torch import nn

    if network.training:
        raise ModelError("the network is in training; call its eval() before it is exported")
    folded = copy.deepcopy(network)
    for parent in list(folded.modules()):
        for name, child in list(parent.named_children()):
            norms = list(child.children())
            if hasattr(child, "virtual_batch_size") and [type(one) for one in norms] == [
                nn.BatchNorm1d
            ]:
                setattr(parent, name, norms[0])
    return folded
