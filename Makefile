PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
UV := .tools/bin/uv
CODE := $(wildcard tui_installer screens assets tests debian/*.py)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_PYTHON_DOWNLOADS := never

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check format lock vendor deb lab lab-test lab-full bench-join clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z.-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.venv: .venv/.project ## the virtual environment, every package pinned by hash

.venv/.requirements: requirements/dev.txt
	@$(PYTHON) -c 'import ensurepip, venv' || { echo 'needed once: apt-get install -y make git python3-venv' >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install -q --require-hashes -r requirements/dev.txt
	@touch $@

.venv/.project: .venv/.requirements pyproject.toml
	$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@touch $@

lock: | $(UV) ## pin all requirements again (UPGRADE=1: to the newest versions)
	$(LOCK) -o requirements/runtime.txt pyproject.toml
	$(LOCK) -o requirements/dev.txt -c requirements/runtime.txt --group dev pyproject.toml

LOCK = $(UV) pip compile -q --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
	--no-emit-find-links --python-version 3.11 $(if $(UPGRADE),--upgrade)

$(UV):
	$(PYTHON) -m venv .tools
	.tools/bin/pip install -q uv==$(UV_VERSION)

demo: .venv ## try the program on a simulated host (DEMO=NAME for another situation)
	$(BIN)/tui-installer --demo$(if $(DEMO),=$(DEMO))

test: check ## all checks and tests
	$(BIN)/pytest -q

check: .venv ## format, lint, types, import contracts, duplicates
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports
	$(BIN)/python -m tests.packaging.duplicates

format: .venv ## put the code into shape
	$(BIN)/ruff check --fix-only -q $(CODE)
	$(BIN)/ruff format $(CODE)
