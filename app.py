"""The CDK app: context -> config -> stacks -> checks -> synth. Run by the CDK CLI, see cdk.json."""

from __future__ import annotations

import sys
from pathlib import Path

try:
    from aws_cdk import App
except ModuleNotFoundError:
    sys.exit("aws_cdk is not installed here: run `make setup`, and put .venv/bin first on PATH")

from stacks.config import ConfigError, load_stage
from stacks.constructs.function.package import BundleError, build_bundle
from stacks.deployment import add_stacks

ROOT = Path(__file__).resolve().parent

app = App()
try:
    config = load_stage(app.node.try_get_context("stage"), ROOT)
    package = build_bundle(ROOT, platform=config.api.package_platform)
except (ConfigError, BundleError) as error:
    sys.exit(f"error: {error}")
add_stacks(app, config=config, root=ROOT, package=package)
app.synth()
