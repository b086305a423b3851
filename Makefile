# `make test` and `make demo` need Python 3.11 or later and nothing else: what is missing goes into .venv.
.DEFAULT_GOAL := help
.PHONY: help demo test format check types contracts suite bench clean

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/ready ## run the ERP gateway on real sockets and show what was recorded
	$(BIN)/python examples/erp_gateway/demo.py

test: check types contracts suite ## format, lint, strict types, import contracts, tests with coverage, examples, docs

check: $(VENV)/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/ready
	$(BIN)/mypy

contracts: $(VENV)/ready
	$(BIN)/lint-imports

suite: $(VENV)/ready
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n auto
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

format: $(VENV)/ready ## put the code into its format and mend what lint can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/ready ## measure mockproxy side by side with its peers
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python benchmarks/run.py

clean: ## remove everything that make and the tests made
	rm -rf $(VENV) build dist *.egg-info .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache \
		.import_linter_cache .hypothesis

$(VENV)/ready: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[all,dev]'
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "mockproxy needs Python 3.11 or later, and PATH has only: \
	$$(python3 --version 2>&1). Install one, or say: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
