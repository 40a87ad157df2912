# Every target brings what it needs: its own .venv, made with the first Python 3.11 or newer that PYTHON names.
# A change of setup.cfg installs again. `make` alone lists the targets.

PYTHON ?= python3
VENV ?= .venv
ROUNDS ?= 5
BIN := $(VENV)/bin
SOURCES := bt_api_py tests examples benchmarks docs README.md

.DEFAULT_GOAL := help
.PHONY: help install format lint types test long soak live bench docs demo check clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

# One stamp per extra, so that `make demo` does not fetch the tools of the developers.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "bt_api_py needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.has-%: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

install: $(VENV)/.has-test  ## the package, editable, with everything that tests need

format: $(VENV)/.has-test  ## rewrite the sources in the house style
	$(BIN)/ruff check --fix-only --quiet $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

lint: $(VENV)/.has-test  ## ruff: rules and format
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

types: $(VENV)/.has-test  ## mypy in strict mode; pyright on what users see
	$(BIN)/mypy
	$(BIN)/mypy examples tests/typing
	$(BIN)/pyright --pythonpath $(BIN)/python

test: $(VENV)/.has-test  ## all tests that need no network
	$(BIN)/python -m pytest -n auto

long: $(VENV)/.has-test  ## what takes long: days of virtual time, hundreds of seeds, the page of faults
	$(BIN)/python -m pytest -n auto -m long

soak: long  ## days, thousands of seeds, millions of messages; SOAK="--seeds 9" for less
	$(BIN)/python -m tests.simulation.soak $(SOAK)

live: $(VENV)/.has-test  ## the tests against the real venues
	$(BIN)/python -m pytest -m live

bench: $(VENV)/.has-bench  ## what a message costs against a loop written by hand; ROUNDS=2 for less
	$(BIN)/python -m benchmarks --rounds $(ROUNDS)

docs: $(VENV)/.has-docs  ## the documentation, into site/
	$(BIN)/zensical build --clean --strict

demo: $(VENV)/.has-cli  ## three simulated venues side by side; Ctrl-C ends it
	@$(BIN)/python -m bt_api_py demo

check: lint types test  ## what has to pass before a change lands

clean:  ## remove everything that was built
	rm -rf $(VENV) build dist site .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
