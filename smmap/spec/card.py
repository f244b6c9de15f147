"""A model card: all that mapping must know of a model, in the terms of STAC MLM."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from smmap.spec.definition import Reflectance
from smmap.spec.history import History
from smmap.spec.join import Join
from smmap.spec.limit import Limit
from smmap.spec.options import Options
from smmap.spec.sample_columns import SampleColumns, Target
from smmap.spec.source import SourceKey
from smmap.spec.trained_on import TrainedOn
from smmap.spec.windows import SizedWindows

_NAME = r"[A-Za-z0-9_-][A-Za-z0-9_.+-]*"
PackagePath = Annotated[str, Field(pattern=rf"^{_NAME}(/{_NAME})*$")]
"""Path of a file within its package, with forward slashes."""

RadarMeaning = Literal["sigma0_ellipsoid", "sigma0_from_rtc", "gamma0_ellipsoid", "gamma0_terrain"]


class NoScaling(Options):
    """The feature goes in as it is."""

    method: Literal["none"] = "none"


class MinMaxScaling(Options):
    """(x - low) / (high - low), stretched onto ``to``."""

    method: Literal["min-max"]
    low: float
    """Feature value that becomes the first of ``to``."""
    high: float
    """Feature value that becomes the second of ``to``."""
    to: tuple[float, float] = (0.0, 1.0)
    """Target range."""

    @model_validator(mode="after")
    def _not_flat(self) -> MinMaxScaling:
        if self.low == self.high:
            raise ValueError("'low' and 'high' are equal")
        return self


class StandardScaling(Options):
    """(x - mean) / std."""

    method: Literal["standard"]
    mean: float
    """Subtracted."""
    std: float = Field(gt=0)
    """Divided by."""


class LogScaling(Options):
    """sigmoid(gain * (ln(factor x + 1) - mean) / std - shift): log space as in Dynamic World.

    With ``sigmoid: false`` it stops at the standardised logarithm.
    """

    method: Literal["log"]
    factor: float = Field(gt=0)
    """Multiplies x before the logarithm."""
    mean: float = 0.0
    """Subtracted after the logarithm."""
    std: float = Field(default=1.0, gt=0)
    """Divided by after the logarithm."""
    sigmoid: bool = False
    """Whether the logistic function comes last."""
    gain: float = 1.0
    """Slope inside the logistic function."""
    shift: float = 0.0
    """Subtracted inside the logistic function."""


class CyclicScaling(Options):
    """sin or cos of 2 pi x / period."""

    method: Literal["cyclic"]
    period: float = Field(gt=0)
    """In the feature's own units: 360 for degrees, 365.25 for days."""
    part: Literal["sin", "cos"]
    """Which of the two columns this input is."""


Scaling = Annotated[
    NoScaling | MinMaxScaling | StandardScaling | LogScaling | CyclicScaling,
    Field(discriminator="method"),
]


class ModelInput(Options):
    """One column of the model's input."""

    name: str
    """Column name, unique."""
    feature: str
    """Name of the derivation, as registered in ``smmap.features``."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Options of the derivation."""
    units: str
    """Units before scaling."""
    source: SourceKey | None = None
    """Which of the recipe's sources it is derived from, where several could give it; None: the
    layers' usual one (radar, ``sentinel2``, ``dem``)."""
    join: Join | None = None
    """How data of other times are brought to the overpass; None: as the recipe says (optical)."""
    column: str | None = None
    """Column that holds it in tables of samples, in ``units``; None: ``name``."""
    scaling: Scaling = NoScaling()
    """What is done to it last."""
    training_range: tuple[float, float] | None = None
    """Smallest and largest value seen in training, before scaling; outside: flagged."""

    @model_validator(mode="after")
    def _ordered(self) -> ModelInput:
        if self.training_range is not None and self.training_range[0] >= self.training_range[1]:
            raise ValueError("'training_range' must have the smaller value first")
        return self


def derive_column(limit: Limit) -> ModelInput | None:
    """The column of a limit as an input; None where it is not said how it is made."""
    if limit.feature is None:
        return None
    return ModelInput(
        name=limit.column,
        feature=limit.feature,
        options=limit.options,
        units=limit.units,
        source=limit.source,
        join=limit.join,
    )


class Member(Options):
    """One ONNX file of the package."""

    file: PackagePath
    """Path within the package."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Checksum of the file."""
    weight: float = Field(default=1.0, gt=0)
    """Share in the ensemble; weights are normalised to sum 1."""


class ModelOutput(Options):
    """What the members give."""

    columns: tuple[Literal["sm", "log_variance"], ...] = ("sm",)
    """Output columns in order; ``log_variance`` is ln((m3/m3)^2)."""
    units: Literal["m3 m-3"] = "m3 m-3"
    """Volumetric soil moisture."""
    valid_range: tuple[float, float] = (0.0, 0.6)
    """Outside: no value, flagged out of bounds."""
    unreliable_above: float | None = None
    """Above: the value stays, flagged unreliable."""
    depth: tuple[float, float] = (0.0, 0.05)
    """Soil depth that the value stands for, metres."""

    @model_validator(mode="after")
    def _sensible(self) -> ModelOutput:
        if (
            not self.columns
            or self.columns[0] != "sm"
            or len(set(self.columns)) < len(self.columns)
        ):
            raise ValueError("the first column must be 'sm', and none may come twice")
        low, high = self.valid_range
        if not 0 <= low < high <= 1:
            raise ValueError("'valid_range' must lie within 0..1 m3/m3, the lower value first")
        if not 0 <= self.depth[0] < self.depth[1]:
            raise ValueError("'depth' must be top and bottom, metres below the surface")
        return self


class Golden(Options):
    """Inputs and outputs that must come back when the package is opened."""

    file: PackagePath
    """An npz file within the package with arrays ``inputs`` (n, features) and ``outputs`` (n,); of
    a model with windows one array a branch (n, layers, y, x), ``numbers`` (n, numbers, 1, 1) and
    ``outputs`` (n,)."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Checksum of the file."""
    tolerance: float = Field(default=1e-5, gt=0)
    """Largest absolute difference, m3/m3."""


class Domain(Options):
    """Where the training data lie: an occupancy grid over some inputs."""

    file: PackagePath
    """An npz file within the package: ``occupied`` (bool, one axis an input) and ``edges_<i>``."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Checksum of the file."""
    inputs: tuple[str, ...]
    """Names of the inputs that span it, in axis order."""


class ModelCard(Options):
    """``card.yaml`` of a model package."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    """Package name."""
    version: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+_-]*$")
    """Changes whenever the members do."""
    title: str
    """What a person reads."""
    description: str
    """What it is fitted on, what it is good for, what not."""
    architecture: str
    """For example ``MLP 3-32-32-2 tanh``."""
    framework: str = "onnx"
    """What it was made with."""
    licence: str
    """SPDX id."""
    citations: tuple[str, ...] = ()
    """DOIs of the method."""
    radiometry: RadarMeaning
    """What its radar inputs were in training; others are converted or refused."""
    aggregation: Literal["mean_power", "mean_db"] = "mean_power"
    """How pixels became cells in training."""
    reflectance: Reflectance = "surface"
    """Of what its reflectances are; a source that gives the other is refused."""
    missing: Literal["invalid", "model"]
    """``invalid``: any NaN input gives NaN; ``model``: the model's own branches decide."""
    inputs: tuple[ModelInput, ...] = Field(min_length=1)
    """Columns in order."""
    quality: tuple[Limit, ...] = ()
    """Quality control of its training, on inputs' columns and on derived ones: outside it gives no
    value, and looks back to none."""
    history: History | None = None
    """Earlier overpasses that it takes too, step after step; None: the overpass alone."""
    table: SampleColumns | None = None
    """What tables of samples call stations and times; None: by their own names."""
    target: Target | None = None
    """What they call soil moisture, and in which units; None: ``soil_moisture``, m3/m3."""
    trained_on: TrainedOn | None = None
    """Sites of its samples, to know them again; None: nobody said."""
    members: tuple[Member, ...] = Field(min_length=1)
    """The ensemble; one member is an ordinary model."""
    output: ModelOutput
    """Columns, units and bounds."""
    golden: Golden
    """Checked when the package is opened."""
    domain: Domain | None = None
    """Where it may be applied; outside: flagged."""
    windows: SizedWindows | None = None
    """Which inputs it sees as images around a cell; None: it looks at pixels alone."""
    metrics: dict[str, Any] = Field(default_factory=dict)
    """Figures with the split they come from."""
    training: dict[str, Any] = Field(default_factory=dict)
    """Command, seed, cases, code version."""
    expectations: str = ""
    """What a user should expect in the field."""

    @property
    def columns(self) -> int:
        """Columns that the members take: the inputs, at each step of a history."""
        count = len(self.inputs)
        return self.history.count_columns(count) if self.history else count

    @model_validator(mode="after")
    def _consistent(self) -> ModelCard:
        names = [column.name for column in self.inputs]
        if len(set(names)) != len(names):
            raise ValueError("input names repeat")
        strangers = sorted(set(self.domain.inputs if self.domain else ()) - set(names))
        if strangers:
            raise ValueError(f"'domain.inputs' names {strangers}, which are no inputs")
        columns = {one.column or one.name for one in self.inputs}
        strangers = [
            one.column for one in self.quality if not (one.feature or one.column in columns)
        ]
        if strangers:
            raise ValueError(f"'quality' limits {strangers}, which are no inputs' columns")
        if not math.isfinite(sum(member.weight for member in self.members)):
            raise ValueError("member weights must be finite")
        if self.windows is not None:
            self.windows.check_inputs(names)
            if any(set(one.fills) != set(one.inputs) for one in self.windows.branches):
                raise ValueError("'fills' of a branch must name each of its inputs")
            if self.missing != "invalid" or self.domain or self.output.columns != ("sm",):
                raise ValueError(
                    "'windows' go with 'missing: invalid', one output column and no 'domain'"
                )
        return self
