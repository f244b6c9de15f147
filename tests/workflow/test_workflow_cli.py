"""The command line as a user meets it: output, JSON, exit codes."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import jsonschema
import pytest
import yaml
from command_line import smmap
from small_world import SmallWorld

from smmap.catalog.definitions import list_definitions, load_definition
from smmap.data import get_folder


def start_smmap(*arguments: object) -> subprocess.CompletedProcess[str]:
    """In a process of its own."""
    command = [sys.executable, "-m", "smmap", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def small(tmp_path):
    world = SmallWorld(tmp_path / "scenes")
    world.add_radar("S1A_ONE")
    world.add_optical("S2_CLEAR", days=0.5)
    return world


def test_help_imports_nothing_heavy():
    script = (
        "import sys, smmap.cli.app; "
        "print(sorted({'numpy', 'rasterio', 'xarray', 'pydantic', 'onnxruntime', 'pystac', "
        "'matplotlib', 'zarr', 'dask', 'shapely', 'torch', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_help_names_every_verb():
    text = start_smmap("--help").stdout
    verbs = "run plan status inspect doctor schema simulate train insitu validate demo bench"
    for verb in verbs.split(" "):
        assert verb in text


def test_run_status_and_json(small, tmp_path):
    done = smmap(
        "run", "local-stac", "--set", f"catalog={small.write()}", "-o", tmp_path / "o", "--json"
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["done"], result["failed"]) == (1, 0)
    listed = json.loads(smmap("status", tmp_path / "o", "--json").stdout)
    assert [(row["done"], row["cubes"]) for row in listed["tiles"]] == [(1, "2023")]
    assert "31N_6_55" in smmap("status", tmp_path / "o").stdout


def test_logs_and_tables_go_to_stderr(small, tmp_path):
    done = start_smmap(
        "-v", "run", "local-stac", "--set", f"catalog={small.write()}", "-o", tmp_path / "o"
    )
    assert done.returncode == 0
    assert done.stdout == ""
    assert "1 done, 0 empty, 0 failed" in done.stderr
    assert re.search(r"INFO 31N_6_55-0 smmap.pipeline.commit: .*: done", done.stderr)


def test_plan_reads_no_pixel(small, tmp_path):
    catalog = small.write()
    for path in (tmp_path / "scenes").rglob("*.tif"):
        path.unlink()
    done = smmap("plan", "local-stac", "--set", f"catalog={catalog}", "--json")
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan["totals"]["overpasses"] == 1
    assert plan["totals"]["sentinel1_scenes"] == 1
    assert plan["totals"]["sentinel2_scenes"] == 1
    assert plan["totals"]["pixels"] == 48 * 48
    assert plan["totals"]["memory_bytes"] > 0
    assert "overpasses" in smmap("plan", "local-stac", "--set", f"catalog={catalog}").stdout


def test_recipes_keep_paths_beside_them(small, tmp_path):
    small.write()
    recipe = yaml.safe_load((get_folder("pipelines") / "local-stac.yaml").read_text())
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(recipe | {"catalog": "scenes/catalog.json"}))
    (tmp_path / "elsewhere").mkdir()
    done = smmap("run", "../mine.yaml", "--out", "o", cwd=tmp_path / "elsewhere")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "elsewhere/o/catalog.json").is_file()


@pytest.mark.parametrize(
    "arguments,code,message",
    [
        (["run", "nothing"], 2, "no recipe 'nothing'"),
        (["run", "local-stac", "--set", "catalog=/no/such/place"], 3, "/no/such/place"),
        (["run", "local-stac"], 2, "catalog"),
        (["run", "local-stac", "--bbox", "1,2,3"], 2, "W,S,E,N"),
        (["run", "local-stac", "--set", "model=nobody"], 5, "physics"),
        (["inspect", "nothing-at-all"], 2, "nothing-at-all"),
        (["status", "/"], 6, "not an output"),
        (["train", "magic", "--out", "x"], 2, "physics"),
    ],
)
def test_errors_are_one_line_with_their_own_exit_code(tmp_path, arguments, code, message):
    done = smmap(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_empty_search_has_its_own_exit_code(small, tmp_path):
    done = smmap("run", "local-stac", "--set", f"catalog={small.write()}", "--period", "2001-01-01")
    assert done.returncode == 3
    assert "no sentinel-1 scene found" in done.stderr


def test_failed_units_have_their_own_exit_code(small, tmp_path):
    small.add_radar("S1A_TWO", days=1, orbit=110)
    small.get_path("sentinel-1-grd", "S1A_TWO", "vv").unlink()
    done = smmap("run", "local-stac", "--set", f"catalog={small.write()}", "-o", tmp_path / "o")
    assert done.returncode == 4
    assert "1 done, 0 empty, 1 failed" in done.stderr


def test_an_item_is_shown_as_it_will_be_read(small, tmp_path):
    small.write()
    path = tmp_path / "scenes/sentinel-2-l2a/S2_CLEAR/S2_CLEAR.json"
    found = json.loads(smmap("inspect", path, "--json").stdout)
    assert found["definition"] == "local-sentinel-2"
    assert found["bands"]["red"]["scale"] == pytest.approx(1e-4)
    assert found["bands"]["red"]["offset"] == 0
    assert found["bands"]["red"]["href"].endswith("red.tif")


@pytest.mark.realdata
@pytest.mark.parametrize(
    "path,definition,band,scale,offset",
    [
        (
            "earth_search_v1/stac_items/S2A_32TMS_20221207_0_L2A.json",
            "earth-search-sentinel-2-l2a",
            "red",
            1e-4,
            0.0,
        ),
        (
            "odc_stac/S2B_MSIL2A_20190629T212529_R043_T06VVN_20201006T080531.json",
            "planetary-computer-sentinel-2-l2a",
            "red",
            1e-4,
            0.0,
        ),
        (
            "planetary_computer/S1A_IW_GRDH_1SDV_20191215T004249_20191215T004314_030352_0378DC_rtc.json",
            "planetary-computer-sentinel-1-rtc",
            "vv",
            1.0,
            0.0,
        ),
    ],
)
def test_real_items_find_their_definition(shared_data, path, definition, band, scale, offset):
    found = json.loads(smmap("inspect", shared_data / "stac-items" / path, "--json").stdout)
    assert found["definition"] == definition
    assert found["bands"][band]["scale"] == pytest.approx(scale)
    assert found["bands"][band]["offset"] == offset


def test_models_and_recipes_are_shown():
    model = yaml.safe_load(smmap("inspect", "physics").stdout)
    assert model["model"]["name"] == "physics"
    assert model["golden"] == "comes back"
    recipe = json.loads(smmap("inspect", "local-stac", "--json").stdout)
    assert recipe["recipe"]["optical"]["window_days"] == 20


@pytest.mark.parametrize(
    "kind,folder,pattern",
    [
        ("recipe", "pipelines", "*.yaml"),
        ("card", "models", "*/card.yaml"),
        ("catalogue", "catalogs", "*.yaml"),
    ],
)
def test_packaged_files_fit_the_printed_schemas(kind, folder, pattern):
    schema = json.loads(smmap("schema", kind).stdout)
    paths = list(get_folder(folder).glob(pattern))
    assert paths
    for path in paths:
        jsonschema.validate(
            json.loads(json.dumps(yaml.safe_load(path.read_text()), default=str)), schema
        )


def test_doctor_names_credentials_without_their_values(monkeypatch):
    monkeypatch.setenv("PC_SDK_SUBSCRIPTION_KEY", "a-secret")
    done = smmap("doctor", "--json")
    assert done.returncode == 0
    assert "a-secret" not in done.stdout
    found = json.loads(done.stdout)
    assert found["credential"]["PC_SDK_SUBSCRIPTION_KEY"] == "set"
    named = {load_definition(one).credential for one in list_definitions()} - {None}
    assert set(found["credential"]) == named | {"EARTHENGINE_SERVICE_ACCOUNT"}
    monkeypatch.delenv("PC_SDK_SUBSCRIPTION_KEY")
    without = json.loads(smmap("doctor", "--json").stdout)
    assert without["credential"]["PC_SDK_SUBSCRIPTION_KEY"] == "not set"
    assert found["gdal"]["version"]
    assert "CPUExecutionProvider" in found["machine"]["onnx_providers"]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--continent", "--tiles", 3, "--size", 64], "--tiles, --size: not together with"),
        (["--bbox", "2,46,3,47", "--resolution", 900], "--bbox, --resolution: only together with"),
        (["--continent", "--bbox", "178,0,179,1"], "178,0,179,1 cannot be simulated"),
    ],
)
def test_simulate_refuses_what_does_not_go_together(tmp_path, arguments, message):
    done = smmap("simulate", "--out", tmp_path / "x", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "x").exists()


def test_simulate_writes_a_continent_that_can_be_planned(tmp_path):
    out = tmp_path / "x"
    region = ("--bbox", "3,47,6,50", "--days", 1, "--resolution", 4000)
    done = smmap("simulate", "--continent", "--out", out, *region)
    assert done.returncode == 0, done.stderr
    plan = smmap("plan", out / "continent.yaml", "--json")
    assert plan.returncode == 0, plan.stderr
    assert json.loads(plan.stdout)["totals"]["overpasses"] > 0


def test_simulate_writes_a_world(tmp_path):
    done = smmap("simulate", "--out", tmp_path / "world", "--size", 64, "--days", 3)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "world/catalog.json").is_file()
