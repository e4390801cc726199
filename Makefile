# cloudrig: `make up` brings everything up, `make test` proves it. Everything is installed into this folder only.

SHELL := /bin/sh
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/.tools/bin:$(PATH)
export UV_PYTHON_DOWNLOADS ?= never
# Also the system's certificate authorities: that of a company's proxy is known nowhere else.
export UV_SYSTEM_CERTS ?= true
export NODE_USE_SYSTEM_CA ?= 1
export npm_config_update_notifier := false
CLOUDRIG := .venv/bin/cloudrig
PORT ?= 4566
TARGET ?= $(or $(CLOUDRIG_TARGET),embedded)
export CLOUDRIG_PORT := $(PORT)
export CLOUDRIG_TARGET := $(TARGET)
PYTEST_ARGS ?=
BENCH_ARGS ?=
LOAD_ARGS ?=
PROFILE ?= rooms
USERS ?=
# What came of each scenario, for `make table`. What is run again in the same try is another RUN.
RUN ?= 1
report = --junitxml=.cloudrig/scenarios/$(1).$(RUN).xml
REPORT = $(call report,$(if $(AWS_ENDPOINT_URL),endpoint,$(TARGET)))
LOAD := .venv/bin/python -m loadtests --profile $(PROFILE) $(if $(USERS),--users $(USERS))

TOOLS_STAMP  := .tools/ready
PYTHON_STAMP := .venv/ready
DYNOXIDE_STAMP := tools/node_modules/.ready
FRONTEND_STAMP := frontend/node_modules/.ready
PACKAGES_STAMP := .cloudrig/build/.ready
SITE := frontend/dist/index.html
SITE_SOURCES := $(shell find frontend/src frontend/public frontend/index.html frontend/*.ts frontend/package.json -type f 2>/dev/null)

# Downloads are kept in the user's caches, for all checkouts; without a home that can be written to, in this folder.
ifneq ($(shell mkdir -p "$$HOME/.cache" 2>/dev/null && [ -w "$$HOME/.cache" ] && echo kept),kept)
export UV_CACHE_DIR ?= $(CURDIR)/.tools/cache/uv
export npm_config_cache ?= $(CURDIR)/.tools/cache/npm
endif

# What is installed names the place it was installed at: in a checkout that was moved, install again.
ifneq ($(wildcard $(PYTHON_STAMP)),)
ifneq ($(shell cat $(PYTHON_STAMP)),$(CURDIR))
$(shell rm -rf .venv .tools)
endif
endif

.PHONY: help up down status logs setup site test lint types site-test unit scenarios e2e screens table rehearse load load-ui bench clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: setup ## install what is missing, start the rig, deploy the chat, print the addresses (TARGET=localstack: there)
	@$(CLOUDRIG) up --port $(PORT)

down: ## stop what up started (TARGET=…); nothing is left running
	@if [ -x $(CLOUDRIG) ]; then $(CLOUDRIG) down; else echo "nothing is installed here, so nothing runs"; fi

status: setup ## say what runs and where
	@$(CLOUDRIG) status

logs: setup ## follow the logs of all functions
	@$(CLOUDRIG) logs --follow

setup: $(PYTHON_STAMP) $(DYNOXIDE_STAMP) $(PACKAGES_STAMP) $(SITE) ## install and build everything, start nothing

$(TOOLS_STAMP): tools/bootstrap.py
	@echo "▸ tools"
	@python3 tools/bootstrap.py
	@touch $@

$(PYTHON_STAMP): $(TOOLS_STAMP) pyproject.toml uv.lock
	@echo "▸ Python packages"
	@uv sync --locked --quiet || { echo "cloudrig: the Python packages cannot be installed\n  → check the network, then run make again"; exit 1; }
	@echo "$(CURDIR)" > $@

$(DYNOXIDE_STAMP): $(TOOLS_STAMP) tools/package.json tools/package-lock.json
	@echo "▸ dynoxide, the DynamoDB engine"
	@npm ci --prefix tools --no-fund --no-audit --loglevel=error >/dev/null || { echo "cloudrig: dynoxide cannot be installed from npm\n  → check the network, then run make again"; exit 1; }
	@touch $@

$(PACKAGES_STAMP): $(PYTHON_STAMP)
	@echo "▸ packages of the functions"
	@$(CLOUDRIG) build >/dev/null
	@touch $@

$(FRONTEND_STAMP): $(TOOLS_STAMP) frontend/package.json frontend/package-lock.json
	@echo "▸ npm packages of the site"
	@npm ci --prefix frontend --no-fund --no-audit --loglevel=error >/dev/null || { echo "cloudrig: the site's npm packages cannot be installed\n  → check the network, then run make again"; exit 1; }
	@touch $@

$(SITE): $(FRONTEND_STAMP) $(SITE_SOURCES)
	@echo "▸ building the site"
	@npm run --prefix frontend --silent build >.tools/site-build.log 2>&1 || { cat .tools/site-build.log; exit 1; }
	@touch $@

site: $(SITE) ## build the site

test: lint types site-test ## linting, types, unit tests, and the scenarios on a rig of their own
	@echo "▸ tests and scenarios"
	@.venv/bin/pytest -n auto $(REPORT) $(PYTEST_ARGS)

lint: setup ## ruff
	@echo "▸ lint"
	@.venv/bin/ruff check --quiet . && .venv/bin/ruff format --check --quiet .

types: setup ## mypy, strict
	@echo "▸ types"
	@.venv/bin/mypy --no-error-summary

site-test: setup ## the site's unit tests
	@echo "▸ tests of the site"
	@npm run --prefix frontend --silent test

unit: setup ## unit tests only
	@.venv/bin/pytest -n auto tests $(PYTEST_ARGS)

scenarios: setup ## scenarios only, against TARGET (default: a rig of their own)
	@.venv/bin/pytest -n auto scenarios -rs $(REPORT) $(PYTEST_ARGS)

e2e: scenarios ## the same: scenarios against TARGET=embedded or TARGET=localstack, brought up if it is not

screens: setup ## look at every screen of the site at three widths: pictures for docs/, axe in light and dark
	@.venv/bin/pytest scenarios/screens.py $(PYTEST_ARGS)

table: setup ## write docs/scenarios.md from what `test`, `e2e` and `rehearse` left
	@.venv/bin/python tools/scenario_table.py

rehearse: setup ## the AWS code path offline: the scenarios on AWS's own host names, then its removal
	@$(CLOUDRIG) rehearse sh -c '.venv/bin/pytest -n 2 scenarios -rs $(call report,rehearsal) $(PYTEST_ARGS) && .venv/bin/cloudrig down'

load: setup ## a load on the running rig and a report of it (PROFILE=…, USERS=…; LOAD_ARGS=--help)
	@$(LOAD) $(LOAD_ARGS)

load-ui: setup ## Locust's own page, to start and stop a load by hand
	@$(LOAD) --web 8089 $(LOAD_ARGS)

bench: setup ## measure the speed of a rig of its own (BENCH_ARGS=--help)
	@.venv/bin/python -m benchmarks $(BENCH_ARGS)

clean: down ## remove everything this folder's make installed or built
	@[ ! -d .cloudrig ] || chmod -R u+w .cloudrig
	rm -rf .tools .venv .cloudrig tools/node_modules frontend/node_modules frontend/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
