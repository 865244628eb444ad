"""The deployment of a stage: stacks in order, tags, and checks."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import App, Environment, Tags

from stacks.api_stack import ApiStack
from stacks.async_stack import AsyncStack
from stacks.batch_stack import BatchStack
from stacks.checks import add_checks
from stacks.config import StageConfig
from stacks.serving_stack import ServingStack


def add_stacks(app: App, *, config: StageConfig, root: Path, package: Path) -> None:
    """Add a stage's stacks to an app: one per life, and none for what config leaves out.

    Args:
        app: app that is synthesized.
        config: the stage.
        root: the project's root directory, where local artifacts lie.
        package: directory with the functions' code.
    """
    env = Environment(account=config.project.account, region=config.project.region)
    serving = ServingStack(app, config.stack_name("serving"), config=config, root=root, env=env)
    asynchronous = batch = None
    if config.asynchronous is not None:
        asynchronous = AsyncStack(
            app,
            config.stack_name("async"),
            config=config,
            asynchronous=config.asynchronous,
            root=root,
            env=env,
        )
    if config.batch is not None:
        batch = BatchStack(
            app,
            config.stack_name("batch"),
            config=config,
            batch=config.batch,
            root=root,
            package=package,
            env=env,
        )
    ApiStack(
        app,
        config.stack_name("api"),
        config=config,
        endpoint=serving.endpoint,
        asynchronous=asynchronous,
        batch=batch,
        package=package,
        env=env,
    )
    for key, value in config.project.tags.items():
        Tags.of(app).add(key, value)
    add_checks(app)
