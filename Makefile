# What there is to do here. `make help` lists it. README.md tells the rest.
#
#   PYTHON=/path/to/python3.12 make demo     another Python (3.11 or newer)
#   PORT=8001 make demo                      another port than 8000
#   DATABASE_URL=postgres://… make demo      a PostgreSQL of yours (15 or newer)

PYTHON ?= python3
SHELL := /bin/sh
RUN := .venv/bin/python
export PORT DATABASE_URL

.DEFAULT_GOAL := help
.PHONY: help demo stop test lint format bench messages lock install clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 18

demo: ## install, fill and run the demo on http://localhost:8000 (PORT=… moves it)
	@exec $(PYTHON) -m tools.demo

stop: ## stop the embedded database that tests and manage.py leave running
	@cd site && ../$(RUN) -m website.embedded stop

install: ## the environment with everything that tests and lint need
	@$(PYTHON) -m tools.bootstrap --dev

test: ## install what is needed and run every test (ARGS="tests/courses -x" for some)
	@exec $(PYTHON) -m tools.test $(ARGS)

lint: install ## formatting, rules, templates, import contract, types
	@$(RUN) -m tools.lint

format: install ## put code and templates in form
	@$(RUN) -m ruff check --fix --quiet . || true
	@$(RUN) -m ruff format --quiet .
	@find templates -name '*.html' -print0 | xargs -0 .venv/bin/djade --target-version 5.2 || true

bench: install ## measure our side beside the limit, in one run
	@$(RUN) -m tests.load $(ARGS)

messages: install ## collect texts from code and templates (needs gettext) and compile them
	@$(RUN) -m tools.messages

lock: install ## compile the locks anew from pyproject.toml (UPGRADE=1 takes newer versions)
	@$(RUN) -m tools.lock

clean: ## remove what was made: environment, packages, database, files
	-@[ ! -x $(RUN) ] || (cd site && ../$(RUN) -m website.embedded remove >/dev/null 2>&1)
	@rm -rf .venv node_modules var .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
