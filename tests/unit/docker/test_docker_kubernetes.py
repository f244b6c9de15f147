"""The Kubernetes files: names, ports, volumes and options fit; pods are locked in."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from smmap.pipeline.recipe import load_recipe

KUBERNETES = Path(__file__).parents[3] / "docker" / "kubernetes"


def read_manifests() -> list[dict]:
    """All documents that are applied, kustomizations and the recipe left aside."""
    paths = [*KUBERNETES.rglob("*.yaml")]
    documents = [one for path in paths for one in yaml.safe_load_all(path.read_text())]
    return [one for one in documents if one.get("metadata")]


MANIFESTS = read_manifests()


def find_pod(manifest: dict) -> dict | None:
    spec = manifest.get("spec", {})
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    return spec.get("template")


PODS = {one["metadata"]["name"]: find_pod(one) for one in MANIFESTS if find_pod(one)}


def test_kustomizations_list_every_file_and_only_files_that_are_here():
    listed = set()
    for path in KUBERNETES.rglob("kustomization.yaml"):
        listed.add(path)
        document = yaml.safe_load(path.read_text())
        files = document.get("resources", [])
        for generator in document.get("configMapGenerator", []):
            files += generator["files"]
        for one in files:
            listed.add((path.parent / one).resolve())
        for one in document.get("components", []):
            assert (path.parent / one / "kustomization.yaml").exists()
    assert listed == set(KUBERNETES.rglob("*.yaml"))


def test_config_maps_and_secrets_that_pods_refer_to_are_made():
    made = {one["metadata"]["name"] for one in MANIFESTS if one["kind"] == "ConfigMap"}
    kustomization = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())
    made |= {one["name"] for one in kustomization["configMapGenerator"]}
    text = "\n".join(path.read_text() for path in KUBERNETES.rglob("*.yaml"))
    assert set(re.findall(r"configMap(?:Ref)?: \{name: ([\w-]+)\}", text)) == made
    (secret,) = set(re.findall(r"secretRef: \{name: ([\w-]+)\}", text))
    assert f"create secret generic {secret}" in text
    assert not [one for one in MANIFESTS if one["kind"] == "Secret"]


@pytest.mark.parametrize("name", PODS)
def test_a_pod_is_locked_in_and_bounded(name, instructions):
    pod = PODS[name]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    user = [rest for word, rest in instructions if word == "USER"][-1]
    context = pod["securityContext"]
    assert f"{context['runAsUser']}:{context['runAsGroup']}" == user
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]
    assert container["resources"]["requests"]["cpu"]
    mounted = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
    assert set(mounted) == {one["name"] for one in pod["volumes"]}
    assert "/tmp" in mounted.values()


@pytest.mark.parametrize("name", ["smmap-scheduler", "smmap-worker"])
def test_selectors_ports_and_probes_of_a_deployment_meet(name):
    (deployment,) = [
        one for one in MANIFESTS if (one["kind"], one["metadata"]["name"]) == ("Deployment", name)
    ]
    labels = PODS[name]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels
    (container,) = PODS[name]["spec"]["containers"]
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    assert f"--dashboard-address=:{ports['dashboard']}" in container["args"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"] == {"path": "/health", "port": "dashboard"}
    for service in (one for one in MANIFESTS if one["kind"] == "Service"):
        if service["spec"]["selector"] == labels:
            assert {one["targetPort"] for one in service["spec"]["ports"]} == set(ports)
            assert {one["port"] for one in service["spec"]["ports"]} == set(ports.values())


def test_every_pod_carries_the_label_that_the_network_policy_lets_in():
    (policy,) = [one for one in MANIFESTS if one["kind"] == "NetworkPolicy"]
    ((key, value),) = policy["spec"]["podSelector"]["matchLabels"].items()
    assert all(pod["metadata"]["labels"][key] == value for pod in PODS.values())


def test_the_pods_look_for_the_scheduler_where_its_service_is():
    (service,) = [one for one in MANIFESTS if one["kind"] == "Service"]
    text = "\n".join(path.read_text() for path in KUBERNETES.rglob("*.yaml"))
    port = service["spec"]["ports"][0]["port"]
    assert set(re.findall(r"tcp://[\w:-]+", text)) == {
        f"tcp://{service['metadata']['name']}:{port}"
    }


@pytest.mark.parametrize("name", PODS)
def test_the_programs_of_a_pod_have_the_options_that_they_are_given(name, check_options):
    (container,) = PODS[name]["spec"]["containers"]
    command, words = container.get("command", ["smmap"]), container["args"]
    if command[0] == "sh":
        words = words[0].split("smmap ", 1)[1].split("$(date")[0].split()
        check_options(words[0], words)
    else:
        check_options(command[1] if command[0] == "dask" else words[0], words)


def test_the_daily_run_asks_for_the_last_ten_days(tmp_path):
    stand_in = tmp_path / "smmap"
    stand_in.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    stand_in.chmod(0o755)
    (container,) = PODS["smmap-daily"]["spec"]["containers"]
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SMMAP_OUT": "s3://b/a c"}
    before = datetime.now(UTC).date()
    done = subprocess.run(
        [*container["command"], *container["args"]],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    words = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert words[words.index("--out") + 1] == "s3://b/a c"
    start, end = words[words.index("--period") + 1].split("/")
    assert end in {str(before), str(datetime.now(UTC).date())}
    days = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    assert days == timedelta(days=10)
    mounted = [one["mountPath"] for one in container["volumeMounts"] if one["name"] == "recipe"]
    assert words[1] == f"{mounted[0]}/recipe.yaml"


def test_the_recipe_can_be_used():
    assert load_recipe(str(KUBERNETES / "recipe.yaml")).name == "my-region"


def test_both_kustomizations_are_rendered_with_the_one_image():
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not here")
    image = yaml.safe_load((KUBERNETES / "image" / "kustomization.yaml").read_text())["images"][0]
    for folder, pods in ((KUBERNETES, 3), (KUBERNETES / "backfill", 1)):
        done = subprocess.run(
            ["kubectl", "kustomize", folder], check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        images = re.findall(r"image: (\S+)", done.stdout)
        assert images == [f"{image['newName']}:{image['newTag']}"] * pods
        rendered = list(yaml.safe_load_all(done.stdout))
        assert all(one["metadata"].get("namespace", "smmap") == "smmap" for one in rendered)


def test_the_manifests_fit_their_schemas(run_linter):
    apart = {"kustomization.yaml", "recipe.yaml"}
    paths = [str(one) for one in KUBERNETES.rglob("*.yaml") if one.name not in apart]
    run_linter("kubernetes-validate", "--strict", "--quiet", *paths)
