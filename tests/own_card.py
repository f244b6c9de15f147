"""Cards of models that somebody fitted on the drawn table."""

import yaml
from sample_tables import RECIPE, draw_table

RANGES = ((-18.0, -6.0), (-26.0, -14.0), (30.0, 45.0))


def draw_rows(rows=300):
    """VV, VH and angle as float64, and m3/m3."""
    table = draw_table(rows=rows)
    return table[["VV", "VH", "angle"]].to_numpy(), table["moisture"].to_numpy() / 100


def write_card(path, **changes):
    kept = ("name", "title", "description", "licence", "radiometry")
    inputs = [
        {key: value for key, value in one.items() if key != "scaling"}
        | {"training_range": list(ends)}
        for one, ends in zip(RECIPE["inputs"], RANGES, strict=True)
    ]
    draft = {key: RECIPE[key] for key in kept}
    draft |= {"architecture": "own", "missing": "invalid", "inputs": inputs, "output": {}}
    path.write_text(yaml.safe_dump(draft | changes))
    return path
