# Everything starts here: `make report` builds the site, `make test` runs the Python tests.

PYTHON ?= python3

# An activated conda environment made from environment.yml is used as it is.
ifeq ($(CONDA_DEFAULT_ENV),metaworkbook)
  BIN := $(CONDA_PREFIX)/bin
  STAMP := $(CONDA_PREFIX)/.metaworkbook-current
else
  BIN := .venv/bin
  STAMP := .venv/.metaworkbook-current
endif

INSTALL := PYTHON="$(PYTHON)" BIN="$(BIN)" STAMP="$(STAMP)" sh .ci/setup.sh

.PHONY: help setup report test test-site lab bench lint clean
.DEFAULT_GOAL := help

help: ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

# The stamp names the folder it was made in: an environment that was copied or moved is made anew.
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
  .PHONY: $(STAMP)
endif

setup: $(STAMP) ## make the environment, or mend it where it is damaged
	@$(BIN)/python .ci/intact.py || $(INSTALL)

$(STAMP): requirements.lock pyproject.toml
	@$(INSTALL)

report: $(STAMP) ## build build/site/index.html
	@$(BIN)/metaworkbook report

test: $(STAMP) ## run every Python test, a file to a core
	@$(BIN)/python -m pytest --numprocesses logical --dist loadfile

test-site: $(STAMP) ## run the browser tests (installs Chromium and its driver when missing)
	@sh tests/site/run.sh

lab: $(STAMP) ## open JupyterLab
	@$(BIN)/jupyter lab notebooks

bench: $(STAMP) ## measure and print ratios
	@$(BIN)/python -m benchmarks

lint: $(STAMP) ## check style
	@$(BIN)/ruff check lib tests benchmarks && $(BIN)/ruff format --check lib tests benchmarks

clean: ## remove everything generated
	@rm -rf build
