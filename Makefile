# The commands of the README. Needs python3 (3.11 or newer) and make; uses uv where it is installed.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
ARGS ?=

# Programs start three times as fast when Python may keep what it compiled, and the tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help up demo test test-slow bench lint format docs words lock clean

help: ## Show these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1	\2/p' $(MAKEFILE_LIST)

up: $(VENV)/.installed ## Start the whole backend (ARGS="--port 8080 --data-dir ./data")
	$(BIN)/oonib up $(ARGS)

demo: $(VENV)/.installed ## The same with a synthetic world of probes and censors in it
	$(BIN)/oonib up --demo --data-dir ./data/demo $(ARGS)

test: lint ## Everything that CI runs
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-slow: $(VENV)/.installed-dev ## What takes longer than CI may: more rounds of kills, longer fuzzing
	$(BIN)/python -m pytest -m slow --timeout 3600 $(ARGS)

bench: $(VENV)/.installed-dev ## Measure speed and memory; prints one table
	$(BIN)/python -m bench $(ARGS)

lint: $(VENV)/.installed-dev ## Style, types, walls between rooms, generated pages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m docs.generate --check
	$(BIN)/python -m docs.words --check

format: $(VENV)/.installed-dev ## Bring the source into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed-dev ## Write the generated pages of the documentation
	$(BIN)/python -m docs.generate

COMPILE = uv pip compile pyproject.toml --universal --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --python-version 3.11 -q --extra build

words: $(VENV)/.installed-dev ## Bring the message catalogues of the pages up to date with the source
	$(BIN)/python -m docs.words

lock: ## Renew the lock files (needs uv)
	$(COMPILE) --extra dev --upgrade -o requirements-dev.lock
	$(COMPILE) --upgrade -c requirements-dev.lock -o requirements.lock

clean: ## Remove the environment and caches, never data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist

ifeq ($(UV),)
INSTALL = $(BIN)/python -m pip install -q --disable-pip-version-check
MAKE_VENV = $(PYTHON) -m venv $(VENV)
else
INSTALL = $(UV) pip install -q --python $(BIN)/python
MAKE_VENV = $(UV) venv -q --allow-existing --python $(PYTHON) $(VENV)
endif

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "oonib needs Python 3.11 or newer; name one with make PYTHON=/path/to/python3"; exit 1; }
	$(MAKE_VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@
