"""What one stage deploys: its stacks, their order, their tags, and the checks on them."""

from pathlib import Path

from aws_cdk import App, Environment, Tags

from stacks.api_stack import ApiStack
from stacks.checks import add_checks
from stacks.config import StageConfig
from stacks.serving_stack import ServingStack


def add_stacks(app: App, *, config: StageConfig, root: Path, package: Path) -> None:
    """Add a stage's stacks to an app. Two of them, because their lives differ.

    Args:
        app: what is synthesized.
        config: the stage.
        root: the project's root directory, where local artifacts lie.
        package: directory with the functions' code.
    """
    env = Environment(account=config.project.account, region=config.project.region)
    serving = ServingStack(app, config.stack_name("serving"), config=config, root=root, env=env)
    ApiStack(
        app,
        config.stack_name("api"),
        config=config,
        endpoint=serving.endpoint,
        package=package,
        env=env,
    )
    for key, value in config.project.tags.items():
        Tags.of(app).add(key, value)
    add_checks(app)
