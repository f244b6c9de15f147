"""Clusters as far as they can be built without one: options, threads, job scripts, resources."""

from __future__ import annotations

import sys

import pytest

from smmap.crew import cluster
from smmap.pipeline.workforce import choose_workforce
from smmap.spec.errors import ConfigError
from smmap.spec.recipe import Recipe

BASE = {"name": "a", "model": "physics", "sources": {"sentinel1": "local-sentinel-1"}}


def read(**options):
    return Recipe.parse(BASE | {"cluster": options}, "mine.yaml").cluster


@pytest.mark.parametrize(
    "options,message",
    [
        ({"kind": "beowulf"}, "local.*slurm.*kubernetes"),
        ({"kind": "local", "workers": 0}, "workers"),
        ({"kind": "local", "memory": "much"}, "memory"),
        ({"kind": "address", "address": "somewhere"}, "address"),
        ({"kind": "slurm", "walltime": "2 hours"}, "walltime"),
        ({"kind": "slurm", "wall": "1:00:00"}, "wall.*allowed"),
        ({"kind": "kubernetes"}, "image"),
    ],
)
def test_options_that_cannot_be_are_refused_by_name(options, message):
    with pytest.raises(ConfigError, match=f"mine.yaml.*{message}"):
        read(**options)


def test_the_command_line_goes_before_the_recipe():
    recipe = Recipe.parse(BASE | {"cluster": {"kind": "local", "memory": "1 GiB"}}, "")
    chosen = choose_workforce(recipe, workers=3, threads=5)
    assert chosen.cluster == read(kind="local", workers=3, memory="1 GiB")
    assert chosen.threads == 5
    assert "threads" in chosen.model_fields_set
    joined = choose_workforce(recipe, scheduler="tcp://there:8786")
    assert joined.cluster == read(kind="address", address="tcp://there:8786")
    assert choose_workforce(recipe) == recipe


def test_slurm_jobs_ask_for_what_the_recipe_says():
    options = read(
        kind="slurm",
        workers=3,
        cores=8,
        memory="24 GiB",
        walltime="1-02:30:00",
        queue="long",
        account="soil",
        interface="lo",
        directives=["--constraint=ssd"],
        prologue=["source venv/bin/activate"],
    )
    with cluster.start_slurm(options) as started:
        script = started.job_script().splitlines()
    for line in ("-p long", "-A soil", "--cpus-per-task=8", "--mem=24G", "-t 1-02:30:00"):
        assert f"#SBATCH {line}" in script
    assert "#SBATCH --constraint=ssd" in script
    assert script.index("source venv/bin/activate") < len(script) - 1
    command = script[-1].split()
    assert command[command.index("--nthreads") + 1] == "1", "one task at a time"
    assert command[command.index("--resources") + 1] == f"memory={24 * 2**30}"
    # A day and 2.5 h are 95,400 s; five minutes earlier the worker leaves.
    assert command[command.index("--lifetime") + 1] == "95100s"


def test_pods_ask_for_what_the_recipe_says():
    options = read(kind="kubernetes", image="here/smmap:1", workers=5, cores=2, memory="8 GiB")
    resource = cluster.build_kubernetes(options)
    worker = resource["spec"]["worker"]
    assert worker["replicas"] == 5
    (container,) = worker["spec"]["containers"]
    assert container["image"] == "here/smmap:1"
    assert container["resources"]["limits"] == {"cpu": "2.0", "memory": str(8 * 2**30)}
    assert container["args"][:4] == ["dask", "worker", "--nthreads", "1"]


@pytest.mark.parametrize(
    "library,extra,start",
    [
        ("dask_kubernetes", "kubernetes", cluster.build_kubernetes),
        ("dask_gateway", "gateway", cluster.start_gateway),
    ],
)
def test_a_missing_library_is_named_with_its_extra(library, extra, start, monkeypatch):
    for name in [one for one in sys.modules if one.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    told = {"image": "x"} if extra == "kubernetes" else {"address": "http://there"}
    with pytest.raises(ConfigError, match=rf"smmap\[{extra}\]"):
        start(read(kind=extra, **told))


def test_workers_share_the_cores_of_this_machine():
    assert cluster.share_cores(read(kind="local", workers=1)) == cluster.CPU_COUNT
    assert cluster.share_cores(read(kind="local", workers=2 * cluster.CPU_COUNT)) == 1
    assert cluster.share_cores(read(kind="slurm", cores=8)) == 8
    assert cluster.share_cores(read(kind="address", address="tcp://a:1")) is None
    assert cluster.get_memory(read(kind="local", memory="1.5 GiB")) == 1_610_612_736
