# Everything a developer types. `make` alone lists it.
# Needs GNU make and Python 3.11 or newer; the rest is set up on the first call.

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
READY  := $(VENV)/.ready
BENCH  := $(VENV)/.bench
SETUP  := packaging/setup/prepare.py packaging/setup/system_libraries.py

# Tests draw into memory, with or without a display.
OFFSCREEN := QT_QPA_PLATFORM=offscreen

# How many processes share the suite: one for each core, up to four. What ARGS picks runs
# in this one, so that `-s`, `--pdb` and `-x` do as ever; `-n 2` among them shares that, too.
WORKERS ?= $(if $(strip $(ARGS)),0,logical)
SHARED  := -n $(WORKERS) --maxprocesses 4 --dist worksteal

# They start the program hundreds of times; Python shall compile it once, whoever forbade it.
COMPILED := PYTHONDONTWRITEBYTECODE=

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
	$(OFFSCREEN) $(COMPILED) $(PY) -m pytest $(SHARED) $(ARGS)

.PHONY: faults
faults: $(READY) ## the long fault tests, one by one: they measure; thousands of cron expressions
	$(OFFSCREEN) $(COMPILED) $(PY) -m pytest -m slow_fault $(ARGS)
	JOBDESK_CRON_EXAMPLES=1000 $(COMPILED) $(PY) -m pytest -n logical tests/domain/test_cron_oracle.py

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

$(BENCH): $(READY) constraints-bench.txt
	@$(PYTHON) packaging/setup/prepare.py --bench

.PHONY: bench
bench: $(BENCH) ## the benchmarks, beside huey, APScheduler, dramatiq and Celery
	$(COMPILED) $(PY) -m benchmarks $(ARGS)

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
