# Two commands matter: `make run` and `make test`. Nothing is written outside this checkout,
# CC110_HOME (default: var/) and CC110_CACHE (default: .cache/).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Many tests measure sound: two processes have those, a third one the rest (tests/conftest.py).
SIDE_BY_SIDE ?= --numprocesses 3 --dist loadscope --no-loadscope-reorder
# Seconds for each target of `make fuzz`; FUZZ="ami agi" takes only those.
FUZZ_S ?= 60
# Tests start Python by the hundred: each is to find what the one before it compiled.
unexport PYTHONDONTWRITEBYTECODE
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --no-input

.PHONY: help run test again reliability demo bench fuzz lint check prompts schemas lock clean
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("cc110 needs Python 3.11 or later, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV) || { echo 'Python has no venv module: apt install python3-venv'; exit 1; }

$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	@echo 'installing what cc110 needs into $(VENV)'
	@$(PIP) install --require-hashes --requirement requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q cc110
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@echo 'installing what the tests need into $(VENV)'
	@$(PIP) install --require-hashes --requirement requirements/dev.txt
	@touch $@

$(VENV)/.fuzz: requirements/fuzz.txt $(VENV)/.dev
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo 'the fuzzer needs Python 3.11'; exit 1; }
	@$(PIP) install --require-hashes --requirement requirements/fuzz.txt
	@touch $@

run: $(VENV)/.run ## PBX and daemon on the demo site, until Ctrl-C
	@$(BIN)/cc110 run

test: $(VENV)/.dev ## the whole test suite, real-PBX tests included
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m 'not slow'

again: $(VENV)/.dev ## what failed in the last `make test`, one by one with nothing beside it
	@$(BIN)/python -m pytest -m 'not slow' --last-failed --last-failed-no-failures none

reliability: $(VENV)/.dev ## the long forms of the tests under faults; takes long
	@$(BIN)/python -m pytest -m slow

check: lint ## lint, types, and the tests that need no PBX
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m 'not pbx and not slow'

demo: $(VENV)/.dev ## the SOP's scenarios with real SIP phones, as timelines
	@$(BIN)/python -m tests.demo

bench: $(VENV)/.dev ## figures, written to docs/bench.md
	@$(BIN)/python -m tests.bench

fuzz: $(VENV)/.fuzz ## search for inputs that break a parser, FUZZ_S seconds each (60); Python 3.11
	@$(BIN)/python -m tests.fuzz $(FUZZ_S) $(FUZZ)

lint: $(VENV)/.dev ## style, types, who may import whom, prompts and schemas up to date
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo 'run: make format'; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports
	@$(BIN)/python tools/prompts.py --check
	@$(BIN)/python -m cc110.journal.schemas --check

format: $(VENV)/.dev ## put the code into shape
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

prompts: $(VENV)/.dev ## make the prompts' audio anew from their texts (needs espeak-ng)
	@$(BIN)/python tools/prompts.py

schemas: $(VENV)/.dev ## write docs/events/ anew from the code
	@$(BIN)/python -m cc110.journal.schemas --write

lock: ## pin the dependencies anew (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --group build pyproject.toml --output-file requirements/run.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --group build --group lint --group test pyproject.toml --output-file requirements/dev.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --group fuzz --output-file requirements/fuzz.txt

clean: ## remove everything that was made here, recordings and journal included
	@rm -rf $(VENV) .cache var .pytest_cache .mypy_cache .ruff_cache .hypothesis .fuzz .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
