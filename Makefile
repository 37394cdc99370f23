# The two commands of the README are `make serve` and `make test`; `make help` lists the rest.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve test lint index install install-dev clean

VENV := .venv
BIN := $(VENV)/bin
# The Python to use, where the first one found is not the one you want.
PYTHON ?=
# A file stays in one process. One test process for each core, at most four; the browser's tests run after them, in two,
# each with a server and a browser of its own: they wait more than they work.
BY_FILE := --dist loadfile --no-loadscope-reorder
PARALLEL := -n auto --maxprocesses 4 $(BY_FILE)

# Nothing is fetched from a model hub, and no trace leaves this machine.
export HF_HUB_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false
export LANGSMITH_TRACING := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: install ## Start the guide and print its address (installs and builds the index first)
	@$(BIN)/lupus-bot index build --if-needed
	@exec $(BIN)/lupus-bot serve

test: install-dev ## Run all tests, browser included (builds the index first)
	@$(BIN)/python scripts/browser.py
	@$(BIN)/lupus-bot index build --if-needed --corpus corpus --index index
	@rm -rf build/tests && mkdir -p build/tests
	@$(BIN)/python -m pytest $(PARALLEL) --ignore tests/e2e --junitxml build/tests/most.xml
	@$(BIN)/python -m pytest tests/e2e -n 2 $(BY_FILE) --junitxml build/tests/browser.xml
	@$(BIN)/python scripts/proofs.py build/tests/*.xml

lint: install-dev ## Check format, rules, types and imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports

index: install ## Build the index again
	@$(BIN)/lupus-bot index build

install: $(VENV)/.installed ## Install what serving needs into .venv

install-dev: $(VENV)/.installed-dev ## Install what tests and lint need too

clean: ## Remove .venv, index and caches (data/, with the transcripts, stays)
	rm -rf $(VENV) index build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	find bot tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps are written last: an installation that was cut short is taken up again.
$(VENV)/.installed: pyproject.toml constraints.txt scripts/install.py | $(BIN)/python
	@echo "Installing into $(VENV): a few minutes the first time"
	@$(BIN)/python scripts/install.py
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt scripts/install.py | $(BIN)/python
	@echo "Installing into $(VENV), with what the tests need: a few minutes the first time"
	@$(BIN)/python scripts/install.py --extras test,lint
	@touch $(VENV)/.installed $@

$(BIN)/python:
	@python=$$(scripts/find_python.sh $(PYTHON)) && "$$python" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
