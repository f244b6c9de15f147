"""What a run tells of itself while it goes on, against what is known of its scenes."""

from __future__ import annotations

import pytest
from small_world import SmallWorld

import smmap

SIZE, OVERPASSES = 64, 3


class Heard:
    """Keeps the last that it was told."""

    def __init__(self):
        self.units, self.receipts, self.headway = 0, [], None

    def start(self, units):
        self.units = units

    def finish(self, receipt):
        self.receipts.append(receipt)

    def advance(self, headway):
        self.headway = headway


@pytest.mark.parametrize("workers", [None, 1])
def test_what_was_read_and_mapped_is_counted_wherever_it_was_done(tmp_path, workers):
    world = SmallWorld(tmp_path / "scenes", size=SIZE)
    for day in range(OVERPASSES):
        world.add_radar(f"S1A_{day}", days=day, orbit=10 + day)
    world.add_optical("S2", days=1.5)
    changes = [f"catalog={world.write()}", "batch=3", "block=4096"]
    heard = Heard()
    result = smmap.run(
        "local-stac", tmp_path / "out", changes=changes, workers=workers, progress=heard
    )
    # One block: VV and VH of each overpass, and for all of them once red, NIR and scene class.
    radar, optical = OVERPASSES * 2 * 4 * SIZE**2, (2 + 2 + 1) * SIZE**2
    assert heard.headway.bytes_read == radar + optical
    assert heard.headway.tasks_done == heard.headway.tasks == 1
    assert heard.headway.units_done == heard.units == OVERPASSES == len(heard.receipts)
    assert [one.overpass.relative_orbit for one in result.receipts] == [10, 11, 12]
    assert heard.headway.pixels == sum(one.statistics["pixels"] for one in result.receipts)
