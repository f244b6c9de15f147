"""The compose file: services, ports, volumes, store and options fit together."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

DOCKER = Path(__file__).parents[3] / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_services_that_can_tell(name):
    for other, wait in SERVICES[name].get("depends_on", {}).items():
        if wait["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
        else:
            assert wait["condition"] == "service_completed_successfully"
            assert "healthcheck" not in SERVICES[other]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_built_here_or_pinned_and_open_to_this_machine_only(name):
    service = SERVICES[name]
    if "build" in service:
        assert (DOCKER / service["build"]["context"] / "docker/Dockerfile").exists()
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
    else:
        assert re.search(r"@sha256:[0-9a-f]{64}$", service["image"])
    assert all(one.startswith("127.0.0.1:") for one in service.get("ports", []))


def test_every_volume_is_declared_and_used():
    used = {
        one.split(":")[0] for service in SERVICES.values() for one in service.get("volumes", [])
    }
    assert used == set(COMPOSE["volumes"])


def test_all_services_share_one_scheduler_store_and_bucket():
    schedulers = {
        word.split("=")[-1]
        for service in SERVICES.values()
        for word in service.get("command", [])
        if "tcp://" in word
    }
    port = SERVICES["scheduler"]["command"][1]
    assert schedulers == {f"tcp://scheduler:{port}"}
    endpoint = SERVICES["job"]["environment"]["AWS_ENDPOINT_URL"]
    assert SERVICES["worker"]["environment"] == SERVICES["job"]["environment"]
    assert (
        f"{endpoint}/healthz".replace("store", "127.0.0.1")
        in SERVICES["store"]["healthcheck"]["test"]
    )
    (out,) = [one for one in SERVICES["job"]["command"] if one.startswith("--out=")]
    bucket = out.removeprefix("--out=s3://").split("/")[0]
    assert f"{endpoint}/{bucket}\n" in SERVICES["bucket"]["command"][0]


def test_the_health_check_asks_the_port_that_dask_listens_on():
    address = SERVICES["scheduler"]["healthcheck"]["test"][-1].split("'")[1]
    assert address == "http://127.0.0.1:8787/health"
    assert SERVICES["scheduler"]["command"][-1] == ":8787"
    assert "--dashboard-address=:8787" in SERVICES["worker"]["command"]


@pytest.mark.parametrize("name", ["scheduler", "worker", "world", "job"])
def test_the_programs_of_the_compose_file_have_the_options_that_they_are_given(name, check_options):
    words = SERVICES[name]["command"]
    check_options(name if "entrypoint" in SERVICES[name] else words[0], words)


def test_the_bucket_is_made_once_and_found_again():
    server = pytest.importorskip("moto.server", reason="moto is not installed")
    if shutil.which("curl") is None:
        pytest.skip("curl is not here")
    s3 = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    s3.start()
    try:
        address = "http://{}:{}".format(*s3.get_host_and_port())
        (script,) = SERVICES["bucket"]["command"]
        script = script.replace("$$", "$").replace("http://store:8333", address)
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        for _ in range(2):
            done = subprocess.run(
                ["sh", "-euc", script], env=environment, check=False, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
        import boto3

        client = boto3.client(
            "s3", endpoint_url=address, region_name="us-east-1",
            aws_access_key_id="a", aws_secret_access_key="b",
        )  # fmt: skip
        assert [one["Name"] for one in client.list_buckets()["Buckets"]] == ["smmap"]
    finally:
        s3.stop()


def test_the_compose_file_fits_its_schema(run_linter):
    run_linter("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker/compose.yaml")
