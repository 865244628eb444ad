"""The CDK app: context -> config -> stacks -> checks -> synth. Run by the CDK CLI, see cdk.json."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

try:
    from aws_cdk import App
except ModuleNotFoundError:
    sys.exit("aws_cdk is not installed here: run `make setup`, and put .venv/bin first on PATH")

from planner.billing.stage_bill import sentence
from planner.errors import PlanError
from planner.fit.stage import stage_fit
from stacks.config import ConfigError, StageConfig, load_stage
from stacks.constructs.function.bundle_error import BundleError
from stacks.constructs.function.package import build_bundle, build_features_bundle

ROOT = Path(__file__).resolve().parent


def tell(config: StageConfig) -> None:
    """Write what the stage costs to standard error; exit if its model does not fit."""
    try:
        sys.stderr.write(f"{sentence(config)}\n")
    except PlanError as error:
        sys.stderr.write(f"cost: not known: {error}\n")
    found = stage_fit(config, ROOT)
    if found.refusals:
        sys.exit("\n".join(f"error: config/{config.stage}.toml: {one}" for one in found.refusals))
    if found.unknown:
        sys.stderr.write(f"memory: not checked: {found.unknown}\n")


def add_stage(app: App) -> None:
    """Add the stacks of the stage that the context names.

    Packages are built, by other processes, while the constructs are imported: both take seconds the
    first time.

    Raises:
        ConfigError: The stage's config is refused.
        BundleError: A package cannot be built.
    """
    # The CDK CLI names the region of the credentials, if it has found any.
    region = os.environ.get("CDK_DEFAULT_REGION")  # noqa: TID251
    given = app.node.try_get_context
    config = load_stage(given("stage"), ROOT, region, package_platform=given("package_platform"))
    platform = config.project.package_platform
    if platform == "aws":  # the local cloud has every instance, for nothing
        tell(config)
    with ThreadPoolExecutor() as pool:
        package = pool.submit(build_bundle, ROOT, platform=platform)
        features = None
        if config.retrieval is not None:
            features = pool.submit(build_features_bundle, ROOT, platform=platform)
        from stacks.constructs.function.engine_layer import EnginePackage
        from stacks.deployment import add_stacks
    engine = None
    if config.monolith is not None:
        engine = EnginePackage.build(ROOT, host=platform == "host")
    add_stacks(
        app,
        config=config,
        root=ROOT,
        package=package.result(),
        features=features.result() if features else None,
        engine=engine,
    )


app = App()
try:
    add_stage(app)
except (ConfigError, BundleError) as error:
    sys.exit(f"error: {error}")
app.synth()
