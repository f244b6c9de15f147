"""By how much a random split makes a model look better than it is."""

from __future__ import annotations

from dataclasses import dataclass

from smmap.validation.scores import Scores


@dataclass(frozen=True)
class Flattery:
    """The same model on the same samples, judged by a random and by a grouped split."""

    random: Scores
    """By the random split."""
    grouped: Scores
    """By the grouped one."""
    scheme: str
    """By what the grouped one was split."""

    def describe(self) -> str:
        """Both in a sentence, as far as they go."""
        one, other = self.random, self.grouped
        return (
            f"RMSE {one.rmse:.3f} m3/m3 and R {one.r:.2f} at random, {other.rmse:.3f} and "
            f"{other.r:.2f} by {self.scheme}: {other.rmse - one.rmse:+.3f} m3/m3 in truth"
        )
