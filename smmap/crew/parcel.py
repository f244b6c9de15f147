"""Work as bytes: small, whatever catalogue its scenes hang on."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from typing import Any

import pystac


class _Pickler(pickle.Pickler):
    """Cuts scenes off their catalogue: an item's links lead to all of its neighbours."""

    def reducer_override(self, obj: Any) -> Any:
        # Not its subclasses: they know themselves how to be small.
        if type(obj) is not pystac.Item:
            return NotImplemented
        document = obj.to_dict(include_self_link=False, transform_hrefs=False)
        return _restore_item, (document | {"links": []}, obj.get_self_href())


def _restore_item(document: Mapping[str, Any], href: str | None) -> pystac.Item:
    item = pystac.Item.from_dict(dict(document), migrate=False, preserve_dict=False)
    if href is not None:
        # Relative addresses of assets are as they were written, and stay so.
        item.set_self_href(href)
    return item


def pack(content: Any) -> bytes:
    """A piece, or a job, for `unpack` in another process of the same version."""
    buffer = io.BytesIO()
    _Pickler(buffer, pickle.HIGHEST_PROTOCOL).dump(content)
    return buffer.getvalue()


def unpack(parcel: bytes) -> Any:
    """What was packed; parcels come from our own driver alone."""
    return pickle.loads(parcel)  # noqa: S301 (as said; Dask itself trusts its peers likewise)
