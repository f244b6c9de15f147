"""Kinds of models that a training recipe names, and what each of them can be told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from smmap.spec.card import ModelInput
from smmap.spec.options import Options


class Between(Options):
    """A number is drawn from low to high, both included."""

    low: float
    """Smallest."""
    high: float
    """Largest."""
    log: bool = False
    """True: its logarithm is drawn evenly."""
    whole: bool = False
    """True: a whole number."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high or (self.log and self.low <= 0):
            raise ValueError("'low' must be below 'high', and above 0 for 'log'")
        return self


class OneOf(Options):
    """One of these is drawn."""

    choices: tuple[Any, ...] = Field(min_length=1)
    """Values of the option."""


class MemberOptions(Options):
    """What every kind has."""

    name: str = Field(default="", pattern=r"^[a-z0-9-]*$")
    """Of its file and in reports; empty: its kind."""
    weight: float = Field(default=1.0, gt=0)
    """Share where the recipe's ``combine`` is ``given``."""
    packaged: bool = True
    """False: it is scored beside the others, but is no part of the package."""
    tune: dict[str, Between | OneOf] = Field(default_factory=dict)
    """Option -> what is tried for it, within the training rows."""

    @model_validator(mode="after")
    def _tunes_options(self) -> Self:
        known = set(type(self).model_fields) - set(MemberOptions.model_fields) - {"kind"}
        strangers = sorted(set(self.tune) - known)
        if strangers:
            raise ValueError(f"'tune' names {strangers}; there are {sorted(known)}")
        return self

    @property
    def title(self) -> str:
        """Its name, or its kind."""
        return self.name or str(getattr(self, "kind", ""))

    def change(self, values: dict[str, Any]) -> Self:
        """The same member with other options, checked.

        Raises
        ------
        ConfigError
            If one is not an option of this kind.
        """
        return self.parse(self.model_dump() | values, f"member '{self.title}'")


class RandomForest(MemberOptions):
    """scikit-learn's ``RandomForestRegressor``."""

    kind: Literal["random-forest"]
    trees: int = Field(default=500, ge=1)
    """How many."""
    depth: int | None = Field(default=None, ge=1)
    """Deepest; None: as deep as it goes."""
    samples_to_split: int = Field(default=2, ge=2)
    """Of a node that is split."""
    samples_in_leaf: int = Field(default=1, ge=1)
    """At least."""
    features: float | Literal["sqrt", "log2"] = 1.0
    """Looked at for a split: a share, or a function of their number."""


class Xgboost(MemberOptions):
    """Boosted trees of XGBoost, by histograms and squared error."""

    kind: Literal["xgboost"]
    rounds: int = Field(default=500, ge=1)
    """Trees."""
    depth: int = Field(default=6, ge=1)
    """Deepest."""
    learning_rate: float = Field(default=0.1, gt=0)
    """Share of each tree (eta)."""
    subsample: float = Field(default=1.0, gt=0, le=1)
    """Share of the rows for each tree."""
    features: float = Field(default=1.0, gt=0, le=1)
    """Share of the inputs for each tree (colsample_bytree)."""
    child_weight: float = Field(default=1.0, ge=0)
    """Rows of a leaf, at least."""
    ridge: float = Field(default=1.0, ge=0)
    """L2 penalty on leaves (lambda)."""


class Svr(MemberOptions):
    """scikit-learn's ``SVR``; its file holds rows of the training data, unless it is linear."""

    kind: Literal["svr"]
    cost: float = Field(default=1.0, gt=0)
    """Of an error beyond the tube (C)."""
    epsilon: float = Field(default=0.1, ge=0)
    """Half-width of the tube, in the target's units as they are fitted."""
    kernel: Literal["linear", "rbf", "poly", "sigmoid"] = "rbf"
    """Of the support vectors."""
    gamma: float | Literal["scale", "auto"] = "scale"
    """Of the kernel."""
    standardise: bool = True
    """True: inputs and target are fitted as (x - mean) / standard deviation."""


class Mlp(MemberOptions):
    """scikit-learn's ``MLPRegressor``."""

    kind: Literal["mlp"]
    hidden: tuple[int, ...] = Field(default=(32, 32), min_length=1)
    """Neurons of each hidden layer."""
    activation: Literal["relu", "tanh"] = "relu"
    """Behind each of them."""
    penalty: float = Field(default=1e-4, ge=0)
    """L2 (alpha)."""
    learning_rate: float = Field(default=1e-3, gt=0)
    """First of Adam."""
    solver: Literal["adam", "lbfgs"] = "adam"
    """``lbfgs`` for few rows."""
    iterations: int = Field(default=200, ge=1)
    """Passes over the rows, at most."""
    standardise: bool = True
    """True: inputs and target are fitted as (x - mean) / standard deviation."""


class Physics(MemberOptions):
    """The packaged model ``physics``; it is not fitted, but for an offset.

    It needs unscaled inputs ``backscatter_db`` (VV) and ``incidence_deg``.
    """

    kind: Literal["physics"]
    ndvi: float = Field(default=0.4, ge=0, le=0.95)
    """Assumed of all samples."""
    calibrate: Literal["offset", "none"] = "offset"
    """``offset``: the mean of the training rows is met."""

    @staticmethod
    def find_needed(inputs: Sequence[ModelInput]) -> tuple[str, ...]:
        """Names of the inputs that it takes; fewer than two: some are not there."""
        return tuple(
            one.name
            for one in inputs
            if one.scaling.method == "none"
            and (one.feature, one.options.get("polarisation"))
            in (("backscatter_db", "vv"), ("incidence_deg", None))
        )


class ProcessorOptions(MemberOptions):
    """What fits a network of PyTorch."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """What fits it; ``auto``: a GPU where there is one. The package runs anywhere."""
    precision: Literal["float32", "mixed"] = "float32"
    """``mixed``: products in bfloat16, weights and loss in float32."""


class NetworkOptions(ProcessorOptions):
    """What networks of PyTorch have that look at rows."""

    epochs: int = Field(default=150, ge=1)
    """Passes over the rows, at most."""
    batch: int = Field(default=1024, ge=2)
    """Rows of a step."""
    learning_rate: float = Field(default=1e-4, gt=0)
    """Of Adam."""
    patience: int = Field(default=0, ge=0)
    """Passes without a better prediction of ``held_out`` after which it ends, and the best is
    kept; 0: all passes."""
    held_out: float = Field(default=0.1, gt=0, lt=1)
    """Share of the groups of the training rows that stop it, where ``patience`` is not 0."""
    dropout: float = Field(default=0.2, ge=0, lt=1)
    """Share of units left out in a step."""


class Cnn1d(NetworkOptions):
    """Convolutions along the inputs."""

    kind: Literal["cnn1d"]
    filters: tuple[int, ...] = Field(default=(64, 128), min_length=1)
    """Of each convolution, three inputs wide."""
    hidden: int = Field(default=256, ge=1)
    """Units behind them."""


class Lstm(NetworkOptions):
    """Long short-term memory along the overpasses of ``history``; the last state decides."""

    kind: Literal["lstm"]
    layers: int = Field(default=3, ge=1)
    """On top of each other."""
    units: int = Field(default=256, ge=1)
    """Of each layer."""
    dropout: float = Field(default=0.3, ge=0, lt=1)
    """Share of units left out between layers in a step."""


class Tabnet(NetworkOptions):
    """TabNet of pytorch-tabnet (Arik and Pfister 2021, doi:10.1609/aaai.v35i8.16826)."""

    kind: Literal["tabnet"]
    width: int = Field(default=64, ge=1)
    """Units of decision and of attention (n_d = n_a)."""
    steps: int = Field(default=3, ge=1)
    """Of decision."""
    gamma: float = Field(default=1.3, ge=1)
    """How freely an input is used again in later steps."""
    sparsity: float = Field(default=1e-3, ge=0)
    """Weight of the attention's entropy in the loss (lambda_sparse)."""
    virtual_batch: int = Field(default=128, ge=2)
    """Rows of a ghost batch."""


class TwoBranch(ProcessorOptions):
    """Convolutions over two images around a cell (Batchu et al. 2023), for recipes with windows."""

    kind: Literal["two-branch"]
    steps: int = Field(default=600_000, ge=1)
    """Batches, each drawn from the training rows."""
    batch: int = Field(default=64, ge=2)
    """Samples of a step."""
    learning_rate: float = Field(default=0.05, gt=0)
    """First; falls to 0 with the power 0.9 of the steps that are left."""
    momentum: float = Field(default=0.9, ge=0, lt=1)
    """Of the gradient descent."""
    weight_decay: float = Field(default=5e-5, ge=0)
    """L2 penalty on the weights of convolutions and dense layers."""
    huber: float = Field(default=0.4, gt=0)
    """Error from which the loss grows straight, m3/m3 (delta)."""
    evaluate_every: int = Field(default=5000, ge=1)
    """Steps between predictions of the validation rows; the best weights are kept."""
    patience: int = Field(default=0, ge=0)
    """Such predictions without a better one after which it ends; 0: all steps."""
    features: int = Field(default=8, ge=1)
    """Features a side that are pooled: 8 of 320 m, windows of 476 and of 28 pixels."""
    width: float = Field(default=1.0, gt=0)
    """Share of the layers of Xception-65, for the fine branch."""
    middle: int = Field(default=16, ge=0)
    """Blocks of its middle flow."""
    coarse_width: float = Field(default=0.25, gt=0)
    """Share of the layers of Xception-41, for the coarse branch."""
    coarse_middle: int = Field(default=8, ge=0)
    """Blocks of its middle flow."""
    keep_path: float = Field(default=0.6, gt=0, le=1)
    """Probability that the last residual block is kept in a step."""
    keep_first: tuple[float, float, float] = (0.5, 0.5, 0.6)
    """Shares of units that are kept in a step, in the first fusion head."""
    keep_second: tuple[float, float] = (0.9, 0.9)
    """The same of the second."""
    augment: bool = True
    """True: training images are rotated, flipped and sheared about the cell."""


MemberSpec = Annotated[
    RandomForest | Xgboost | Svr | Mlp | Physics | Cnn1d | Lstm | Tabnet | TwoBranch,
    Field(discriminator="kind"),
]

TREES = ("random-forest", "xgboost")
"""Kinds that decide on missing inputs themselves."""
