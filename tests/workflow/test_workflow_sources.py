"""``smmap sources``: what is there, for people and for machines, and how it ends."""

from __future__ import annotations

import json
import os
from unittest.mock import patch

import yaml
from command_line import smmap
from page_server import serve_pages

from smmap.catalog.definitions import list_definitions, load_definition
from smmap.data import get_folder


def ask(*arguments, **environment):
    clean = {key: text for key, text in os.environ.items() if not key.startswith(("AWS_", "PC_"))}
    with patch.dict(os.environ, clean | {"COLUMNS": "100"} | environment, clear=True):
        return smmap("sources", *arguments)


def write_recipe(folder, endpoint, catalog):
    """One source at an address of its own, one where the recipe says."""
    name = "planetary-computer-sentinel-2-l2a"
    definition = yaml.safe_load((get_folder("catalogs") / f"{name}.yaml").read_text())
    definition |= {"id": "mine", "endpoint": endpoint, "credential": "MY_KEY", "sign": "anonymous"}
    (folder / "mine.yaml").write_text(yaml.safe_dump(definition))
    sources = {"sentinel1": "local-sentinel-1", "sentinel2": "mine.yaml"}
    recipe = {"name": "r", "model": "physics", "catalog": str(catalog), "sources": sources}
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    return folder / "recipe.yaml"


def test_every_definition_is_listed():
    done = ask("--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [row["definition"] for row in rows] == list_definitions()
    for row in rows:
        one = load_definition(row["definition"])
        assert (row["sensor"], row["kind"], row["licence"]) == (one.sensor, one.kind, one.licence)
        assert row["ready"] == (row["missing"] == [])
        assert row["reachable"] is None
    text = ask()
    assert text.returncode == 0
    assert all(name in text.stdout for name in list_definitions())


def test_a_recipe_that_lacks_something_ends_so(tmp_path):
    recipe = write_recipe(tmp_path, "http://127.0.0.1:9", tmp_path)
    done = ask("--recipe", recipe)
    assert done.returncode == 2
    assert "set MY_KEY" in done.stdout
    done = ask("--recipe", recipe, "--json", MY_KEY="secret")
    assert done.returncode == 0, done.stderr
    assert "secret" not in done.stdout
    rows = json.loads(done.stdout)
    assert [(row["used_as"], row["definition"], row["missing"]) for row in rows] == [
        ("sentinel1", "local-sentinel-1", []),
        ("sentinel2", "mine", []),
    ]
    assert rows[0]["place"] == str(tmp_path)


def test_places_are_asked(tmp_path):
    served = tmp_path / "served"
    (served / "collections").mkdir(parents=True)
    (served / "collections" / "sentinel-2-l2a").write_text("{}")
    with serve_pages(served) as server:
        recipe = write_recipe(tmp_path, server.address, tmp_path)
        done = ask("--recipe", recipe, "--check", MY_KEY="x")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "yes" in done.stdout
        assert len(server.asked) == 1
        place = ["--set", f"catalog={tmp_path / 'gone'}"]
        done = ask("--recipe", recipe, "--check", "--json", *place, MY_KEY="x")
        assert done.returncode == 2  # no server to wait for: the recipe is wrong
        rows = json.loads(done.stdout)
        assert [row["reachable"] for row in rows] == [False, True]
        assert "gone" in rows[0]["missing"][0]
        server.faults = ["503"]
        done = ask("--recipe", recipe, "--check", MY_KEY="x", COLUMNS="300")
        assert done.returncode == 7
        assert "is out of order (HTTP 503)" in " ".join(done.stdout.split())


def test_what_a_recipe_says_of_one_source_stands_in_for_its_endpoint(tmp_path):
    """What is shown and asked is what a run will search."""
    recipe = write_recipe(tmp_path, "http://127.0.0.1:9", tmp_path)
    mirror = ["--set", f"catalogs.sentinel2={tmp_path}"]
    done = ask("--recipe", recipe, "--check", "--json", *mirror, MY_KEY="x")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads(done.stdout)
    assert [(row["place"], row["reachable"]) for row in rows] == [(str(tmp_path), True)] * 2


def test_nothing_to_do_is_cut_short():
    """In a narrow window names of variables are folded, never ended by an ellipsis."""
    text = ask("--recipe", "planetary-computer", COLUMNS="60").stdout
    assert "PC_SDK_SUBSCRIPTION_KEY" in "".join(text.split())
    assert "…" not in text
