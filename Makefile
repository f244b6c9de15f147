# make demo   sets itself up and does the main job: simulate a world, map it, compare
# make test   sets itself up and passes the tests
# make check  lint, types, floors
# make soak   large plans and Azure's store (installed by npm, where that is), then injected faults
#             for SMMAP_SOAK_MINUTES (10)
# make bench  every goal beside its yardstick, at full size (an hour or more; see docs/benchmarks.md)
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
export MPLBACKEND := Agg
# Files written by tests and benchmarks must not depend on what the user has set.
unexport PYTHONPATH
# A process that may not keep what it compiles compiles it again, and tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE
# pip would compile one file after another; this does on all cores, but for libraries' own tests.
# A file that no Python reads is nobody's: a template, or one for another version.
INSTALL := $(PIP) install --no-compile --constraint constraints.txt --editable
COMPILE := $(BIN)/python -m compileall -qq -j 0 -x '/tests?/' .venv/lib || true

.PHONY: demo test bench soak check package clean

demo: .venv/base
	$(BIN)/smmap demo --out demo-output

test: .venv/dev
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not online and not soak and not slow"

soak: .venv/dev .venv/azurite
	$(BIN)/python -m pytest -m slow -s
	$(BIN)/python -m pytest -m soak -s

bench: .venv/dev bench-models
	$(BIN)/smmap bench all --models bench-models --json bench.json

bench-models: | .venv/dev
	$(BIN)/smmap bench models --out $@.part
	mv $@.part $@

check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

package: .venv/dev
	$(BIN)/python -m build --no-isolation --outdir dist .

.venv/made:
	$(PYTHON) -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13) and 'smmap needs Python 3.11 to 3.13; set PYTHON=')"
	$(PYTHON) -m venv .venv
	touch $@

.venv/base: pyproject.toml constraints.txt | .venv/made
	$(INSTALL) .
	$(COMPILE)
	touch $@

.venv/dev: pyproject.toml constraints.txt | .venv/made
	$(INSTALL) ".[dev]"
	$(COMPILE)
	touch .venv/base $@

# Without npm the tests that need it are skipped, and say so.
.venv/azurite: .venv/dev
	if command -v npm >/dev/null; then npm install --silent --prefix $@ azurite@3.37.0 && touch $@; fi

clean:
	rm -rf .venv build dist demo-output bench-models bench-models.part bench.json *.egg-info
