# Everything a developer types. `make` alone lists it.
# Needs GNU make and Python 3.11 or newer; the rest is set up on the first call.

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
READY  := $(VENV)/.ready
SETUP  := packaging/setup/prepare.py packaging/setup/system_libraries.py

# Tests draw into memory, with or without a display.
OFFSCREEN := QT_QPA_PLATFORM=offscreen

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# A checkout that was moved or copied must not go on using the old place's code.
ifneq ($(shell cat $(READY) 2>/dev/null),$(CURDIR))
$(READY): FORCE
endif
FORCE:

$(READY): pyproject.toml constraints.txt $(SETUP)
	@$(PYTHON) packaging/setup/prepare.py

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1	\2/p' Makefile | while IFS='	' read -r name text; do \
		printf '  make %-12s %s\n' "$$name" "$$text"; done

.PHONY: setup
setup: ## .venv with all dependencies, Qt's system libraries
	@$(PYTHON) packaging/setup/prepare.py

.PHONY: run
run: $(READY) ## the window on a demonstration home with sample jobs
	@$(PYTHON) packaging/setup/prepare.py --libraries
	@$(PY) -m jobdesk.demo

.PHONY: test
test: $(READY) ## the test suite
	$(OFFSCREEN) $(PY) -m pytest $(ARGS)

.PHONY: faults
faults: $(READY) ## the long fault tests
	@if [ -d tests/faults ]; then \
		$(OFFSCREEN) $(PY) -m pytest -m slow_fault $(ARGS); \
	else echo "There are no fault tests yet (tests/faults)."; fi

.PHONY: check
check: lint types imports test faults ## all of lint, types, imports, test, faults

.PHONY: lint
lint: $(READY) ## ruff: rules and format
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

.PHONY: types
types: $(READY) ## mypy, strict
	$(PY) -m mypy

.PHONY: imports
imports: $(READY) ## who may import whom
	$(VENV)/bin/lint-imports

.PHONY: bench
bench: $(READY) ## the benchmarks
	$(PY) -m benchmarks $(ARGS)

.PHONY: screenshots
screenshots: $(READY) ## the pictures of the documentation, from the real window
	$(PY) docs/screenshots/make.py $(ARGS)

# MINUTES=20  KILLS=7 (of the engine, a minute)  SEED=n (to have the same load again)
.PHONY: soak
soak: $(READY) ## MINUTES of random work with random faults, then what must hold
	$(OFFSCREEN) $(PY) -m benchmarks.soak --minutes $(or $(MINUTES),20) --kills $(or $(KILLS),7) \
		$(if $(SEED),--seed $(SEED)) $(ARGS)

.PHONY: bundle
bundle: $(READY) ## a folder that runs without Python, smoke-tested
	$(PY) packaging/pyinstaller/build.py

.PHONY: clean
clean: ## what the above made, .venv too
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests packaging benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
	rm -rf src/*.egg-info
