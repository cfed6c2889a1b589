# What can be done here: make help. Needs Python 3.11 or newer and make; all else is fetched by hash from the locks.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BOOTSTRAP = @test -n "$(PYTHON)" || { echo "Union Hub needs Python 3.11 or newer, and none was found."; exit 1; }; \
	$(PYTHON) -I hub/setup/bootstrap.py
BIN = .venv/bin
UV = build/lock/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url $(UPGRADE)

.DEFAULT_GOAL := help
.PHONY: help environment environment-dev demo test test-slow lint format bench explorer page lock clean

help: ## what can be done here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

environment: ## what a hub needs, into .venv, by hash from requirements.lock
	$(BOOTSTRAP)

environment-dev: ## the same with what tests and checks need
	$(BOOTSTRAP) --dev

demo: environment ## the hub with demonstration data on 127.0.0.1:$PORT (8000); the data are kept
	@exec $(BIN)/unionhub demo

PYTEST = $(BIN)/pytest -n auto --dist loadgroup

test: explorer-dev ## the tests but for the slow set, on an embedded PostgreSQL of their own (ARGS="-k name" for some)
	$(PYTEST) -m "not slow" $(ARGS)

test-slow: explorer-dev ## the slow set: all seeds, personas and combinations of which make test runs a sample
	$(PYTEST) -m slow $(ARGS)

explorer-dev: environment-dev
	@$(BIN)/python -m hub.setup.explorer_build
	@$(BIN)/unionhub doctor --only chromium

lint: environment-dev ## ruff, mypy --strict, the import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports --no-cache --no-logo

format: environment-dev ## lay the code out as make lint wants it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: environment-dev ## the benchmarks, with their peers (ARGS="--help" for what can be chosen)
	$(BIN)/python -m bench $(ARGS)

explorer: environment ## the explorer's pages, into hub/static/explorer
	@$(BIN)/python -m hub.setup.explorer_build

page: environment-dev ## docs/page.md and the explorer's examples of it, from the figures in db/page
	UPDATE_DOCS=1 $(BIN)/pytest -n 0 tests/resolvers/test_figures.py tests/explorer/test_page_examples.py \
		-k "document_of_the_page or printed_from_its_figures"

lock: ## the locks from pyproject.toml (UPGRADE=--upgrade for the newest versions)
	$(PYTHON) -m venv build/lock
	build/lock/bin/pip install -q --disable-pip-version-check uv
	echo 'setuptools>=80' | $(UV) pyproject.toml - -o requirements.lock
	echo 'setuptools>=80' | $(UV) -c requirements.lock --group dev pyproject.toml - -o requirements-dev.lock
	$(UV) -c requirements-dev.lock --group pyproject.toml:node -o requirements-node.lock
	@! grep -n '://' requirements*.lock || { echo "A lock names an address."; exit 1; }

clean: ## remove what was made, but not the data in .data/
	rm -rf .venv build dist *.egg-info hub/static explorer/node_modules
	rm -rf /dev/shm/unionhub-test-$$(pwd | sha256sum | cut -c -12)
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
