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
# uv installs in a quarter of pip's time. It does not read pip's settings, so it is told the places
# that they name; where it cannot be had or does not manage, pip installs.
SET = $(shell $(BIN)/python -m pip config list | sed -n "s/^[a-z:]*\.$(1)='\(.*\)'$$/\1/p" | sort -u)
UV = $(addprefix SSL_CERT_FILE=,$(lastword $(call SET,cert))) \
	$(BIN)/uv pip install --quiet --python $(BIN)/python --index-strategy unsafe-best-match \
	$(addprefix --find-links ,$(call SET,find-links)) \
	$(addprefix --extra-index-url ,$(call SET,extra-index-url)) \
	$(addprefix --default-index ,$(lastword $(call SET,index-url)))
# Neither compiles: this does on all cores, but for large parts that few programs import.
# A file that no Python reads is nobody's: a template, or one for another version.
SELDOM := /(tests?|testing|kubernetes(_asyncio)?|_inductor|lexers)/
define install
	$(PIP) install --only-binary :all: --constraint constraints.txt uv \
		&& $(UV) --constraint constraints.txt --editable "$(1)" \
		|| $(PIP) install --no-compile --constraint constraints.txt --editable "$(1)"
	$(BIN)/python -m compileall -qq -j 0 -x '$(SELDOM)' .venv/lib || true
endef

.PHONY: demo test bench soak check package clean

demo: .venv/base
	$(BIN)/smmap demo --out demo-output

test: .venv/dev
	$(BIN)/python -m pytest -n 4 --dist worksteal -m "not online and not soak and not slow"

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
	$(call install,.)
	touch $@

.venv/dev: pyproject.toml constraints.txt | .venv/made
	$(call install,.[dev])
	touch .venv/base $@

# Without npm the tests that need it are skipped, and say so.
.venv/azurite: .venv/dev
	if command -v npm >/dev/null; then npm install --silent --prefix $@ azurite@3.37.0 && touch $@; fi

clean:
	rm -rf .venv build dist demo-output bench-models bench-models.part bench.json *.egg-info
