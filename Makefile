SHELL := /bin/bash
PORT ?= 8000
export HUYING_HOME ?= $(CURDIR)/var
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint install lock bench vendor openapi

# What serving needs (.served), or with it what building and testing needs (.installed).
$(VENV)/.served: requirements/base.txt pyproject.toml
$(VENV)/.installed: requirements/dev.txt pyproject.toml
$(VENV)/.served $(VENV)/.installed:
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -q --require-hashes -r $<
	$(BIN)/python -m pip install --disable-pip-version-check -q --no-build-isolation --no-deps -e .
	$(BIN)/python -m huying.kernel.translations
	touch $@

install: $(VENV)/.installed

run: $(or $(wildcard $(VENV)/.installed),$(VENV)/.served)
	$(BIN)/huying demo --port $(PORT)

test: install
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -q

lint: install
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/djlint huying --lint --quiet
	$(BIN)/manage.py makemigrations --check --dry-run
	$(BIN)/python -m tools.openapi --check

openapi: install
	$(BIN)/python -m tools.openapi

bench: install
	$(BIN)/python -m bench

lock:
	for part in base dev bench; do uv pip compile -q --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  requirements/$$part.in -o requirements/$$part.txt; done

vendor:
	npm ci --prefix tools/assets --ignore-scripts
	$(BIN)/python -m tools.assets.vendor
