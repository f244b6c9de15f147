"""Assembles all inputs of a study, as a run does, up to the model."""

from __future__ import annotations

import numpy as np
import yaml
from small_model import write_model

from smmap.data import get_folder
from smmap.features.builder import compute_features
from smmap.pipeline.blocks import open_block, open_fields
from smmap.pipeline.load_layers import load_layers
from smmap.pipeline.open_state import open_state
from smmap.pipeline.plan import plan_run
from smmap.pipeline.recipe import load_recipe
from smmap.pipeline.task_scenes import TaskScenes


def read_study(name):
    """The study's part of a model card."""
    return yaml.safe_load((get_folder("models") / "studies" / f"{name}.yaml").read_text())


def assemble(folder, study, recipe):
    """Every input of every overpass, before scaling: {overpass time: {input: (h, w)}}.

    No scene may be left out on the way.
    """
    card = read_study(study)
    return assemble_inputs(folder, card.pop("inputs"), card, recipe)[0]


def assemble_inputs(folder, inputs, card, recipe):
    """As ``assemble``, of any list of inputs; and the area that they cover.

    ``card`` is what else a card says of them.
    """
    model = write_model(folder / "model" / "shown", inputs, **card)
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump({"name": "trial", "model": str(model), **recipe}))
    plan = plan_run(load_recipe(str(path)))
    found = {}
    with open_state(plan.context, folder / "out") as state:
        for task in plan.tasks:
            scenes, fields = TaskScenes(task, plan.context), open_fields(task.area, plan.context)
            for block in task.area.split(plan.context.block_size):
                inputs = open_block(block, scenes, plan.context, fields)
                for unit in task.units:
                    assert scenes.get_skipped(unit) == ()
                    layers = load_layers(unit, block, inputs, plan.context)
                    raw = compute_features(state.card, layers).raw
                    names = [one.name for one in state.card.inputs]
                    moment = unit.overpass.datetime
                    whole = found.setdefault(
                        moment, {name: np.full(task.area.shape, np.nan) for name in names}
                    )
                    for name, values in zip(names, raw, strict=True):
                        whole[name][block.within(task.area)] = values
    return found, plan.tasks[0].area
