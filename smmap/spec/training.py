"""A training recipe: which columns of a table of samples make which model, and how it is judged."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from smmap.spec.card import ModelInput, ModelOutput, RadarMeaning
from smmap.spec.definition import Reflectance
from smmap.spec.history import History
from smmap.spec.input_list import InputList
from smmap.spec.join import Join
from smmap.spec.options import Options
from smmap.spec.sample_columns import SampleColumns
from smmap.spec.source import SourceKey
from smmap.spec.training_member import TREES, Lstm, MemberSpec, TwoBranch
from smmap.spec.windows import Windows


class Target(Options):
    """What is learnt."""

    column: str = "soil_moisture"
    """Of the table."""
    units: str = "m3/m3"
    """``m3/m3`` or ``percent`` (by volume)."""


class Limit(Options):
    """Rows outside, or without a value, are dropped."""

    column: str
    """Of the table."""
    least: float | None = None
    """Smallest that stays."""
    most: float | None = None
    """Largest that stays."""
    feature: str | None = None
    """Of a column that is no input: its derivation, by which `smmap samples` fills it; ``options``,
    ``units``, ``source`` and ``join`` belong to it, and mean what they do in an input."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Options of the derivation."""
    units: str = "1"
    """Units of the derivation."""
    source: SourceKey | None = None
    """Which of the sources it is derived from."""
    join: Join | None = None
    """How data of other times are brought to the overpass."""

    @model_validator(mode="after")
    def _derived_by_a_feature(self) -> Self:
        if self.feature is None and (self.options or self.source or self.join):
            raise ValueError(
                "'options', 'source' and 'join' belong to a 'feature', which is missing"
            )
        return self

    def derive(self) -> ModelInput | None:
        """The column as an input; None where the recipe does not say how it is made."""
        if self.feature is None:
            return None
        return ModelInput(
            name=self.column,
            feature=self.feature,
            options=self.options,
            units=self.units,
            source=self.source,
            join=self.join,
        )


class Tuning(Options):
    """How the options under ``tune`` are found."""

    trials: int = Field(default=30, ge=1)
    """Tried for each member."""
    sampler: Literal["tpe", "random"] = "tpe"
    """``random`` draws them independently."""
    on_test_rows: bool = False
    """True: scored on the rows that judge the model afterwards, as some studies did. It flatters;
    it is here to reproduce them, and warns."""


class Small(Options):
    """What ``--small`` changes: a rough model in seconds to minutes."""

    rows: int | None = Field(default=2000, ge=10)
    """Rows drawn from a table that has more; None: all."""
    trials: int = Field(default=2, ge=1)
    """Of tuning."""
    folds: int = Field(default=3, ge=2)
    """Of every split that has folds."""
    members: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Name of a member -> options that differ."""


class TrainingRecipe(Options):
    """``recipe.yaml`` of a model that is trained on a table."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    """Package name."""
    title: str
    """What a person reads."""
    description: str
    """What it is fitted on, what it is good for, what not."""
    expectations: str = ""
    """What a user should expect in the field."""
    deviations: tuple[str, ...] = ()
    """Where it departs from the study that it follows."""
    licence: str
    """SPDX id of the model."""
    data: str = ""
    """Whose samples, and their licence."""
    citations: tuple[str, ...] = ()
    """DOIs of the method."""
    radiometry: RadarMeaning
    """What the radar columns are."""
    aggregation: Literal["mean_power", "mean_db"] = "mean_power"
    """How pixels became samples."""
    reflectance: Reflectance = "surface"
    """Of what reflectances are."""
    missing: Literal["invalid", "model"] = "invalid"
    """``invalid``: rows without an input are dropped, without a value; ``model``: trees decide."""
    columns: SampleColumns = SampleColumns()
    """Of the table."""
    target: Target = Target()
    """What is learnt."""
    unique: tuple[str, ...] = ()
    """Columns that no two samples share; later ones are dropped."""
    quality: tuple[Limit, ...] = ()
    """Which rows stay."""
    inputs: tuple[ModelInput, ...] = Field(min_length=1)
    """As the card will name them; ``training_range`` comes from the data."""
    history: History | None = None
    """Earlier overpasses that the model takes too: earlier rows of a station; None: none."""
    windows: Windows | None = None
    """Which inputs are images around a cell, so that samples are patches; None: none."""
    members: tuple[MemberSpec, ...] = Field(min_length=1)
    """Models that are fitted."""
    combine: Literal["given", "weighted", "best"] = "given"
    """``given``: by their weights; ``weighted``: weights from predictions of rows that the members
    did not see; ``best``: the one that predicts those best."""
    splits: tuple[str, ...] = Field(default=("station", "random"), min_length=1)
    """Schemes that judge it; the first that is not random is the one that counts."""
    folds: int = Field(default=5, ge=2)
    """Of schemes that have folds."""
    inner: str = "station"
    """By what training rows are split for tuning, weights and stopping."""
    inner_folds: int = Field(default=4, ge=2)
    """Of these."""
    tuning: Tuning = Tuning()
    """Of members that name options under ``tune``."""
    seed: int = Field(default=42, ge=0)
    """Of splits, draws and first weights."""
    output: ModelOutput = ModelOutput()
    """Bounds and depth."""
    small: Small = Small()
    """The rough form."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for what, names in (
            ("inputs", [one.name for one in self.inputs]),
            ("members", [one.title for one in self.members]),
            ("splits", list(self.splits)),
        ):
            twice = sorted({one for one in names if names.count(one) > 1})
            if twice:
                raise ValueError(f"'{what}' names {twice} twice")
        deaf = [one.title for one in self.members if one.kind not in TREES]
        if self.missing == "model" and deaf:
            raise ValueError(f"'missing: model' is for trees; {deaf} cannot take missing inputs")
        unmoved = [one.title for one in self.members if isinstance(one, Lstm)]
        if unmoved and self.history is None:
            raise ValueError(f"{unmoved} run along overpasses: set 'history'")
        if not any(one.packaged for one in self.members):
            raise ValueError("no member has 'packaged: true'")
        strangers = sorted(set(self.small.members) - {one.title for one in self.members})
        if strangers:
            raise ValueError(f"'small.members' names {strangers}, which are no members")
        if any(one.training_range is not None for one in self.inputs):
            raise ValueError("'training_range' comes from the data; leave it out")
        self._check_windows()
        return self

    def _check_windows(self) -> None:
        looks = [one for one in self.members if isinstance(one, TwoBranch)]
        if (self.windows is not None) != bool(looks):
            raise ValueError("'windows' and a member of the kind 'two-branch' go together")
        if self.windows is None:
            return
        if len(self.members) > 1 or looks[0].tune or self.missing == "model":
            raise ValueError("'windows' go with one member, without 'tune' and 'missing: model'")
        if len(self.windows.branches) != 2:
            raise ValueError("a member of the kind 'two-branch' has two 'windows.branches'")
        self.windows.check_inputs([one.name for one in self.inputs])
        if looks[0].augment and any(one.feature == "aspect_deg" for one in self.inputs):
            raise ValueError("'augment' turns images, and would have to turn 'aspect_deg' too")

    def list_inputs(self) -> InputList:
        """What is asked of the sources: its inputs, then columns of its quality control."""
        derived = [one for limit in self.quality if (one := limit.derive()) is not None]
        return InputList(
            name=self.name,
            radiometry=self.radiometry,
            aggregation=self.aggregation,
            reflectance=self.reflectance,
            missing=self.missing,
            inputs=(*self.inputs, *derived),
        )

    def shrink(self) -> TrainingRecipe:
        """The form for ``--small``.

        Raises
        ------
        ConfigError
            If ``small`` names an option that its member does not have.
        """
        small = self.small
        members = tuple(one.change(small.members.get(one.title, {})) for one in self.members)
        tuning = self.tuning.model_copy(update={"trials": min(small.trials, self.tuning.trials)})
        folds = {key: min(small.folds, getattr(self, key)) for key in ("folds", "inner_folds")}
        return self.model_copy(update={"members": members, "tuning": tuning} | folds)
