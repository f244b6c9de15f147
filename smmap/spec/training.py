"""A training recipe: which columns of a table of samples make which model, and how it is judged."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from smmap.spec.card import ModelInput, ModelOutput, RadarMeaning, derive_column
from smmap.spec.definition import Reflectance
from smmap.spec.history import History
from smmap.spec.input_list import InputList
from smmap.spec.limit import Limit
from smmap.spec.options import Options
from smmap.spec.reading_options import ReadingOptions
from smmap.spec.sample_columns import SampleColumns, Target
from smmap.spec.training_member import (
    TREES,
    Lstm,
    MemberSpec,
    Physics,
    ProcessorOptions,
    TwoBranch,
)
from smmap.spec.training_parts import Ablation, Small, Tuning
from smmap.spec.training_scenarios import DEFAULT_SPLITS, SCENARIOS, Scenarios
from smmap.spec.windows import Windows


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
    readings: ReadingOptions = ReadingOptions()
    """Which readings of stations become its samples, and of what ground."""
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
    combine: Literal["given", "weighted", "searched", "best"] = "given"
    """``given``: by their weights; ``weighted``: weights of least squares from predictions of rows
    that the members did not see; ``searched``: the same sought by Optuna; ``best``: the one that
    predicts those best."""
    splits: tuple[str, ...] = Field(default=DEFAULT_SPLITS, min_length=1)
    """Schemes that judge it; the first that is not random is the one that counts, and must be
    possible. Named ones that the table cannot give (years, where it has one) are left out with a
    warning. Scenarios (``zhu-spatial`` ...) stand behind others, and give learning curves."""
    scenarios: Scenarios = Scenarios()
    """Sizes and repeats of those."""
    ablation: Ablation = Ablation()
    """Which inputs it is also judged without; not in the small form."""
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
        if set(self.splits) <= set(SCENARIOS):
            raise ValueError("'splits' needs one that tests every sample, beside scenarios")
        names = [one.name for one in self.inputs]
        for what, left_out in self.ablation.without.items():
            strangers = sorted(set(left_out) - set(names) | set(left_out) & set(self.needed_inputs))
            if strangers or set(left_out) >= set(names):
                raise ValueError(
                    f"'ablation.without', '{what}' names {strangers or 'all inputs'}; leave out "
                    f"some of {sorted(set(names) - set(self.needed_inputs))}"
                )
        deaf = [one.title for one in self.members if one.kind not in TREES]
        if self.missing == "model" and deaf:
            raise ValueError(f"'missing: model' is for trees; {deaf} cannot take missing inputs")
        unmoved = [one.title for one in self.members if isinstance(one, Lstm)]
        if unmoved and self.history is None:
            raise ValueError(f"{unmoved} run along overpasses: set 'history'")
        if any(isinstance(one, Physics) for one in self.members) and len(self.needed_inputs) != 2:
            raise ValueError(
                "a member 'physics' needs inputs backscatter_db (vv) and incidence_deg, unscaled"
            )
        if self.history is not None and self.needed_inputs:
            raise ValueError("a member 'physics' does not look back: leave out 'history'")
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
        if len(self.members) > 1 or looks[0].tune or self.history or self.missing == "model":
            raise ValueError(
                "'windows' go with one member, without 'tune', 'history' and 'missing: model'"
            )
        if set(self.splits) & set(SCENARIOS):
            raise ValueError("'windows' go without scenarios among 'splits'")
        if len(self.windows.branches) != 2:
            raise ValueError("a member of the kind 'two-branch' has two 'windows.branches'")
        self.windows.check_inputs([one.name for one in self.inputs])
        turned = {one.feature for one in self.inputs} & {"aspect_deg", "eastness", "northness"}
        if looks[0].augment and turned:
            raise ValueError(f"'augment' turns images, and would have to turn {turned} too")

    def list_inputs(self) -> InputList:
        """What is asked of the sources: its inputs, then columns of its quality control."""
        derived = [one for limit in self.quality if (one := derive_column(limit)) is not None]
        return InputList(
            name=self.name,
            radiometry=self.radiometry,
            aggregation=self.aggregation,
            reflectance=self.reflectance,
            missing=self.missing,
            inputs=(*self.inputs, *derived),
            history=self.history,
        )

    def list_limits(self) -> tuple[Limit, ...]:
        """Those of ``quality`` that mapping can keep to: on inputs, or derived from sources."""
        names = [one.name for one in self.inputs]
        seen = self.windows.list_cell_inputs(names) if self.windows else names
        columns = {one.column or one.name for one in self.inputs if one.name in seen}
        return tuple(one for one in self.quality if one.feature or one.column in columns)

    @property
    def main_split(self) -> str | None:
        """The scheme that counts; None where all are random."""
        others = [one for one in self.splits if one not in SCENARIOS]
        return next((one for one in others if not one.startswith("random")), None)

    @property
    def needed_inputs(self) -> tuple[str, ...]:
        """Names of inputs that a member cannot be without."""
        physics = any(isinstance(one, Physics) for one in self.members)
        return Physics.find_needed(self.inputs) if physics else ()

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
        update: dict[str, Any] = {
            key: min(small.folds, getattr(self, key)) for key in ("folds", "inner_folds")
        }
        update |= {"members": members, "tuning": tuning, "ablation": Ablation()}
        if not small.all_splits:
            kept = {self.main_split, "random", *SCENARIOS}
            update["splits"] = tuple(one for one in self.splits if one in kept)
        update["scenarios"] = self.scenarios.cut(small.repeats, small.sizes)
        return self.model_copy(update=update)

    def fit_networks(self, device: str | None, precision: str | None) -> TrainingRecipe:
        """The same recipe with networks fitted elsewhere, or otherwise; None: as it says.

        Raises
        ------
        ConfigError
            If a value is not known.
        """
        wanted = {"device": device, "precision": precision}
        asked = {key: value for key, value in wanted.items() if value is not None}
        members = tuple(
            one.change(asked) if isinstance(one, ProcessorOptions) else one for one in self.members
        )
        return self.model_copy(update={"members": members})
