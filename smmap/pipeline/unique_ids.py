"""Whether the ids of a recipe's scenes tell them apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from smmap.catalog.candidate import Candidate
from smmap.spec.errors import CatalogError


def check_ids(candidates: Mapping[str, Iterable[Candidate]]) -> None:
    """Refuse two scenes of one id: STAC wants ids to differ within a collection only.

    Tasks, receipts and fingerprints name a scene by its id, whatever source it is of.

    Parameters
    ----------
    candidates
        By source key.

    Raises
    ------
    CatalogError
        If an id is there twice, in two sources or in two collections of one.
    """
    known: dict[str, tuple[str, Candidate]] = {}
    for key, found in candidates.items():
        for one in found:
            other, first = known.setdefault(one.id, (key, one))
            if first is not one:
                raise CatalogError(
                    f"two scenes are called '{one.id}': one of '{other}' in collection "
                    f"'{first.collection}', one of '{key}' in collection '{one.collection}'; give "
                    "them ids that differ"
                )
