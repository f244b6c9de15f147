# ruff: noqa: INP001, S108, S603, S607, T201
"""Carries out the Dockerfile without a container engine, in copies of a root folder.

A rehearsal, not a build: it makes folders instead of an image, knows only the instructions that
the Dockerfile uses, and trusts that ROOT holds what the base image does. What it then runs is
locked in as the manifests lock it in: the image's user, no capability, a read-only root, /tmp and
/data as the only places to write, no network. Needs Linux, root, GNU coreutils and util-linux, and
moto, which plays the S3 store.

    python docker/rehearse.py ROOT TARGET --with /etc/resolv.conf
"""

import argparse
import fnmatch
import json
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
CLUSTER = """
export AWS_ENDPOINT_URL=http://127.0.0.1:8333 AWS_ALLOW_HTTP=true AWS_REGION=us-east-1 \\
    AWS_ACCESS_KEY_ID=smmap-demo AWS_SECRET_ACCESS_KEY=smmap-demo-secret
python - <<MAKE
import time
from urllib.request import Request, urlopen
for _ in range(100):
    try:
        urlopen(Request("http://127.0.0.1:8333/smmap", method="PUT"))
        break
    except OSError:
        time.sleep(0.1)
MAKE
dask scheduler --port 8786 --dashboard-address :8787 & sleep 4
for port in 8788 8789; do
    dask worker tcp://127.0.0.1:8786 --nworkers=1 --nthreads=1 --memory-limit=auto \\
        --dashboard-address=:$port --local-directory=/tmp/dask &
done
smmap run local-stac --set=catalog=/data/demo/world/catalog.json --out=s3://smmap/maps \\
    --scheduler=tcp://127.0.0.1:8786
for port in 8787 8788 8789; do
    python -c "from urllib.request import urlopen; urlopen('http://127.0.0.1:$port/health')"
done
smmap verify s3://smmap/maps
cat >/tmp/sums.py <<SUMS
import hashlib, sys
from smmap.store.open import open_output_store
store = open_output_store(sys.argv[1])
paths = [path for path in store.list_files("soil-moisture") if path.endswith(".tif")]
for path, data in zip(paths, store.read_many(paths)):
    print(hashlib.sha256(data).hexdigest(), path)
SUMS
python /tmp/sums.py /data/demo/maps >/tmp/folder.sums
python /tmp/sums.py s3://smmap/maps >/tmp/store.sums
test -s /tmp/folder.sums
cmp /tmp/folder.sums /tmp/store.sums
"""
"""The cluster of the compose file: all on loopback, moto for its store."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Stage:
    """One ``FROM``: a root folder, and what the image's configuration would be."""

    root: Path
    env: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    args: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    config: dict[str, str] = field(default_factory=dict)

    def expand(self, text: str) -> str:
        """Put the values of ``${NAME}`` in."""
        known = {**self.args, **self.env}
        return re.sub(r"\$\{(\w+)\}", lambda found: known[found[1]], text)


def read_instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """Instructions and their arguments, comments gone and lines joined."""
    lines = [one for one in dockerfile.read_text().splitlines() if not one.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    split = (one.split(maxsplit=1) for one in joined.splitlines() if one.strip())
    return [(word, rest) for word, rest in split]


def list_ignored(folder: Path) -> set[str]:
    """Paths that .dockerignore keeps out of the build: the last line that fits decides."""
    rules = [one for one in (folder / ".dockerignore").read_text().splitlines() if one]
    rules = [one for one in rules if not one.startswith("#")]
    ignored = set()
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if name.startswith("."):
            continue
        out = False
        for rule in rules:
            pattern = rule.removeprefix("!").removeprefix("**/")
            target = path.name if "**/" in rule else name
            fits = fnmatch.fnmatch(target, pattern) or name.startswith(f"{pattern}/")
            out = not rule.startswith("!") if fits else out
        if out:
            ignored.add(str(path))
    return ignored


def copy(stage: Stage, words: list[str], stages: dict[str, Stage]) -> None:
    """``COPY [--from=STAGE] SOURCE... TARGET``."""
    name = words[0].removeprefix("--from=") if words[0].startswith("--from=") else None
    *sources, target = words[1:] if name else words
    folder = stages[name].root if name else REPOSITORY
    ignored = set() if name else list_ignored(REPOSITORY)
    into = stage.root / (Path(stage.workdir) / target).relative_to("/")
    for source in sources:
        path = folder / source.lstrip("/")
        if str(path) in ignored:
            raise SystemExit(f"{source} is copied by the Dockerfile and left out by .dockerignore")
        if path.is_dir():

            def leave_out(at: str, names: list[str]) -> list[str]:
                return [one for one in names if f"{at}/{one}" in ignored]

            shutil.copytree(path, into, symlinks=True, ignore=leave_out, dirs_exist_ok=True)
        else:
            into.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, into / path.name)


def carry_out(root: Path, target: Path, extra: list[Path]) -> Stage:
    """Build all stages below ``target``; the last one is the image."""
    stages: dict[str, Stage] = {}
    outer: dict[str, str] = {}
    for word, rest in read_instructions(REPOSITORY / "docker" / "Dockerfile"):
        if word == "FROM":
            name = rest.split()[-1] if " AS " in rest else "image"
            stage = stages[name] = Stage(target / name)
            subprocess.run(["cp", "-a", str(root), str(stage.root)], check=True)
            # This machine's way to the network.
            for path in extra:
                shutil.copy(path, stage.root / path.relative_to("/"))
            continue
        print(f"{word} {' '.join(rest.split())[:100]}", flush=True)
        if word == "ARG":
            key, _, value = rest.partition("=")
            (stage.args if stages else outer)[key] = value
        elif word in {"ENV", "LABEL"}:
            pairs = dict(one.split("=", 1) for one in shlex.split(stage.expand(rest)))
            stage.env.update(pairs if word == "ENV" else {})
        elif word == "WORKDIR":
            stage.workdir = rest
            (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif word == "COPY":
            copy(stage, rest.split(), stages)
        elif word == "RUN":
            env = [f"{key}={value}" for key, value in {**stage.args, **stage.env}.items()]
            script = f"cd {stage.workdir} && {rest}"
            command = ["chroot", str(stage.root), "env", "-i", *env, "/bin/sh", "-c", script]
            subprocess.run(command, check=True)
        elif word in {"USER", "ENTRYPOINT", "CMD", "HEALTHCHECK"}:
            stage.config[word] = rest
        else:
            raise SystemExit(f"{word}: not an instruction that is rehearsed")
    return stages["image"]


def run_locked_in(stage: Stage, command: list[str], work: Path, before: str = "true") -> None:
    """Run as the image's user, without capabilities, network or a place to write but two.

    ``before`` is a shell command of this machine, on the same loopback.
    """
    env = [f"{key}={value}" for key, value in stage.env.items()]
    user, group = stage.config["USER"].split(":")
    root = shlex.quote(str(stage.root))
    script = (
        f"ip link set lo up && {before} && "
        f"mount --bind {root} {root} && mount -o remount,bind,ro {root} && "
        f"mount -t tmpfs -o mode=1777 none {root}/tmp && mount -t proc none {root}/proc && "
        f"mount -t tmpfs -o mode=1777,size=64m none {root}/dev/shm && "
        f"mount --bind {shlex.quote(str(work))} {root}/data && "
        f"exec chroot {root} setpriv --reuid={user} --regid={group} --clear-groups "
        f'--bounding-set=-all --inh-caps=-all --no-new-privs env -i "$@"'
    )
    inside = ["sh", "-c", f'cd {stage.workdir} && exec "$@"', "sh", *command]
    print(f"$ {' '.join(command)}", flush=True)
    isolate = ["unshare", "--mount", "--net", "--pid", "--fork", "sh", "-euc", script, "sh"]
    subprocess.run([*isolate, *env, *inside], check=True)


def main() -> None:
    """Rehearse the build, then run what shows that the image would be whole and locked in."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("root", type=Path, help="folder that holds what the base image does")
    parser.add_argument("target", type=Path, help="new folder for the results")
    laid_in = "file of this machine that the build needs to download; repeatable"
    parser.add_argument(
        "--with", dest="extra", type=Path, action="append", default=[], help=laid_in
    )
    options = parser.parse_args()
    options.target.mkdir()
    image = carry_out(options.root, options.target.resolve(), options.extra)
    work = options.target.resolve() / "work"
    work.mkdir()
    user, group = (int(one) for one in image.config["USER"].split(":"))
    shutil.chown(work, user, group)
    data = (image.root / "data").stat()
    if user == 0 or (data.st_uid, data.st_gid) != (user, group):
        raise SystemExit(f"/data belongs to {data.st_uid}:{data.st_gid}, the user is {user}")
    check = json.loads(image.config["HEALTHCHECK"].split("CMD", 1)[1])
    entry = json.loads(image.config["ENTRYPOINT"])
    run_locked_in(image, check, work)
    run_locked_in(image, [*entry, *json.loads(image.config["CMD"])], work)
    for folder in ("/etc", "/opt/smmap", "/var", "/"):
        run_locked_in(image, ["sh", "-c", f"! touch {folder}/x 2>&1"], work)
    run_locked_in(image, ["sh", "-c", "! command -v gcc cc g++ c++ make"], work)
    run_locked_in(
        image, ["python", "-c", "import importlib.util as i; i.find_spec('torch') and 1/0"], work
    )
    run_locked_in(image, ["du", "-sh", "/opt/smmap"], work)
    run_locked_in(image, ["dask", "scheduler", "--version"], work)
    run_locked_in(image, ["dask", "worker", "--version"], work)
    run_locked_in(image, [*entry, "demo", "--out", "/data/demo"], work)
    store = f"({shlex.quote(sys.executable)} -m moto.server -p 8333 >/dev/null 2>&1 &)"
    run_locked_in(image, ["sh", "-euc", CLUSTER], work, before=store)


if __name__ == "__main__":
    main()
