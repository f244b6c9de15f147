"""Fixtures that every test may use."""

from __future__ import annotations

import gc
import json
import logging
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
import s3_server
from hypothesis import settings
from pystac.validation import JsonSchemaSTACValidator

from smmap.product.document import encode_document

REPOSITORY = Path(__file__).parent.parent

# How long an example takes says more of the machine than of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure():
    # Tests run side by side already: threads of OpenMP that wait for their turn only spin.
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for garbage neither while all is imported, a quarter of the time, nor in it later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_unconfigure():
    gc.unfreeze()  # what ends with the process ends in the order that it always had
    s3_server.stop_s3()


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """What the command line sets up in this process must not reach the next test."""
    log = logging.getLogger("smmap")
    level, handlers = log.level, log.handlers[:]
    yield
    log.level, log.handlers = level, handlers


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real scenes beside the checkout."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"real data are not here: no folder {folder}")
    return folder


@pytest.fixture
def validate_core():
    """Validates against the core schemas alone, which pystac carries."""

    def validate(one):
        document = json.loads(encode_document(one))
        assert document["stac_version"] == "1.1.0"
        JsonSchemaSTACValidator().validate_core(document, one.STAC_OBJECT_TYPE, "1.1.0")

    return validate


@pytest.fixture
def validate_all(shared_data):
    """Validates against core and extension schemas, all read from disk."""
    validator = JsonSchemaSTACValidator()
    for path in (shared_data / "stac-schemas").glob("*/schema.json"):
        schema = json.loads(path.read_text())
        validator.schema_cache[schema["$id"].rstrip("#")] = schema
    # The MLM schema leans on older versions of two others; these are the parts it refers to.
    processing = "https://stac-extensions.github.io/processing/{}/schema.json"
    older = dict(validator.schema_cache[processing.format("v1.2.0")])
    older["$id"] = processing.format("v1.1.0")
    validator.schema_cache[older["$id"]] = older
    core = "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/data-values.json"
    types = validator.schema_cache[core]["properties"]["data_type"]
    raster = "https://stac-extensions.github.io/raster/v1.1.0/schema.json"
    bands = {"items": {"properties": {"data_type": types}}}
    validator.schema_cache[raster] = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": raster,
        "definitions": {"bands": bands},
    }

    def validate(one):
        document = json.loads(encode_document(one))
        kind = one.STAC_OBJECT_TYPE
        checked = validator.validate(document, kind, "1.1.0", one.stac_extensions)
        assert len(checked) == 1 + len(one.stac_extensions)

    return validate
