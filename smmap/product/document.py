"""STAC objects as the bytes of their files."""

from __future__ import annotations

import json

import pystac


def encode_document(one: pystac.STACObject) -> bytes:
    """JSON of a catalogue, collection or item, with its links as they are.

    Without a self link, and without pystac's rewriting of links, which needs one: an output
    folder may be moved.
    """
    document = one.to_dict(include_self_link=False, transform_hrefs=False)
    return (json.dumps(document, indent=1, allow_nan=False) + "\n").encode()
