# Python 3.11+, make and git are all this needs: Node and the CDK CLI are installed beside the project.
PYTHON ?= python3
STAGE ?= dev
VENV := .venv
BIN := $(VENV)/bin
TWIN := $(BIN)/twin

UV_VERSION := 0.13.9
SETUP := $(VENV)/.installed
CDK_CLI := node_modules/.installed
export UV_PYTHON_DOWNLOADS := never
export UV_CUSTOM_COMPILE_COMMAND := make lock

.DEFAULT_GOAL := help
.PHONY: help setup demo up down status logs chat dev synth diff deploy destroy package test check format lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

