# Each target sets up what it needs: `make demo` and `make test` work on a fresh machine that has git, make and python3.

PYTHON ?= python3
JOBS ?= 0
OUT ?= out
VENV := .venv
ifneq ($(origin PYTHON),file)
# A Python that is asked for has an environment of its own, such as .venv-3.13.
override PYTHON := $(or $(shell sh scripts/find-python.sh $(PYTHON)),$(error there is no $(PYTHON)))
VENV := .venv-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
endif
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test test-clients some-clients static check grader bench mine parse build synth validate export clean
.DELETE_ON_ERROR:

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml dev.lock
	@echo "Creating the environment in $(VENV) ..."
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else "hgen needs Python 3.11 or newer; this is %d.%d: make PYTHON=..." % v[:2])'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r dev.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

demo: $(READY) ## mine real packages, make and prove tasks, show one
	@sh scripts/demo.sh $(BIN)/hgen $(OUT) $(JOBS)

test: $(READY) ## the whole test suite, containers included: make test PYTHON=python3.13
	@sh scripts/test.sh $(BIN)/python

test-clients: $(READY) ## exports with the clients that read them (Harbor, swebench, ...), each in an environment of its own
	@sh scripts/test.sh $(BIN)/python tests/clients -rA --durations=20

some-clients: $(READY) ## the newest Harbor, SWE-bench's harness and Inspect AI on a task of each family, and what datasets loads
	@sh scripts/test.sh $(BIN)/python tests/clients -rA -m submission -k "not 0.24.0"

static: $(READY) ## the tests that need neither containers nor minutes: make static PYTHON=python3.13
	$(BIN)/python -m pytest -m "not container and not long"

check: $(READY) ## ruff, mypy strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

mine parse build synth validate export: $(READY) ## one stage, in CI: make mine CONFIG=configs/quickstart.yaml
	$(BIN)/hgen $@ $(if $(CONFIG),-c $(CONFIG)) -o $(OUT) $(if $(filter export,$@),,-j $(JOBS))

grader: $(READY) ## the single-file grader, and the answers of the tasks in OUT
	$(BIN)/hgen export --format grader -o $(OUT)

bench: $(READY) ## the benchmark of the whole pipeline
	$(BIN)/python benchmarks/pipeline.py

clean: ## remove the environment and what runs left here
	rm -rf .venv .venv-* $(OUT) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
