"""Whether a definition could be used here and now: what it lacks, and whether its place answers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from requests import RequestException

from smmap.catalog.logins import find_login_gap
from smmap.catalog.registry import find_kind
from smmap.spec.definition import Definition
from smmap.spec.errors import SmmapError
from smmap.store.address import REFUSED, is_web, to_path
from smmap.store.session import open_session

_AT_ONCE = 8
_PATIENCE_S = (5.0, 15.0)
"""Seconds to connect, and between two bytes: a person waits for it."""
_EXTRAS: Mapping[str, tuple[str, str]] = {
    "planetary-computer": ("planetary_computer", "sign"),
    "earth-engine": ("ee", "gee"),
}
"""Signer or kind -> module that it needs, and the extra that brings it."""
_BESIDE = {
    "AWS_ACCESS_KEY_ID": "AWS_SECRET_ACCESS_KEY",
    "CDSE_S3_ACCESS_KEY": "CDSE_S3_SECRET_KEY",
}
"""Variable -> the other one without which it is of no use."""
_INSTEAD = {
    "AWS_ACCESS_KEY_ID": (
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    )
}
"""Variable -> others that do the same."""
_WANTED: Mapping[str, str] = {
    "files": "name their folder under 'catalogs' in a recipe",
    "zarr": "name its folder or address under 'catalogs' in a recipe",
}
"""Kind -> what is to be said of its place."""
_WORKS_WITHOUT = ("planetary-computer",)
"""Signers that sign without a credential as well, under lower limits."""


@dataclass(frozen=True)
class Readiness:
    """What there is to say of one definition on this machine."""

    definition: Definition
    """As loaded."""
    place: str | None
    """Where its scenes are found; None: nobody has said yet."""
    missing: tuple[str, ...]
    """What is to be done before it can be used."""
    advice: tuple[str, ...]
    """What could be done."""


def judge_readiness(definition: Definition, place: str | None) -> Readiness:
    """What a definition lacks; nothing is asked.

    Parameters
    ----------
    definition
        Of the source.
    place
        Where a recipe says that its scenes are, for a definition without an endpoint; None: it says
        nothing, or there is no recipe.
    """
    missing: list[str] = []
    advice: list[str] = []
    for name in (definition.sign, definition.kind):
        module, extra = _EXTRAS.get(name or "", ("", ""))
        if module and find_spec(module) is None:
            missing.append(f"pip install 'smmap[{extra}]'")
    gap = find_login_gap(definition)
    if gap:
        missing.append(gap)
    unset = _find_unset(definition.credential)
    if unset and definition.kind != "earth-engine":  # one of several ways to log in
        optional = definition.sign in _WORKS_WITHOUT
        (advice if optional else missing).append(f"set {' and '.join(unset)}")
    if definition.kind == "files" and not _reads_rasters(definition) and not find_spec("h5netcdf"):
        advice.append("pip install 'smmap[netcdf]', for NetCDF 4 and HDF5")
    found = definition.endpoint or place
    if found is None and definition.kind != "earth-engine":
        missing.append(
            _WANTED.get(definition.kind, "set 'catalog' in a recipe: a folder or address")
        )
    elif found is not None and _is_gone(found):
        missing.append(f"there is no {found}: correct the recipe")
    return Readiness(definition, found, tuple(missing), tuple(advice))


def _reads_rasters(definition: Definition) -> bool:
    """Whether names tell the bands, as GeoTIFFs of one band each need."""
    return "(?P<asset>" in (definition.file_pattern or "")


def _is_gone(place: str) -> bool:
    """Whether a folder or file of this machine is not there."""
    return (
        "://" not in place.removeprefix("file://")
        and not Path(to_path(place)).expanduser().exists()
    )


def _find_unset(credential: str | None) -> list[str]:
    if credential is None or any(os.environ.get(one) for one in _INSTEAD.get(credential, ())):
        return []
    names = [credential, *([_BESIDE[credential]] if credential in _BESIDE else [])]
    return [one for one in names if not os.environ.get(one)]


def ask_places(sources: Sequence[Readiness]) -> list[str | None]:
    """Ask every place once, several at a time; never too often, nor while offline.

    Returns
    -------
    list of str or None
        In order: what is wrong with the place of each; empty: nothing. None: it has none that
        could be asked.
    """
    questions = [_find_question(one) for one in sources]
    once = list(dict.fromkeys(questions))
    with ThreadPoolExecutor(_AT_ONCE, "places") as pool:
        answers = dict(zip(once, pool.map(_ask, once), strict=True))
    return [answers[one] for one in questions]


@dataclass(frozen=True)
class _Question:
    """What is asked for."""

    address: str | None
    requests_per_second: float | None
    document: bool
    """True: a document that must be there. False: a folder, of which any answer is one."""


def _find_question(source: Readiness) -> _Question:
    """The collection, of an API: it is there, and may be searched."""
    address, document, one = source.place, False, source.definition
    if address is not None:
        api = find_kind(one) == "stac-api"
        if api:
            address = f"{address.rstrip('/')}/collections/{one.collections[0]}"
        document = api or address.endswith(".json")
    return _Question(address, one.requests_per_second, document)


def _ask(question: _Question) -> str | None:
    address = question.address
    if address is None:
        return None
    if not is_web(address):  # a store is not asked
        return f"there is no {address}: correct the recipe" if _is_gone(address) else ""
    try:
        session = open_session(question.requests_per_second)
        with session.get(address, timeout=_PATIENCE_S, stream=True) as answer:
            status = answer.status_code
    except SmmapError as error:
        return str(error)
    except RequestException as error:
        return f"does not answer ({type(error).__name__}): try again later"
    if status >= 500:
        return f"is out of order (HTTP {status}): try again later"
    if not question.document or status < 400:
        return ""  # a folder need not answer by itself, nor without a signature
    if status in REFUSED:
        return f"refuses (HTTP {status}): check the credentials"
    return f"has no {urlsplit(address).path} (HTTP {status}): correct the address"
