# What people do with NHR. Every target sets up what it needs; the first one that runs installs the packages.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
MODELS := $(VENV)/.ready-models
LOCKED := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-header
DEMO ?= nhr-data/demo
CLUSTER ?= nhr-data/cluster
OBSERVE ?= nhr-data/observe
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup setup-models demo cluster-demo observe test test-fast check fmt faults chaos drills bench test-gpu bench-gpu services dashboards readme-models lock clean

help: ## Say what can be done here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(READY): requirements.lock pyproject.toml
	@test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	@echo "installing packages (first time: a few minutes)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

$(MODELS): $(READY) requirements-models.lock
	@echo "installing torch and diffusers (first time: 3 GB)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-models.lock
	@touch $(MODELS)

setup: $(READY) ## Install NHR and its tools into .venv

setup-models: $(MODELS) ## Install torch and diffusers as well (3 GB), for models that run on this machine

demo: $(READY) ## Mine drawn scenes and photographs into nhr-data/demo (PHOTOS=dir for your own), with a page and a data set
	@$(BIN)/nhr demo --out $(DEMO) $(if $(PHOTOS),--photos "$(PHOTOS)")

cluster-demo: $(READY) ## Mine scenes through a real Kafka and a real S3 server on this machine, with status and page
	@$(BIN)/nhr demo --cluster --out $(CLUSTER)

observe: $(READY) ## Mine for ever, with Prometheus and the gallery beside it (OBSERVE=dir), until Ctrl-C
	@$(BIN)/nhr observe --dir $(OBSERVE)

test: $(MODELS) ## Run every test
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

test-fast: $(MODELS) ## Run the tests that take seconds
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not slow"

check: $(READY) ## Lint, types, layers, formatting: exactly what CI checks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache --no-logo

fmt: $(READY) ## Format the code
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

faults: $(READY) ## Inject every class of faults and print what was lost, done twice or stuck
	@$(BIN)/python -m tests.faults

chaos: $(READY) ## Mine through storms on real Kafka and S3 and print what was lost, done twice or stuck
	@$(BIN)/python -m tests.chaos

drills: $(READY) ## Put real pipelines in trouble before a real Prometheus and print which alerts fired
	@$(BIN)/python -m tests.drills

bench: $(MODELS) ## Measure the speeds the README names, and print a table
	@$(BIN)/python -m tests.bench

test-gpu: $(MODELS) ## Run the tests that need a GPU; they skip where there is none
	@$(BIN)/python -m pytest -n 0 -rs tests/gpu

bench-gpu: $(MODELS) ## Measure a full-size diffusion model of random weights, where there is a GPU
	@$(BIN)/python -m tests.bench.bench_diffusion gpu

services: $(READY) ## Start Kafka and S3 on this machine, in the background (nhr services down ends them)
	@$(BIN)/nhr services up

dashboards: $(READY) ## Renew Grafana's dashboards from infra/deploy/grafana/*.py
	@$(BIN)/python -m infra.deploy.grafana

readme-models: $(READY) ## Renew the README's table of models from what they say of themselves
	@$(BIN)/python -m infra.cli.readme

# faust-streaming asks for click<8.4, huggingface-hub for 8.4.2 and uses none of it that 8.3 lacks: both run with 8.3.
lock: ## Renew requirements.lock and requirements-models.lock from pyproject.toml (needs uv)
	@$(LOCKED) --extra cluster --extra content --extra dataset --extra demo --extra dev --extra gemini --extra nsfw --extra openai --extra services pyproject.toml \
		--output-file requirements.lock
	@echo 'click>=8.3,<8.4' | $(LOCKED) --extra cluster --extra content --extra dataset --extra demo --extra dev --extra gemini --extra nsfw --extra openai --extra services \
		--extra models --extra readers --override - --constraint requirements.lock pyproject.toml --output-file requirements-models.lock

clean: ## Remove what the tools left behind
	@rm -rf .mypy_cache .ruff_cache .import_linter_cache .hypothesis build *.egg-info
