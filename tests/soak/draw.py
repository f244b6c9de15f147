"""What goes wrong in a round: drawn from its number alone, so that a round can be played again."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from dataclasses import dataclass

from faulty_server import FAULTS
from store_proxy import REFUSALS

WAYS = ("solo", "threads", "workers", "scheduler")
VICTIMS = {
    "solo": ("driver", "everything"),
    "threads": ("driver", "everything"),
    "workers": ("driver", "one worker", "all workers", "everything"),
    "scheduler": ("driver", "one worker", "all workers", "scheduler", "everything"),
}
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
CATALOGS = ("early", "later", "full")
"""Each has the scenes of the one before, and some that came late."""


@dataclass(frozen=True)
class Trouble:
    """One run, or two at once, and what happens to it."""

    way: str
    catalog: str
    drivers: int
    verb: str
    batch: int
    victim: str
    """Empty: nobody is killed."""
    number: signal.Signals
    refusal: str
    """How the output refuses for a while; empty: it does not."""
    span_s: float
    after_s: float
    """From the first staged unit, or from the start, to the blow."""
    from_start: bool


@dataclass(frozen=True)
class Round:
    """A story in several troubles, and its end."""

    number: int
    place: str
    """``bucket``, ``mounted`` (a small disk) or ``limited`` (a folder)."""
    rate: float
    """Share of the source's answers that fail."""
    kinds: tuple[str, ...]
    troubles: tuple[Trouble, ...]
    last_way: str

    def list_words(self) -> Iterator[tuple[str, str]]:
        """(what, which) of all that was drawn, for the table."""
        yield "output", self.place
        yield "source fails", f"{self.rate:.0%}"
        for kind in self.kinds if self.rate else ():
            yield "source", kind
        yield "last run", self.last_way
        for one in self.troubles:
            yield "run", f"{one.verb} {one.way}"
            yield "overpasses a task", str(one.batch)
            yield "drivers at once", str(one.drivers)
            if one.victim:
                yield "blow", f"{one.number.name} {one.victim}"
            if one.refusal:
                yield "store", one.refusal


def draw_round(number: int, places: tuple[str, ...]) -> Round:
    chance = random.Random(number)
    place = chance.choice(("bucket", *places))
    rate = chance.choice((0.0, 0.03, 0.1))
    kinds = tuple(sorted(chance.sample(list(FAULTS), 3)))
    catalogs = sorted(chance.choices(CATALOGS, k=chance.randint(1, 4)), key=CATALOGS.index)
    troubles = tuple(_draw_trouble(chance, place, catalog) for catalog in catalogs)
    return Round(number, place, rate, kinds, troubles, chance.choice(WAYS))


def _draw_trouble(chance: random.Random, place: str, catalog: str) -> Trouble:
    way = chance.choice(WAYS)
    refuses = chance.random() < 0.4
    struck = not refuses or chance.random() < 0.3
    from_start = chance.random() < 0.2
    return Trouble(
        way=way,
        catalog=catalog,
        drivers=chance.choice((1, 1, 2)),
        verb=chance.choice(("run", "update")),
        batch=chance.choice((1, 3)),
        victim=chance.choice(VICTIMS[way]) if struck else "",
        number=chance.choice(SIGNALS),
        refusal=(chance.choice(tuple(REFUSALS)) if place == "bucket" else "full") * refuses,
        span_s=chance.uniform(0.3, 4),
        after_s=chance.uniform(0, 3),
        from_start=from_start,
    )
